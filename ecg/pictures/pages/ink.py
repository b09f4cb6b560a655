"""Ink told from paper and grid by how dark it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from ecg.pictures.ink.paper import evenly_lit
from ecg.pictures.ink.strokes import Runs, runs_of
from ecg.pictures.pages.ruling import ruled_part, without_lines
from ecg.pictures.pages.thresholds import GRID_QUANTILE, LEAST_INK, separation, told, whole

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: From this median lightness on a picture is of paper. Below, it may be a screen, or paper in the dark.
_LIGHT: Final = 140
#: Sides of the squares in which pixels are compared with most others, pixels, and by how many grey levels ink differs.
_CELL: Final = 24
_STANDS_OUT: Final = 40
#: The darkest channel shows ink instead of the lightest where it tells it so many times better from the grid.
_CLEARER: Final = 1.5
#: Beyond the page's edges its colours go on, taken from a copy so many times as coarse, without strokes.
_COARSER: Final = 8
_STROKES: Final = 5
#: The grid's own ink, for its lattice: deeper counts no more.
_CAP_QUANTILE: Final = 0.9
_LEAST_CAP: Final = 8
#: So many rows or columns next to each other that are mostly deeper than this, grey levels, are a table's. The paper's
#: edge is so wide, pixels, and paper at least this share of what may be it.
_TABLE: Final = 45
_BAND: Final = 14
_EDGE: Final = 6
_LEAST_PAPER: Final = 0.5
#: A grid is seen to so many pixels, more or less, half a tile of its lattice; of small paper to this share of a side.
_REACH: Final = 128
_REACH_SHARE: Final = 0.1
#: A bar of a program is so much lighter or darker than the page, grey levels; so high it is at least, pixels, and at
#: most, share of the picture.
_BAR: Final = 60
_BAR_ROWS: Final = (8, 0.35)
#: So many rows on both sides of its edge differ by half of that, most of them.
_BESIDE: Final = 24
#: Ink in one piece that lies along the upper or lower edge of what is seen for so many columns, and for this share of
#: its own, is what the paper lies on: a wave is cut off in few.
_ALONG: Final = 48
_MOSTLY: Final = 0.25
#: Squares blur what lines drawn between their middles show as much as a bell of this deviation, pixels: they have a
#: variance of 1/12 + 1/6, and print has some, too.
SHARP: Final = 0.6


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of a straightened picture."""

    depth: Bytes
    """``[rows, columns]``, 0 = paper."""
    mask: Mask
    """``[rows, columns]``: what is ink, and not grid."""
    deepest: float
    """Depth of full ink."""
    grid: float
    """Depth of the grid's bold lines, or of shade where there are none: no ink."""
    labels: NDArray[np.int32]
    """``[rows, columns]``: which piece of connected ink a pixel belongs to; 0 = none."""
    boxes: NDArray[np.int64]
    """``[pieces + 1, 4]``: left, top, right, lower edge of each piece; the first is none."""
    runs: Runs
    """Vertical runs of ink, by column."""
    thickness: float
    """Of the pen, pixels."""
    blur: float = SHARP
    """How blurred its letters are: deviation, pixels."""

    def widths(self) -> NDArray[np.int64]:
        """Of the pieces, pixels."""
        return self.boxes[:, 2] - self.boxes[:, 0]

    def without(self, pieces: Sequence[int]) -> Ink:
        """The same without runs of some of its pieces."""
        if not pieces:
            return self
        gone = np.isin(self.labels[self.runs.starts, self.runs.columns], pieces)
        return replace(self, runs=self.runs.only(~gone))

    def heights(self) -> NDArray[np.int64]:
        """Of the pieces, pixels."""
        return self.boxes[:, 3] - self.boxes[:, 1]


