"""From a picture to the beat in it, and to the model's pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.ink import finding, placing, strokes
from ecg.pictures.ink.depth import LEAST_DEPTH, Channel, Depth, depth_of
from ecg.pictures.ink.extent import Extent
from ecg.pictures.ink.finding import Found
from ecg.pictures.ink.opening import shrinking
from ecg.pictures.ink.panel import Panel
from ecg.pictures.ink.placing import Placed, Scale
from ecg.pictures.ink.reasons import NotABeat
from ecg.pictures.ink.redraw import Pixels, pixels_of_columns, pixels_of_trace
from ecg.pictures.ink.refusal import LEAST_PAPER, Evidence, reason_for
from ecg.pictures.ink.sheet import EVEN, Millimetre, Sheet, sheet_of, turned_back
from ecg.pictures.ink.sines import is_one_sine
from ecg.pictures.ink.strokes import Line
from ecg.pictures.ink.textures import is_colour_map, texture_of
from ecg.pictures.ink.waves import Waves, waves_of
from ecg.pictures.rendering import CLASSIC

Floats = NDArray[np.float64]

#: Smaller pictures that aren't clean are enlarged first, pixels of the longer side: thin strokes lie between pixels.
_LARGE_ENOUGH: Final = 400
#: A colour picture hides a grid or a line where the darkest channel has so much less paper than the lightest.
_HIDDEN: Final = 0.03
#: Share of runs that are not alone in their column from which on a line leans over.
_LEANING: Final = 0.03
#: A clean line in the classic geometry that goes through its middle level so often may be a strip.
_MANY_CROSSINGS: Final = 8
#: A drawn wave goes through its middle level at least so often.
_FEWEST_CROSSINGS: Final = 2
#: How far the ends and edges of a trace may be from those of the classic geometry, pixels.
_CLASSIC_REACH: Final = 1.5
_CLASSIC_SIZE: Final = (CLASSIC.width, CLASSIC.height)


@dataclass(frozen=True, slots=True)
class ReadBeat:
    """What was read of a picture. Places are pixels from its left and top edge."""

    size: tuple[int, int]
    """Width and height of the upright picture."""
    reason: NotABeat | None
    """Why it is not one beat; None where it may be."""
    beats: int = 0
    """QRS complexes that were counted, 1 where they can't be told from other waves."""
    panel: tuple[float, float, float, float] | None = None
    """Left, top, right and lower edge of the panel, in the picture once its rotation is undone."""
    degrees: float = 0.0
    """By how much the paper is turned, counter-clockwise."""
    millimetre: Millimetre | None = None
    """Of the paper's grid, where it was recognised for sure."""
    line: Line | None = None
    """The line within the panel, pixels of the working copy; None where none was found."""
    factor: float = 1.0
    """Pixels of the picture to one of the working copy."""
    scale: Scale = Scale.UNKNOWN
    """What is known of the scale."""
    r_peak: float | None = None
    """x of the R peak, where it was looked for."""
    evidence: Evidence | None = None
    """What speaks for and against it; None for a clean line in the classic geometry, and where there is none."""

    @property
    def thickness(self) -> float:
        """Of the line; 0 where there is none."""
        return self.line.thickness * self.factor if self.line is not None else 0.0

    @property
    def points(self) -> tuple[Floats, Floats] | None:
        """Places x and y of the line, ``[N]`` each, in the picture once its rotation is undone; y is NaN where it is
        interrupted.
        """
        if self.line is None or self.panel is None:
            return None
        x, y = strokes.polyline(self.line)
        return x * self.factor + self.panel[0], y * self.factor + self.panel[1]

    @property
    def placed(self) -> Placed | None:
        """The trace on the model's canvas; None where there is none."""
        points = self.points
        if points is None:
            return None
        if self.scale is Scale.CLASSIC:
            return placing.in_classic_geometry(*points)
        if self.scale is Scale.MILLIMETRES and self.millimetre is not None and self.r_peak is not None:
            return placing.in_millimetres(*points, self.millimetre.across, self.millimetre.down, self.r_peak)
        return placing.by_extent(*points)

    @property
    def trace(self) -> Floats | None:
        """X and y of the line in the picture as it was sent, ``[N, 2]``; NaN where it is interrupted."""
        points = self.points
        if points is None:
            return None
        x, y = points
        across, down = self.size[0] / 2, self.size[1] / 2
        angle = np.radians(self.degrees)
        x, y = x - across, y - down
        return np.stack(
            [across + x * np.cos(angle) + y * np.sin(angle), down + y * np.cos(angle) - x * np.sin(angle)], axis=1
        )


def ink_pixels(image: Image.Image, *, height: int = CLASSIC.height, width: int = CLASSIC.width) -> Pixels:
    """The model's view of an upright picture, grey or RGB: the beat that is read of it, redrawn.

    Returns:
        ``uint8`` array of shape ``[height, width]``: paper 255, darkest ink 0; all paper where no line is found.
    """
    return pixels_of(read_beat(image), height=height, width=width)


