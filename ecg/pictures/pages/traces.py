"""The traces of a straightened page: each row's line as a function of x, without its pulses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ecg.pictures.ink.strokes import Line, line_of
from ecg.pictures.pages.following import Path, followed, letters_of
from ecg.pictures.pages.ink import Ink
from ecg.pictures.pages.pen import Edges, edges_of, line_within
from ecg.pictures.pages.pulses import FOOT, Pulse, boxes_of, pulse_of
from ecg.pictures.pages.rows import ends_of
from ecg.pictures.pages.sharing import shared_out

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: A trace that is interrupted for longer begins or ends there, if what lies beyond is short, mm.
_BREAK: Final = 6.0
_REMAINDER: Final = 6.0
#: Numbers beside a trace are no longer than this share of both, and their ink is so many times as high.
_LESSER: Final = 0.35
_THICKER: Final = 2.0
#: A pulse's foot lies no farther from its row's level, and the pulse over no more of its trace, mm.
_NEAR_LEVEL: Final = 6.0
_OVER: Final = 2.0
#: Columns in which two rows share ink before they are said to touch.
_FEW: Final = 2
#: A row shares no more of its columns with another.
_MOST_SHARED: Final = 0.35
#: A row's level is the most frequent one, counted in cells of this many millimetres.
_CELL: Final = 0.2
#: Shorter lines are none, mm.
_SHORTEST: Final = 5.0
#: A trace is a row's if it is as long as this share of the longest, and seen in this share of its columns.
_LEAST_LENGTH: Final = 0.35
_LEAST_COVER: Final = 0.6
#: Where so many rows begin and end at the same places, mm, one that does neither, mm, is the paper's edge or a fold.
_TOGETHER: Final = 3
_SAME_PLACE: Final = 2.0
_ELSEWHERE: Final = 6.0
#: A trace that begins or ends so far from the longest one, as a share of that, may be no row.
_ASTRAY: Final = 0.1


@dataclass(frozen=True, slots=True)
class Trace:
    """A row's line."""

    level: float
    """Row at which it mostly lies, pixels."""
    line: Line
    pulse: Pulse | None
    cost: float
    """How hard it was to follow."""
    x: Floats
    """Places of the pen's way from left to right, ``[M]``, pixels."""
    y: Floats
    """``[M]``."""
    shared: int = 0
    """In how many columns its ink was another row's, too."""

    @property
    def begin(self) -> float:
        """Its left end, x in pixels."""
        return float(self.line.columns[0])

    @property
    def end(self) -> float:
        """Its right end."""
        return float(self.line.columns[-1]) + 1

    @property
    def cover(self) -> float:
        """Share of the columns between its ends in which it was seen."""
        return len(self.line.columns) / max(1.0, self.end - self.begin)

    @property
    def zero(self) -> float:
        """Row of 0 mV: the foot of its pulse, or its level."""
        return self.pulse.foot if self.pulse is not None else self.level


def traces_of(ink: Ink, levels: list[float], millimetre: float, go_on: Callable[[], None]) -> list[Trace]:
    """The traces of all rows, from the top; rows of which nothing can be followed are left out."""
    letters = letters_of(ink, millimetre)
    boxes = boxes_of(ink, millimetre)
    ink = ink.without(list(boxes))
    paths: list[tuple[float, Path]] = []
    for level in levels:
        go_on()
        path = followed(ink, level, [other for other in levels if other != level], millimetre, letters)
        if path is not None:
            paths.append((level, path))
    paths = _distinct(paths)
    parts = shared_out([path.runs for _, path in paths], [level for level, _ in paths], ink.runs)
    found = []
    for (level, path), part in zip(paths, parts, strict=True):
        line = line_of(part.runs, ink.depth, ink.deepest)
        edges = edges_of(part.runs, ink.depth)
        heights = edges.lower - edges.upper
        own = line.columns[_without_remainders(line.columns, heights, millimetre)]
        pulse = _beside((own[0], own[-1]), level, boxes.values(), millimetre)
        keep, pulse = _trimmed(line, heights, pulse, millimetre)
        if np.count_nonzero(keep) < _SHORTEST * millimetre:
            continue
        line = _chosen(line, keep)
        x, y = line_within(Edges(edges.columns[keep], edges.upper[keep], edges.lower[keep]))
        found.append(Trace(_level(line, millimetre), line, pulse, path.cost, x, y, part.shared))
    return found


def _distinct(paths: list[tuple[float, Path]]) -> list[tuple[float, Path]]:
    """Those of different traces: of two that are much of the same ink, the one that was easier to follow."""
    kept: list[tuple[float, Path]] = []
    for level, path in sorted(paths, key=lambda found: found[1].cost):
        most = _MOST_SHARED * len(path.runs)
        if all(len(np.intersect1d(path.runs, other.runs, assume_unique=True)) <= most for _, other in kept):
            kept.append((level, path))
    return sorted(kept, key=lambda found: found[0])