def is_dark(pixels: Bytes) -> bool:
    """Whether a picture, ``[rows, columns, 3]``, shows light ink on a dark screen."""
    if np.median(pixels[::7, ::7].max(axis=2)) >= _LIGHT:
        return False
    rows, columns = (max(_CELL, side // _CELL * _CELL) for side in pixels.shape[:2])
    light = pixels[:rows, :columns].max(axis=2).astype(np.int16)
    if light.shape != (rows, columns):
        return bool(np.mean(light) > np.median(light))
    cells = light.reshape(rows // _CELL, _CELL, columns // _CELL, _CELL)
    off = cells - np.median(cells, axis=(1, 3), keepdims=True)
    # Few pixels are ink: most of those that stand out from what is around them.
    return bool(np.count_nonzero(off > _STANDS_OUT) > np.count_nonzero(off < -_STANDS_OUT))


def grid_depth(pixels: Bytes, *, dark: bool) -> tuple[Bytes, Mask]:
    """Ink of the grid, ``[rows, columns]``, and what is deeper, with what is next to it: other ink.

    Deeper ink counts no more than most of the grid's.
    """
    depth = evenly_lit(255 - pixels.max(axis=2) if dark else pixels.min(axis=2))
    cap = max(_LEAST_CAP, int(np.quantile(depth[::3, ::3], _CAP_QUANTILE)))
    light = pixels.max(axis=2)
    deep = evenly_lit(255 - light if dark else light)
    bound = np.quantile(deep[::3, ::3], GRID_QUANTILE) + LEAST_INK / 2
    other = ndimage.binary_dilation(deep > bound, np.ones((5, 5), np.bool_))
    return np.minimum(depth, cap).astype(np.uint8), other


def continued(pixels: Bytes, seen: Mask) -> Bytes:
    """A straightened picture, ``[rows, columns, 3]``, whose colours go on where it shows nothing of the page.

    Otherwise paper next to its edge would be compared with something else.
    """
    if seen.all():
        return pixels
    small = np.asarray(Image.fromarray(pixels).reduce(_COARSER))
    shown = np.asarray(Image.fromarray(seen.view(np.uint8) * np.uint8(255)).reduce(_COARSER)) == 255
    if not shown.any():
        return pixels
    nearest = ndimage.distance_transform_edt(~shown, return_distances=False, return_indices=True)
    smooth = ndimage.median_filter(small, (_STROKES, _STROKES, 1))[tuple(nearest)]
    coarse = np.asarray(Image.fromarray(smooth).resize(pixels.shape[1::-1], Image.Resampling.BILINEAR))
    return np.where(seen[..., None], pixels, coarse)


def between_bars(pixels: Bytes) -> Mask:
    """What lies between the bars of a program at the upper and lower edge of a picture, ``[rows, columns]``."""
    light = pixels.max(axis=2)
    rows = np.median(light[:, ::4], axis=1)
    off = np.abs(rows - np.median(light[::4, ::4])) > _BAR
    page = np.flatnonzero(~off)
    between = np.ones(light.shape, np.bool_)
    if not len(page):
        return between
    first, last = int(page[0]), int(page[-1])
    if _is_bar(rows[:first], rows[first:], len(off)):
        between[: first + 2] = False
    if _is_bar(rows[last + 1 :][::-1], rows[last::-1], len(off)):
        between[last - 1 :] = False
    return between


def _is_bar(rows: NDArray[np.floating], page: NDArray[np.floating], of: int) -> bool:
    """Whether rows, the last of which is next to the page, are a bar's in a picture of so many: it has an edge, where
    light that falls off has none.
    """
    high = _BAR_ROWS[0] <= len(rows) <= _BAR_ROWS[1] * of
    return high and bool(abs(np.median(rows[-_BESIDE:]) - np.median(page[:_BESIDE])) > _BAR / 2)


def trace_depth(pixels: Bytes, seen: Mask, *, dark: bool) -> Bytes:
    """Ink of traces and letters, ``[rows, columns]``: the grid's colours vanish where they have any.

    A coloured pen on a grey grid is lighter than the grid in its own colour, and is looked at in the others.

    Args:
        pixels: ``[rows, columns, 3]``, of straightened paper.
        seen: ``[rows, columns]``, where traces may be: writing elsewhere says nothing about their colour.
        dark: Whether it is a screen, with light ink.
    """
    if dark:
        return evenly_lit(255 - pixels.max(axis=2))
    lightest, darkest = evenly_lit(pixels.max(axis=2)), evenly_lit(pixels.min(axis=2))
    return darkest if separation(darkest, seen) > _CLEARER * separation(lightest, seen) else lightest


def paper_of(depth: Bytes, seen: Mask, *, has_grid: bool = False) -> Mask:
    """What is seen of the paper: without rows and columns at its edges that are dark as a table is.

    Args:
        depth: ``[rows, columns]``, of straightened paper.
        seen: ``[rows, columns]``, what of it may be paper.
        has_grid: Whether a grid was seen all over that: then only its very edges may be a table's, and what is dark
            elsewhere lies in a shadow.
    """
    rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return seen
    box = [int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1]
    edges = tuple(box)
    for _ in range(2):
        for axis in (1, 0):
            part = depth[box[0] : box[1], box[2] : box[3]]
            typical = np.median(part[:, ::4] if axis else part[::4], axis=axis)
            low = 0 if axis else 2
            first, last = edges[low : low + 2]
            reach = min(_REACH, round(_REACH_SHARE * (last - first))) if has_grid else last - first
            box[low], box[low + 1] = _light(typical, box[low], (first + reach, last - reach))
    paper = np.zeros_like(seen)
    paper[box[0] : box[1], box[2] : box[3]] = True
    return paper & seen


def _light(typical: NDArray[np.floating], first: int, edges: tuple[int, int]) -> tuple[int, int]:
    """The stretch around the middle in which nothing is as dark as a table, begin and end; ``first`` is added.

    What lies between both ``edges`` is no table.
    """
    dark = np.flatnonzero(ndimage.binary_opening(typical > _TABLE, np.ones(_BAND, np.bool_)))
    dark = dark[(first + dark < edges[0]) | (first + dark >= edges[1])]
    middle = len(typical) // 2
    before, after = dark[dark < middle], dark[dark >= middle]
    # What is next to the table is the paper's edge.
    begin = int(before[-1]) + 1 + _EDGE if len(before) else 0
    end = int(after[0]) - _EDGE if len(after) else len(typical)
    if end - begin < _LEAST_PAPER * len(typical):
        return first, first + len(typical)
    return first + begin, first + end


def ink_of(depth: Bytes, *, seen: Mask | None = None, among: Mask | None = None) -> Ink | None:
    """The ink of a page; None where there is none.

    Args:
        depth: ``[rows, columns]``.
        seen: Where the picture shows the page.
        among: Where ink may be; None where it may be anywhere.
    """
    if seen is not None:
        depth = np.where(seen, depth, 0).astype(np.uint8)
    part = ruled_part(depth)
    if depth[part].size == depth.size:  # dark lines in a part of a page are those of a table or a puzzle
        depth = without_lines(depth)
    inside = depth[part][::2, ::2] if seen is None else depth[part][::2, ::2][seen[part][::2, ::2]]
    if inside.size < 100:
        return None
    found = told(depth, inside, part)
    if found is None:
        return None
    mask, grid, deepest = found
    if among is not None:
        depth, mask = np.where(among, depth, np.minimum(depth, np.uint8(grid))).astype(np.uint8), mask & among
    labels, number = ndimage.label(mask, structure=np.ones((3, 3)))
    going_on = whole(depth, mask, number, grid, deepest)
    if going_on is not None:
        mask = going_on
        labels, number = ndimage.label(mask, structure=np.ones((3, 3)))
    beside = [] if seen is None else _beside(labels, seen)
    if beside:
        gone = np.isin(labels, beside)
        depth = np.where(ndimage.binary_dilation(gone, np.ones((5, 5))), 0, depth).astype(np.uint8)
        mask &= ~gone
        labels, number = ndimage.label(mask, structure=np.ones((3, 3)))
    runs = runs_of(mask)
    if not len(runs.columns):
        return None
    # Most of a trace is nearly level: its runs are as high as the pen is wide.
    thickness = float(np.quantile(runs.ends - runs.starts, 0.4))
    return Ink(depth, mask, deepest, grid, labels, boxes_of(labels, number), runs, max(1.0, thickness))


def boxes_of(labels: NDArray[np.int32], number: int) -> NDArray[np.int64]:
    """Left, top, right, lower edge of each piece of connected ink, ``[pieces + 1, 4]``; the first is none."""
    boxes = np.zeros((number + 1, 4), np.int64)
    for index, place in enumerate(ndimage.find_objects(labels), 1):
        boxes[index] = place[1].start, place[0].start, place[1].stop, place[0].stop
    return boxes


def _beside(labels: NDArray[np.int32], seen: Mask) -> list[int]:
    """The pieces of ink that lie along the upper or lower edge of what is seen."""
    columns = np.flatnonzero(seen.any(axis=0))
    first = seen.argmax(axis=0)[columns]
    last = len(seen) - 1 - seen[::-1].argmax(axis=0)[columns]
    found = []
    for rows in (first, last):
        pieces, counts = np.unique(labels[rows, columns], return_counts=True)
        for piece, count in zip(pieces.tolist(), counts.tolist(), strict=True):
            if not piece or count < _ALONG:  # few are left of which the whole has to be looked at
                continue
            if count >= _MOSTLY * np.count_nonzero((labels == piece).any(axis=0)):
                found.append(piece)
    return found
