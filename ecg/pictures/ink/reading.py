"""From a picture to the beat in it, and to the model's pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.ink import finding, placing, strokes
from ecg.pictures.ink.depth import LEAST_DEPTH, Channel, Depth, depth_of
from ecg.pictures.ink.panel import Panel, panel_of, without_lines
from ecg.pictures.ink.paper import evenly_lit, pitch_of, rotation_of
from ecg.pictures.ink.placing import Placed, Scale
from ecg.pictures.ink.reasons import NotABeat
from ecg.pictures.ink.redraw import Pixels, pixels_of_trace
from ecg.pictures.ink.waves import waves_of
from ecg.pictures.rendering import CLASSIC

Floats = NDArray[np.float64]

#: Larger pictures are made smaller first: pixels of the longer side that stay at least.
WORK_SIDE: Final = 800
#: Below this share of paper the paper is not even.
_EVEN: Final = 0.93
#: Below this share of paper, after its shade is taken away, nothing is drawn on it: it is a photograph.
_PAPER: Final = 0.5
#: A grid is turned, and is a grid at all, where its lines are so much clearer at their angle than at others.
_GRID: Final = 2.2


class Millimetre(NamedTuple):
    """A millimetre of the paper's grid, pixels of the picture."""

    across: float
    down: float


@dataclass(frozen=True, slots=True)
class ReadBeat:
    """What was read of a picture. Places are pixels from its left and top edge."""

    size: tuple[int, int]
    """Width and height of the upright picture."""
    reason: NotABeat | None
    """Why it is not one beat; None where it is."""
    beats: int = 0
    """Complexes that were counted."""
    panel: tuple[float, float, float, float] | None = None
    """The panel's left, top, right and lower edge, in the picture after its rotation is undone."""
    degrees: float = 0.0
    """By how much the paper is turned, counter-clockwise."""
    millimetre: Millimetre | None = None
    """Of the paper's grid, where it was recognised for sure."""
    trace: Floats | None = None
    """``[N, 2]``: x and y of the line in the picture; y is NaN where it is interrupted."""
    thickness: float = 0.0
    """Of the line."""
    scale: Scale = Scale.UNKNOWN
    placed: Placed | None = None
    """The trace on the model's canvas."""