def touching(traces: list[Trace]) -> bool:
    """Whether the lines of any rows share ink in a few columns."""
    return any(trace.shared >= _FEW for trace in traces)


def _beside(ends: tuple[int, int], level: float, pulses: Iterable[Pulse], millimetre: float) -> Pulse | None:
    """The pulse that stands at one of a row's ``ends``, with its foot at the row's level."""
    first, last = ends
    near = [
        (abs(pulse.foot - level), pulse)
        for pulse in pulses
        if abs(pulse.foot - level) <= _NEAR_LEVEL * millimetre
        and (pulse.right <= first + _OVER * millimetre or pulse.left >= last - _OVER * millimetre)
    ]
    return min(near)[1] if near else None


def _trimmed(
    line: Line, heights: Floats, box: Pulse | None, millimetre: float
) -> tuple[NDArray[np.bool_], Pulse | None]:
    """Which of a row's columns are the trace's: not its pulse, nor what lies far away from the rest; and its pulse.

    Args:
        line: Of the row.
        heights: Of its ink in each column, pixels.
        box: Its pulse, if that stands by itself.
        millimetre: Pixels.
    """
    middle = line.middle
    found = pulse_of(line.columns, middle, millimetre) if box is None else None
    pulse = box
    keep = np.ones(len(middle), np.bool_)
    if found is not None:
        pulse, at_left = found
        foot = FOOT * millimetre
        keep = line.columns > pulse.right + foot if at_left else line.columns < pulse.left - foot
    keep[keep] = _without_remainders(line.columns[keep], heights[keep], millimetre)
    return keep, pulse


def _chosen(line: Line, keep: NDArray[np.bool_]) -> Line:
    return Line(line.columns[keep], line.upper[keep], line.lower[keep], line.thickness)


def _without_remainders(columns: Integers, heights: Floats, millimetre: float) -> NDArray[np.bool_]:
    """All but what lies at the ends beyond an interruption and is short, or no trace: numbers beside it."""
    keep = np.ones(len(columns), np.bool_)
    breaks = np.flatnonzero(np.diff(columns) > _BREAK * millimetre) + 1
    parts = np.split(np.arange(len(columns)), breaks)
    while len(parts) > 1:
        for part in (parts[0], parts[-1]):
            if len(part) < _REMAINDER * millimetre or _is_number(heights, keep, part):
                keep[part] = False
                parts = parts[1:] if part is parts[0] else parts[:-1]
                break
        else:
            break
    return keep


def _is_number(heights: Floats, keep: NDArray[np.bool_], part: Integers) -> bool:
    """Whether a part of a line is the lesser one, and mostly drawn with a wider pen, or more upright, than the rest."""
    rest = keep.copy()
    rest[part] = False
    thicker = float(np.median(heights[part])) > _THICKER * float(np.median(heights[rest]))
    return thicker and len(part) < _LESSER * int(np.count_nonzero(keep))


def _level(line: Line, millimetre: float) -> float:
    """The most frequent level of a line."""
    middle = line.middle
    cell = max(0.25, _CELL * millimetre)
    low = float(middle.min())
    counts = np.bincount(((middle - low) / cell).astype(np.int64)).astype(np.float64)
    smooth = ndimage.gaussian_filter1d(counts, 1.5, mode="constant")
    place = int(smooth.argmax())
    near = middle[np.abs(middle - low - (place + 0.5) * cell) <= 2 * cell]
    return float(np.median(near)) if len(near) else low + (place + 0.5) * cell


def among_rows(traces: list[Trace], millimetre: float) -> list[Trace]:
    """The traces that are rows': those that go along most of the page, and begin or end where the others do."""
    longest = max((trace.end - trace.begin for trace in traces), default=0.0)
    rows = [
        trace for trace in traces if trace.end - trace.begin >= _LEAST_LENGTH * longest and trace.cover >= _LEAST_COVER
    ]
    if len(rows) <= _TOGETHER:
        return rows
    begin, end = ends_of([row.begin for row in rows], [row.end for row in rows], millimetre, sure=False)
    off = [min(abs(row.begin - begin), abs(row.end - end)) / millimetre for row in rows]
    together = sum(max(abs(row.begin - begin), abs(row.end - end)) <= _SAME_PLACE * millimetre for row in rows)
    return [row for row, away in zip(rows, off, strict=True) if together < _TOGETHER or away <= _ELSEWHERE]


def astray_of(traces: Sequence[Trace]) -> int:
    """How many traces don't begin, or don't end, where the longest one does."""
    longest = max(traces, key=lambda trace: trace.end - trace.begin)
    reach = _ASTRAY * (longest.end - longest.begin)
    off = [max(abs(trace.begin - longest.begin), abs(trace.end - longest.end)) for trace in traces]
    return sum(away > reach for away in off)
