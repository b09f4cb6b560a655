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
#: A stroke of this share may be part of a line, which is inked along so much of its length.
_PART: Final = 0.08
_UNBROKEN: Final = 0.85
#: A line at the picture's edge goes along this share of it.
_WHOLE: Final = 0.9
#: A trace goes beyond the end of an axis by no more than its own thickness, pixels.
_BEYOND: Final = 2
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
    # How near lines must be to meet: ticks lengthen them, as a share of the picture's longer side.
    reach = max(3, max(rows, columns) // 60)
    sides = _framing(upright, level, columns, rows, reach)
    ends = _framing(level, upright, rows, columns, reach)
    left, right = _between(sides, ends, columns)
    top, bottom = _between(ends, sides, rows)
    if right - left < _LEAST_SHARE * columns or bottom - top < _LEAST_SHARE * rows:
        return Panel(0, 0, columns, rows)
    return Panel(left, top, right, bottom)


def _bars(runs: Runs, length: int, across: int) -> list[_Bar]:
    """Long straight strokes, ascending; a stroke goes on where another line crosses it. Adjacent ones are one thick
    bar, and what is thicker than a line is none.
    """
    lengths = runs.ends - runs.starts
    columns, starts, ends = runs.only(lengths >= _PART * length)
    if not len(columns):
        return []
    first = np.flatnonzero(np.r_[True, columns[1:] != columns[:-1]])
    places, begin, end = columns[first], starts[first], np.maximum.reduceat(ends, first)
    covered = np.add.reduceat(ends - starts, first)
    long = (end - begin >= _LONG * length) & (covered >= _UNBROKEN * (end - begin))
    bars: list[_Bar] = []
    for place, start, stop in zip(places[long].tolist(), begin[long].tolist(), end[long].tolist(), strict=True):
        last = bars[-1] if bars else None
        if last and place - last.last <= 1 and start < last.end and stop > last.start:
            bars[-1] = _Bar(last.first, place, min(last.start, start), max(last.end, stop))
        else:
            bars.append(_Bar(place, place, start, stop))
    thickest = max(4, across // 25)
    return [bar for bar in bars if bar.last - bar.first < thickest]


def _framing(bars: list[_Bar], crossing: list[_Bar], across: int, length: int, reach: int) -> list[_Bar]:
    """Those of ``bars`` that lie at the picture's edge, or meet others at one of their ends as the lines of axes do."""
    return [
        bar
        for bar in bars
        if ((bar.first <= reach or bar.last >= across - 1 - reach) and bar.end - bar.start >= _WHOLE * length)
        or any(_is_corner(bar, other, reach, first=first) for other in crossing for first in (True, False))
    ]


def _between(bars: list[_Bar], crossing: list[_Bar], across: int) -> tuple[int, int]:
    """Where the panel begins and ends: between ``bars``, and no farther than ``crossing`` ones go."""
    begin, end = 0, across
    for bar in bars:
        if bar.last < across / 2:
            begin = max(begin, bar.last + 1)
        else:
            end = min(end, bar.first)
    if crossing:
        begin = max(begin, min(bar.start for bar in crossing) - _BEYOND)
        end = min(end, max(bar.end for bar in crossing) + _BEYOND)
    return begin, end


def _is_corner(bar: _Bar, other: _Bar, reach: int, *, first: bool) -> bool:
    """Whether ``other`` begins or ends at ``bar``, at the first or the last end of ``bar``."""
    end = bar.start if first else bar.end
    meets = abs((other.first + other.last) / 2 - end) <= reach + (other.last - other.first)
    return meets and (abs(other.start - bar.first) <= reach or abs(other.end - 1 - bar.last) <= reach)


#: A line of a grid covers this share of the panel at least, all but where other ink is deeper.
_COVERED: Final = 0.8


def without_lines(ink: Bytes, least: float, seen: Mask | None = None) -> tuple[Bytes, int]:
    """``ink`` without straight lines that go from one side of it to the other: a grid, a zero line.

    What all but a fifth of a row or column reaches is the line's, and is taken away.

    Args:
        ink: depth, ``[rows, columns]``.
        least: what is less deep is paper.
        seen: what of it the picture shows; all of it where that is None.

    Returns:
        The ink, and the depth of the deeper of these lines (0 where there are none).
    """
    cleared, deepest = ink, 0.0
    mask = ink >= least
    for axis in (0, 1):
        along = 1 - axis
        visible = np.full(ink.shape[axis], ink.shape[along]) if seen is None else np.count_nonzero(seen, axis=along)
        long_enough = visible >= _LEAST_SHARE * ink.shape[along]
        covered = np.flatnonzero(long_enough & (np.count_nonzero(mask, axis=along) >= _COVERED * visible))
        if not len(covered):
            continue
        if cleared is ink:
            cleared = ink.copy()
        lines = cleared[covered] if axis == 0 else cleared[:, covered].T
        shown = np.where(lines >= least, lines, np.nan)
        shown[np.isnan(shown).all(axis=1)] = 0  # it was all cleared as lines of the other direction
        depth = np.nanmedian(shown, axis=1)[:, None].astype(np.int16)
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
