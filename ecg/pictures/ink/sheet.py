"""A picture as a flat sheet: evenly lit, upright, without grid and axes."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.ink.depth import LEAST_DEPTH, Channel, Depth, depth_of
from ecg.pictures.ink.finding import deepest_of
from ecg.pictures.ink.panel import Panel, panel_of, without_lines
from ecg.pictures.ink.paper import evenly_lit, pitch_of, rotation_of

Bytes = NDArray[np.uint8]

#: Below this share of paper its shade is measured and taken away.
EVEN: Final = 0.93
#: A grid inks this share of a sheet at least, and its lines are so much clearer at their angle than at others.
_GRID_SHARE: Final = 0.1
_GRID_CLEARNESS: Final = 2.2
#: Smaller pictures can't show a grid, pixels of the shorter side.
_GRID_SIDE: Final = 40
#: A sheet that is turned by less is not turned back, degrees: it would only blur.
_LEAST_DEGREES: Final = 0.35
#: So many times as deep as most of what is inked on ruled paper, a bold line may be: what is deeper counts no more.
_CAP: Final = 3.0
#: A millimetre is as long as it is high, give or take this share.
_SQUARE: Final = 0.08
#: Axes and frames are at least so deep, as a share of the deepest ink; lines of a grid may be paler.
_AXES_DEPTH: Final = 0.35
_GRID_DEPTH: Final = 0.06
#: Paper is less deep than this share of the deepest ink.
_PAPER_DEPTH: Final = 0.2


class Millimetre(NamedTuple):
    """A millimetre of the paper's grid, pixels."""

    across: float
    down: float


class Sheet(NamedTuple):
    """What is left of a picture."""

    ink: Bytes
    """Depth of the ink within the panel, ``[rows, columns]``."""
    panel: Panel
    """Where that lies in the picture, once its rotation is undone."""
    degrees: float = 0.0
    """By how much the picture is turned counter-clockwise."""
    millimetre: Millimetre | None = None
    """Where a grid was recognised for sure."""
    has_grid: bool = False
    """Whether lines in two directions were seen."""
    paper: float = 1.0
    """Share of the panel that is paper: no ink, and no grid."""
    paper_depth: float = 0.0
    """What is less deep is paper, grey levels."""
    grid_depth: int = 0
    """Depth of the straight lines that were taken away, grey levels."""


def sheet_of(picture: Image.Image, depth: Depth) -> Sheet:
    """Light, rotation, grid and axes of a picture whose ink is ``depth``."""
    ink = depth.ink if depth.paper_share > EVEN else evenly_lit(depth.light)
    lines = _lines_of(picture, depth, ink)
    degrees, millimetre, has_grid = 0.0, None, False
    if min(ink.shape) >= _GRID_SIDE and np.count_nonzero(lines >= LEAST_DEPTH) > _GRID_SHARE * lines.size:
        angle, clearness = rotation_of(lines)
        if has_grid := clearness > _GRID_CLEARNESS:
            if abs(angle) >= _LEAST_DEGREES:
                degrees, ink, lines = angle, turned_back(ink, angle), turned_back(lines, angle)
            millimetre = _millimetre_of(_without_corners(lines, degrees))
    deepest = deepest_of(ink)
    panel = panel_of(ink >= max(LEAST_DEPTH, _AXES_DEPTH * deepest))
    seen = turned_back(np.ones_like(ink), degrees)[panel.place] > 0 if degrees else None
    cleared, grid_depth = without_lines(ink[panel.place], max(LEAST_DEPTH, _GRID_DEPTH * deepest), seen)
    paper_depth = max(LEAST_DEPTH, _PAPER_DEPTH * deepest)
    paper = np.count_nonzero(cleared < paper_depth) / cleared.size
    return Sheet(cleared, panel, degrees, millimetre, has_grid, paper, paper_depth, grid_depth)


def _lines_of(picture: Image.Image, depth: Depth, ink: Bytes) -> Bytes:
    """Depth of the grid in whatever colour it is printed."""
    if picture.mode == "L" or depth.is_dark:
        return ink
    return evenly_lit(depth_of(picture, Channel.DARKEST).light)


def turned_back(ink: Bytes, degrees: float) -> Bytes:
    """Ink of a sheet that is turned by ``degrees`` counter-clockwise, made upright."""
    return np.asarray(Image.fromarray(ink).rotate(-degrees, Image.Resampling.BILINEAR, fillcolor=0))


def _without_corners(ink: Bytes, degrees: float) -> Bytes:
    """The part of a sheet that was in the picture before it was turned back."""
    rows, columns = ink.shape
    slope = abs(np.tan(np.radians(degrees)))
    down, across = round(slope * columns / 2), round(slope * rows / 2)
    return ink[down : rows - down, across : columns - across]


def _millimetre_of(lines: Bytes) -> Millimetre | None:
    """The pitch of the lines in both directions; the trace counts no more than they do."""
    inked = lines[::3, ::2][lines[::3, ::2] >= LEAST_DEPTH]
    if not len(inked):
        return None
    capped = np.minimum(lines, min(255, max(16, round(_CAP * float(np.median(inked))))))
    across, down = (pitch_of(capped.sum(axis=axis, dtype=np.uint32) / capped.shape[axis]) for axis in (0, 1))
    if across is None or down is None or abs(across / down - 1) > _SQUARE:
        return None
    return Millimetre(across, down)
