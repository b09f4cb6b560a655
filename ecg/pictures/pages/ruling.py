"""A grid's lines: which part of a page they rule, and the page without them where they are about as dark as the ink,
as a pen goes on across them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ecg.pictures.pages.thresholds import LEAST_INK, Bytes, Part

Floats = NDArray[np.float32]
Band = tuple[int, int]
"""The first row of a line and of what is next to it, and the first after."""

#: Lines are as dark as ink from this share of the depth of full ink on; where they are fainter, a depth tells both.
_DARK: Final = 0.45
_INK_QUANTILE: Final = 0.9995
#: Where some are, others are from this share on: straightening spreads some over two pixels, and others not.
_SMEARED: Final = 0.3
#: So many lines of either direction make a grid; they are so thin, pixels.
_LINES: Final = 5
_THIN: Final = 7
#: A line is dark for this share of its row; a level trace is, too, for less.
_MOST_OF_ROW: Final = 0.7
#: What is next to a line counts as its edge: rows, with its own.
_BESIDE: Final = 3
#: Lines are so far apart at least, pixels, and so far off their places at most, as they are put on whole pixels.
_LEAST_APART: Final = 8
_OFF: Final = 1.5
#: So many of their distances are tried, and so many lines to begin with: a picture may have hundreds of lines.
_USUAL: Final = 12
_FIRST: Final = 8
#: Of rows, one pixel of so many is looked at for what is typical of one, in so many parts: a line may lie askew by some
#: pixels from one end of the page to the other.
_EVERY: Final = 3
_PARTS: Final = 8
#: Of a line on which something lies, nearly all is as deep as the line: but for this share.
_NEARLY_NONE: Final = 0.1
#: As wide as this share of lines, and as deep as these at their edges, a line is at most: else something lies on it.
_MOST_LINES: Final = 0.8
#: Rows that are darker than paper by this share of full ink may be a line's edge.
_EDGE: Final = 0.1
#: Ink on a line is deeper than that by this share of what is left to full ink, and by so many grey levels at least.
_DEEPER: Final = 0.35
_LEAST_DEEPER: Final = 20
#: A pen that crosses a line moves so many pixels along it at most for each pixel of the line's width.
_ASLANT: Final = 1
#: Rows of a ruled part, and its columns, have this share of ink of those that have most, so many pixels around them
#: taken together. A part that is larger than this share of the page is the page.
_RULED: Final = 0.4
_AROUND: Final = 41
_WHOLE_PAGE: Final = 0.7


def ruled_part(depth: Bytes) -> Part:
    """The rows and columns of a page, ``[rows, columns]``, that are ruled, where that is a part of it: all of it where
    it is not, or where no bold lines are seen.

    A watch prints a strip in the middle of a page: what is empty, or written, around it says nothing about its grid.
    """
    part = all_of = slice(0, depth.shape[0]), slice(0, depth.shape[1])
    inked = depth >= LEAST_INK / 2
    for axis in (1, 0, 1):
        shares = ndimage.uniform_filter1d(inked[part].mean(axis=axis), _AROUND)
        full = np.flatnonzero(shares >= _RULED * shares.max(initial=0.0))
        if not len(full):
            return all_of
        first = part[1 - axis].start
        found = slice(first + int(full[0]), first + int(full[-1]) + 1)
        part = (found, part[1]) if axis else (part[0], found)
    high, wide = (side.stop - side.start for side in part)
    if high * wide > _WHOLE_PAGE * depth.size or min(high, wide) < 2 * _AROUND:
        return all_of
    ruled = all(len(_rows_of(ink).lines(LEAST_INK)) >= _LINES for ink in (depth[part], depth[part].T))
    return part if ruled else all_of


def without_lines(depth: Bytes) -> Bytes:
    """Ink of a page, ``[rows, columns]``, without lines that run all over it; unchanged where these are faint or few.

    Only what is typical of a whole row or column of pixels is a line: the page has to lie straight.

    Args:
        depth: ``[rows, columns]``, 0 = paper.
    """
    full = float(np.quantile(depth[::2, ::2], _INK_QUANTILE))
    if full <= 0:
        return depth
    across, down = (_lines(ink, full) for ink in (depth, depth.T))
    if across is None or down is None:
        return depth
    # Where lines cross, there is ink of both.
    line = full - (full - across) * (full - down.T) / full
    bound = line + np.maximum(_DEEPER * (full - line), _LEAST_DEEPER)
    left = np.where((line < _EDGE * full) | (depth >= bound), depth, 0).astype(np.uint8)
    crossing = np.maximum(_crossing(left, across >= _EDGE * full), _crossing(left.T, down >= _EDGE * full).T)
    return np.maximum(left, np.minimum(crossing, depth))


def _lines(depth: Bytes, full: float) -> Floats | None:
    """How deep the lines that lie are at each place, ``[rows, columns]``, 0 beside them; None where few are dark."""
    rows = _rows_of(depth)
    even = rows.lines(_SMEARED * full) if len(rows.lines(_DARK * full)) >= _LINES else []
    if len(even) < _LINES:
        return None
    parts = np.array_split(np.arange(depth.shape[1]), _PARTS)
    here = np.stack([np.median(depth[:, part[::_EVERY]], axis=1) for part in parts], axis=1)
    here = ndimage.maximum_filter1d(here, 3, axis=1)
    found = np.zeros(here.shape, np.float32)
    for alike in _alike(_with_hidden(even, rows.least), len(depth)):
        # A trace may lie level on one line or next to it: lines are as deep as most others at most.
        found[alike] = np.minimum(here[alike], np.quantile(here[alike], _MOST_LINES)) if alike else 0
    return np.repeat(found, [len(part) for part in parts], axis=1)


class _Rows(NamedTuple):
    """What is typical of each row of pixels, ``[rows]``."""

    mostly: NDArray[np.floating]
    """How deep most of it is, or of a row next to it."""
    least: NDArray[np.floating]
    """How deep nearly all of it is at least."""

    def lines(self, dark: float) -> list[Band]:
        """The evenly spaced thin lines that are ``dark``."""
        labels, _ = ndimage.label(self.mostly >= dark)
        bands = [(place.start, place.stop) for (place,) in ndimage.find_objects(labels)]
        wide = float(np.quantile([stop - start for start, stop in bands], _MOST_LINES)) if bands else 0.0
        if not bands or wide > _THIN:
            return []
        return _evenly_spaced(
            [
                (start, stop)
                for start, stop in bands
                if stop - start <= wide
                or (stop - start <= wide + 1 and self.least[start + 1 : stop - 1].min(initial=255) >= dark)
            ]
        )


def _rows_of(depth: Bytes) -> _Rows:
    some = depth[:, ::_EVERY]
    near = ndimage.maximum_filter1d(some, _BESIDE, axis=0)
    return _Rows(np.quantile(near, 1 - _MOST_OF_ROW, axis=1), np.quantile(some, _NEARLY_NONE, axis=1))


def _alike(bands: Sequence[Band], end: int) -> Iterator[list[int]]:
    """Rows that are about as deep: all upper edges of lines, all lower ones, and all that lie between."""
    yield [start for start, _ in bands if start > 0]
    yield [stop - 1 for _, stop in bands if stop < end]
    yield [row for start, stop in bands for row in range(max(0, start + (start > 0)), min(end, stop - (stop < end)))]


def _evenly_spaced(bands: Sequence[Band]) -> list[Band]:
    """The lines that are evenly spaced: a level trace is none of them, but by chance.

    From each of the first lines, others are looked for at each of the usual distances that lines have from their next.
    """
    best: list[Band] = []
    most = 0.0
    aparts = Counter(np.diff([_middle(band) for band in bands]).tolist())
    for apart, _ in aparts.most_common(_USUAL):
        for first in range(min(_FIRST, len(bands)) if apart >= _LEAST_APART else 0):
            met = _met(bands[first:], apart)
            telling = len(met) - 2 * _OFF / apart * len(bands)
            if telling > most:
                best, most = met, telling
    return best


def _met(bands: Sequence[Band], apart: float) -> list[Band]:
    """The lines that are met on the way on from the first one by steps of about one length."""
    met = [bands[0]]
    for band in bands[1:]:
        way = _middle(band) - _middle(met[-1])
        if abs(way - max(1, round(way / apart)) * apart) <= _OFF:
            met.append(band)
    return met


def _with_hidden(lines: Sequence[Band], least: NDArray[np.floating]) -> list[Band]:
    """Evenly spaced lines with those in between on which something else lies.

    Args:
        lines: That are seen.
        least: How deep nearly all of each row is at least.
    """
    apart = float(np.median(np.diff([_middle(line) for line in lines])))
    found = [lines[0]]
    for line in lines[1:]:
        steps = max(1, round((_middle(line) - _middle(found[-1])) / apart))
        for middle in np.rint(np.linspace(_middle(found[-1]), _middle(line), steps + 1)[1:-1]).astype(int).tolist():
            middle += int(least[middle - 1 : middle + 2].argmax()) - 1
            start = middle - (line[1] - line[0]) // 2
            found.append((start, start + line[1] - line[0]))
        found.append(line)
    return found


def _middle(band: Band) -> float:
    return (band[0] + band[1] - 1) / 2


def _crossing(left: Bytes, lines: NDArray[np.bool_]) -> Bytes:
    """What a pen left on lines that lie, ``[rows, columns]``: as much as there is ink right above and below."""
    found = np.zeros_like(left)
    labels, _ = ndimage.label(lines.any(axis=1))
    for place, _ in ndimage.find_objects(labels[:, None]):
        above, below = place.start - 1, place.stop
        if above < 0 or below >= len(left):
            continue
        reach = _ASLANT * (place.stop - place.start)
        upper, lower = (np.pad(left[row], reach) for row in (above, below))
        ends = [np.minimum(np.roll(upper, by), np.roll(lower, -by)) for by in range(-reach, reach + 1)]
        found[place] = np.max(ends, axis=0)[reach : reach + left.shape[1]]
    return found