def pixels_of(read: ReadBeat, *, height: int = CLASSIC.height, width: int = CLASSIC.width) -> Pixels:
    """What was read, redrawn; see :func:`ink_pixels`."""
    line = read.line
    # Columns of a thin stroke touch each other; those of a thick one are only where its middle is.
    if line is not None and line.thickness < strokes.THIN and read.evidence is None and 2 * width <= CLASSIC.width:
        return pixels_of_columns(line, height=height, width=width)
    placed = read.placed
    if placed is None:
        return np.full((height, width), 255, dtype=np.uint8)
    return pixels_of_trace(placed.times, placed.heights, height=height, width=width)


def extent_of(read: ReadBeat, *, height: int = CLASSIC.height, width: int = CLASSIC.width) -> Extent:
    """Where the picture lies on the canvas of :func:`pixels_of`, a small rotation left aside; all of it without a line.

    Time runs along x and height along y, both evenly, so two points of the line say it for all.
    """
    points, placed = read.points, read.placed
    if points is None or placed is None:
        return Extent(0, 0, width, height)
    left, along = _even(points[0], placed.times)
    at_top, up = _even(points[1], placed.heights)
    across, down = width / CLASSIC.width, height / CLASSIC.height
    plot_width, plot_height = CLASSIC.right - CLASSIC.left, CLASSIC.bottom - CLASSIC.top
    return Extent(
        (CLASSIC.left + left * plot_width) * across,
        (CLASSIC.bottom - at_top * plot_height) * down,
        (CLASSIC.left + (left + along * read.size[0]) * plot_width) * across,
        (CLASSIC.bottom - (at_top + up * read.size[1]) * plot_height) * down,
    )


def _even(places: Floats, values: Floats) -> tuple[float, float]:
    """``values`` at place 0 and how much they grow with it, where they grow evenly; ``[N]`` each, NaN left out."""
    first, last = int(np.nanargmin(places)), int(np.nanargmax(places))
    distance = places[last] - places[first]
    growth = float((values[last] - values[first]) / distance) if distance else 0.0
    return float(values[first] - growth * places[first]), growth


def pixels_of_signal(
    samples_mv: NDArray[np.floating], *, height: int = CLASSIC.height, width: int = CLASSIC.width
) -> Pixels:
    """A beat drawn as one of known scale would be redrawn.

    Args:
        samples_mv: shape ``[192]``, R − 96 to R + 95 at 360 Hz, millivolts.

    Returns:
        ``uint8`` array of shape ``[height, width]``: paper 255, darkest ink 0.
    """
    placed = placing.of_signal(samples_mv)
    return pixels_of_trace(placed.times, placed.heights, height=height, width=width)


def read_beat(image: Image.Image) -> ReadBeat:
    """Read an upright picture, grey or RGB."""
    factor: float = shrinking(image.size)
    small = image.reduce(int(factor)) if factor > 1 else image
    depth = depth_of(small)
    if depth.deepest >= LEAST_DEPTH and not _hides_colour(small, depth):
        line = finding.clean_line(depth.ink, depth.deepest, LEAST_DEPTH)
        if line is not None:
            sheet = Sheet(depth.ink, Panel(0, 0, *small.size))
            return _read_line(image.size, factor, Found(line, None, 0.0, 0, 0, 0.0), sheet)
    if max(small.size) < _LARGE_ENOUGH:
        small = small.resize((2 * small.width, 2 * small.height), Image.Resampling.BICUBIC)
        factor, depth = factor / 2, depth_of(small)
    read, sheet = _read_sheet(image.size, factor, small, depth)
    # A grid or a camera's light hides no second line, and a line on it was found.
    if small.mode == "L" or depth.is_dark or (read.reason is None and (sheet.has_grid or sheet.degrees)):
        return read
    other, other_sheet = _read_sheet(image.size, factor, small, depth_of(small, Channel.DARKEST))
    if read.reason is None:
        # Flat colours beside the line: areas of a chart, lines of others.
        return read if other_sheet.has_grid or other.reason not in _DRAWINGS else other
    if other.reason is None or read.reason in (NotABeat.BLANK, NotABeat.NO_LINE):
        return other
    return read


#: What drawings in colour may be.
_DRAWINGS: Final = (NotABeat.SEVERAL_LINES, NotABeat.NOT_A_TRACE)


def _hides_colour(picture: Image.Image, depth: Depth) -> bool:
    if picture.mode == "L" or depth.is_dark:
        return False
    return depth_of(picture, Channel.DARKEST).paper_share < depth.paper_share - _HIDDEN


