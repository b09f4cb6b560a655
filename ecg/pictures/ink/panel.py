"""The panel in which the trace lies: frames, axes and straight lines across are told from ink of the trace."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.ink.strokes import Runs, runs_of

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]


class Panel(NamedTuple):
    """Part of a picture, pixels: ``[top, bottom)`` × ``[left, right)``."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


#: A straight line is as long as this share of the picture's side, or more.
_LONG: Final = 0.45
#: A line at the picture's edge goes along this share of it.
_WHOLE: Final = 0.9
#: A panel has at least this share of the picture's sides.
_LEAST_SHARE: Final = 0.25


class _Bar(NamedTuple):
    """A straight stroke along one axis: from ``first`` to ``last`` across, from ``start`` to ``end`` along."""

    first: int
    last: int
    start: int
    end: int


def panel_of(mask: Mask) -> Panel:
    """The panel: inside the frame at the picture's edges, and inside the axes where there are any."""
    rows, columns = mask.shape
    upright = _bars(runs_of(mask), rows, columns)
    level = _bars(runs_of(mask.T), columns, rows)
    left, right = _sides(upright, level, columns, rows)
    top, bottom = _sides(level, upright, rows, columns)
    if right - left < _LEAST_SHARE * columns or bottom - top < _LEAST_SHARE * rows:
        return Panel(0, 0, columns, rows)
    return Panel(left, top, right, bottom)


def _bars(runs: Runs, length: int, across: int) -> list[_Bar]:
    """Long straight strokes; the runs that make a thick one are one bar, and thicker ones than a line are none."""
    long = runs.only(runs.ends - runs.starts >= _LONG * length)
    bars: list[_Bar] = []
    for place, start, end in zip(long.columns.tolist(), long.starts.tolist(), long.ends.tolist(), strict=True):
        last = bars[-1] if bars else None
        if last and place - last.last <= 1 and start < last.end and end > last.start:
            bars[-1] = _Bar(last.first, place, min(last.start, start), max(last.end, end))
        else:
            bars.append(_Bar(place, place, start, end))
    thickest = max(4, across // 25)
    return [bar for bar in bars if bar.last - bar.first < thickest]


def _sides(bars: list[_Bar], crossing: list[_Bar], across: int, length: int) -> tuple[int, int]:
    """Where the panel begins and ends between ``bars``: those at the picture's edge, and those that meet others at
    one of their ends, as the lines of axes and boxes do.
    """
    begin, end = 0, across
    reach = max(3, across // 60)
    for bar in bars:
        at_edge = (bar.first <= reach or bar.last >= across - 1 - reach) and bar.end - bar.start >= _WHOLE * length
        corners = sum(_is_corner(bar, other, reach, first=first) for other in crossing for first in (True, False))
        if not at_edge and not corners:
            continue
        if bar.last < across / 2:
            begin = max(begin, bar.last + 1)
        else:
            end = min(end, bar.first)
    return begin, end


def _is_corner(bar: _Bar, other: _Bar, reach: int, *, first: bool) -> bool:
    """Whether ``other`` begins or ends at ``bar``, at the first or the last end of ``bar``."""
    end = bar.start if first else bar.end
    meets = abs((other.first + other.last) / 2 - end) <= reach + (other.last - other.first)
    return meets and (abs(other.start - bar.first) <= reach or abs(other.end - 1 - bar.last) <= reach)


#: A line of a grid covers this share of the panel at least, all but where other ink is deeper.
_COVERED: Final = 0.8


def without_lines(ink: Bytes, least: float) -> tuple[Bytes, int]:
    """``ink`` without straight lines that go from one side of it to the other: a grid, a zero line.

    What all but a fifth of a row or column reaches is the line's, and is taken away.

    Returns:
        The ink, and the depth of the deeper of these lines (0 where there are none).
    """
    cleared, deepest = ink, 0.0
    mask = ink >= least
    for axis in (0, 1):
        covered = np.flatnonzero(np.count_nonzero(mask, axis=1 - axis) >= _COVERED * ink.shape[1 - axis])
        if not len(covered):
            continue
        if cleared is ink:
            cleared = ink.copy()
        lines = cleared[covered] if axis == 0 else cleared[:, covered].T
        depth = np.median(lines, axis=1, keepdims=True).astype(np.int16)
        deepest = max(deepest, float(np.quantile(depth, 0.9)))
        lines = np.where(lines <= 1.35 * depth + 8, 0, lines)
        if axis == 0:
            cleared[covered] = lines
            _bridge(cleared, covered)
        else:
            cleared[:, covered] = lines.T
            _bridge(cleared.T, covered)
    return cleared, int(deepest)


def _bridge(ink: Bytes, cleared: NDArray[np.int_]) -> None:
    """Let what crossed the ``cleared`` rows go on, in place: where there is ink above and below, it was there too."""
    last = len(ink) - 1
    breaks = np.flatnonzero(np.diff(cleared) > 1)
    for first, final in zip(np.r_[cleared[0], cleared[breaks + 1]], np.r_[cleared[breaks], cleared[-1]], strict=True):
        if first == 0 or final == last or final - first > _BRIDGED:
            continue
        above, below = ink[first - 1], ink[final + 1]
        crossing = np.minimum(above, below)
        # What crosses on the slant comes from one pixel aside and goes to the other.
        crossing[1:-1] = np.maximum(crossing[1:-1], np.minimum(above[:-2], below[2:]))
        crossing[1:-1] = np.maximum(crossing[1:-1], np.minimum(above[2:], below[:-2]))
        ink[first : final + 1] = np.maximum(ink[first : final + 1], crossing)


#: Thicker lines are not bridged, pixels.
_BRIDGED: Final = 6