def read_beat(image: Image.Image) -> ReadBeat:
    """Read an upright picture, grey or RGB."""
    size = image.size
    factor = max(1, max(size) // WORK_SIDE)
    small = image.reduce(factor) if factor > 1 else image
    first = depth_of(small)
    if first.deepest >= LEAST_DEPTH and first.paper_share > _EVEN and not _has_colour(small, first):
        line = finding.clean_line(first.ink, first.deepest, LEAST_DEPTH)
        if line is not None:
            return _placed(size, factor, line, Sheet(first.ink, 0.0, None, Panel(0, 0, *small.size)))
    read = _read_sheet(size, factor, small, first)
    if read.reason is not None and small.mode != "L" and not first.is_dark:
        other = _read_sheet(size, factor, small, depth_of(small, Channel.DARKEST))
        if other.reason is None:
            return other
    return read


class Sheet(NamedTuple):
    ink: NDArray[np.uint8]
    degrees: float
    millimetre: Millimetre | None
    panel: Panel


def _read_sheet(size: tuple[int, int], factor: int, small: Image.Image, depth: Depth) -> ReadBeat:
    if depth.deepest < LEAST_DEPTH:
        return ReadBeat(size, NotABeat.BLANK)
    ink = depth.ink
    if depth.paper_share < _EVEN:
        ink = evenly_lit(depth.light)
    deepest = finding.deepest_of(ink)
    if deepest < LEAST_DEPTH:
        return ReadBeat(size, NotABeat.BLANK)
    # the grid, in all colours
    degrees, millimetre = 0.0, None
    lines = ink
    if small.mode != "L" and not depth.is_dark:
        lines = evenly_lit(depth_of(small, Channel.DARKEST).light)
    level = max(LEAST_DEPTH, 0.04 * finding.deepest_of(lines))
    share = np.count_nonzero(lines >= level) / lines.size
    if share > 0.1 and min(ink.shape) >= 40:
        capped = np.minimum(lines, int(4 * level))
        angle, sharp = rotation_of(lines)
        if sharp > _GRID:
            if abs(angle) >= 0.35:
                degrees = angle
                ink = _turned(ink, -angle)
                lines = _turned(lines, -angle)
            inner = _inner(lines, degrees)
            across = pitch_of(np.minimum(inner, _cap(inner)).mean(axis=0).astype(float))
            down = pitch_of(np.minimum(inner, _cap(inner)).mean(axis=1).astype(float))
            if across and down and abs(across / down - 1) < 0.08:
                millimetre = Millimetre(across, down)
    deepest = finding.deepest_of(ink)
    panel = panel_of(ink >= max(LEAST_DEPTH, 0.15 * deepest))
    ink = ink[panel.place]
    ink = without_lines(ink, max(LEAST_DEPTH, 0.06 * deepest))
    found = finding.find_line(ink, LEAST_DEPTH)
    if found is None:
        return ReadBeat(size, NotABeat.NO_LINE, degrees=degrees, millimetre=millimetre)
    if not degrees and found.several_runs > 0.03:
        lean = finding.overhang_of(found.own)
        if lean:
            turned = _turned(ink, -lean) if panel == Panel(0, 0, *small.size) else None
            again = finding.find_line(turned, LEAST_DEPTH) if turned is not None else None
            if again is not None and again.several_runs < found.several_runs:
                degrees, found, ink = lean, again, turned
    return _placed(size, factor, found.line, Sheet(ink, degrees, millimetre, panel))


def _has_colour(small: Image.Image, first: Depth) -> bool:
    """Whether colours hide something in a picture: a grid, or a line in a full colour."""
    if small.mode == "L" or first.is_dark:
        return False
    return depth_of(small, Channel.DARKEST).paper_share < first.paper_share - 0.03


def _cap(ink):
    return min(255, max(int(np.median(ink[ink > LEAST_DEPTH])) * 2 if (ink > LEAST_DEPTH).any() else 255, 16))


def _inner(ink, degrees):
    if not degrees:
        return ink
    rows, columns = ink.shape
    t = abs(np.tan(np.radians(degrees)))
    dy, dx = int(t * columns / 2) + 1, int(t * rows / 2) + 1
    return ink[dy : rows - dy, dx : columns - dx]


def _turned(ink, degrees):
    return np.asarray(Image.fromarray(ink).rotate(degrees, Image.Resampling.BILINEAR, fillcolor=0))


def _placed(size: tuple[int, int], factor: int, line: strokes.Line, sheet: Sheet) -> ReadBeat:
    x, y = strokes.polyline(line)
    x, y = (x + sheet.panel.left) * factor, (y + sheet.panel.top) * factor
    millimetre = sheet.millimetre and Millimetre(*(part * factor for part in sheet.millimetre))
    if _is_classic(size, x, y):
        scale, placed = Scale.CLASSIC, placing.in_classic_geometry(x, y, 1.0)
        beats = 1
    else:
        waves = waves_of(x, y)
        beats = waves.complexes
        if millimetre is not None:
            scale = Scale.MILLIMETRES
            placed = placing.in_millimetres(x, y, millimetre.across, millimetre.down, waves.r_peak)
        else:
            scale, placed = Scale.UNKNOWN, placing.by_extent(x, y)
    trace = np.stack([x, y], axis=1)
    if sheet.degrees:
        trace = _rotated(trace, size, sheet.degrees)
    return ReadBeat(
        size, None, beats, tuple(float(v) * factor for v in sheet.panel), sheet.degrees, millimetre, trace,
        line.thickness * factor, scale, placed,
    )


def _rotated(points: Floats, size: tuple[int, int], degrees: float) -> Floats:
    middle = np.array(size) / 2
    angle = np.radians(degrees)
    x, y = (points - middle).T
    return np.stack([x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)], axis=1) + middle


def _is_classic(size, x, y) -> bool:
    if size != (CLASSIC.width, CLASSIC.height):
        return False
    return bool(abs(x[0] - CLASSIC.left) <= 1.5 and abs(x[-1] - CLASSIC.right) <= 1.5
            and np.nanmin(y) > CLASSIC.top - 1 and np.nanmax(y) < CLASSIC.bottom + 1)


def ink_pixels(image: Image.Image, *, height: int = 128, width: int = 192) -> Pixels:
    read = read_beat(image)
    if read.placed is None:
        return np.full((height, width), 255, np.uint8)
    return pixels_of_trace(read.placed.times, read.placed.heights, height=height, width=width)