def _read_sheet(size: tuple[int, int], factor: float, picture: Image.Image, depth: Depth) -> tuple[ReadBeat, Sheet]:
    if depth.deepest < LEAST_DEPTH:
        return ReadBeat(size, NotABeat.BLANK), Sheet(depth.ink, Panel(0, 0, *picture.size))
    sheet = sheet_of(picture, depth)
    if sheet.paper < LEAST_PAPER:
        return ReadBeat(size, texture_of(picture, sheet.ink, sheet.paper_depth), degrees=sheet.degrees), sheet
    candidate = finding.find_line(sheet.ink, LEAST_DEPTH, sheet.grid_depth)
    if candidate is None:
        is_map = depth.paper_share < EVEN and is_colour_map(picture)
        reason = NotABeat.SPECTROGRAM if is_map else NotABeat.NO_LINE
        return ReadBeat(size, reason, degrees=sheet.degrees), sheet
    if not sheet.degrees and candidate.several_runs > _LEANING and sheet.panel == Panel(0, 0, *picture.size):
        candidate, sheet = _made_upright(candidate, sheet)
    return _read_line(size, factor, candidate, sheet), sheet


def _made_upright(candidate: Found, sheet: Sheet) -> tuple[Found, Sheet]:
    """A line that leans over is turned until it is a function of time, if it becomes one."""
    degrees = finding.overhang_of(candidate.own) if candidate.own is not None else 0.0
    if not degrees:
        return candidate, sheet
    turned = sheet._replace(ink=turned_back(sheet.ink, degrees), degrees=degrees)
    again = finding.find_line(turned.ink, LEAST_DEPTH, sheet.grid_depth)
    if again is None or again.several_runs >= candidate.several_runs:
        return candidate, sheet
    return again, turned


def _read_line(size: tuple[int, int], factor: float, candidate: Found, sheet: Sheet) -> ReadBeat:
    left, top, right, bottom = sheet.panel
    highest, lowest = float(candidate.line.upper.min()), float(candidate.line.lower.max())
    is_classic = size == _CLASSIC_SIZE and _is_classic(candidate.line, highest, lowest, (left, top), factor)
    read = ReadBeat(
        size=size,
        reason=None,
        beats=1,
        panel=(left * factor, top * factor, right * factor, bottom * factor),
        degrees=sheet.degrees,
        line=candidate.line,
        factor=factor,
        scale=Scale.CLASSIC if is_classic else Scale.UNKNOWN,
    )
    crossings = _crossings(candidate.line, highest + lowest)
    middles = (candidate.line.upper + candidate.line.lower) / 2
    is_sine = crossings >= _FEWEST_CROSSINGS and is_one_sine(candidate.line.columns.astype(np.float64), middles)
    unfamiliar = NotABeat.UNFAMILIAR if is_sine else None
    if is_classic and candidate.own is None and crossings < _MANY_CROSSINGS:
        return replace(read, reason=unfamiliar)
    x, y = strokes.polyline(candidate.line)
    waves = waves_of(x, y, candidate.line.thickness)
    evidence = _evidence(candidate, sheet, waves)
    read = replace(
        read,
        reason=reason_for(evidence) or unfamiliar,
        beats=waves.complexes,
        evidence=evidence,
        r_peak=(left + waves.r_peak) * factor,
    )
    if is_classic or sheet.millimetre is None:
        return read
    return replace(read, scale=Scale.MILLIMETRES, millimetre=Millimetre(*(factor * side for side in sheet.millimetre)))


def _crossings(line: Line, twice: float) -> int:
    """How often a line goes through the level that is half of ``twice``."""
    above = line.upper + line.lower < twice
    return int(np.count_nonzero(above[1:] != above[:-1]))


def _evidence(candidate: Found, sheet: Sheet, waves: Waves) -> Evidence:
    rows, columns = sheet.ink.shape
    return Evidence(
        inked=candidate.inked,
        several_runs=candidate.several_runs,
        other_lines=candidate.other_lines,
        other_pieces=candidate.other_pieces,
        other_ink=candidate.other_ink,
        thickness=candidate.line.thickness / min(rows, columns),
        cover=len(candidate.line.columns) / columns,
        complexes=waves.complexes,
        narrow=waves.narrow,
    )


def _is_classic(line: Line, highest: float, lowest: float, corner: tuple[int, int], factor: float) -> bool:
    """Whether a trace lies where those of the course data set do, in a picture of their size: both ends, or one where
    the other is cut off at the plot's upper or lower edge.

    Args:
        line: within the panel, pixels of the working copy, as the two that follow.
        highest: least y of the line.
        lowest: greatest y of the line.
        corner: left and top edge of the panel.
        factor: pixels of the picture to one of the working copy.
    """
    left, top = corner
    if (highest + top) * factor < CLASSIC.top - _CLASSIC_REACH:
        return False
    if (lowest + top) * factor > CLASSIC.bottom + _CLASSIC_REACH:
        return False
    before = (float(line.columns[0]) + left) * factor - CLASSIC.left
    after = CLASSIC.right - (float(line.columns[-1]) + 1 + left) * factor
    at_left, at_right = abs(before) <= _CLASSIC_REACH, abs(after) <= _CLASSIC_REACH
    if at_left and at_right:
        return True
    is_cut = [
        (float(line.upper[end]) + top) * factor - CLASSIC.top <= _CLASSIC_REACH
        or CLASSIC.bottom - (float(line.lower[end]) + top) * factor <= _CLASSIC_REACH
        for end in (0, -1)
    ]
    return bool((at_left and after > 0 and is_cut[1]) or (at_right and before > 0 and is_cut[0]))
