"""A line as a function of time: where it runs in each pixel column, and the polyline through all of them."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Runs(NamedTuple):
    """Vertical runs of ink, column after column, each from top to bottom."""

    columns: Integers
    """``[N]``, ascending."""
    starts: Integers
    """First row of each, ``[N]``."""
    ends: Integers
    """The row after the last, ``[N]``."""

    def only(self, chosen: NDArray[np.bool_]) -> Runs:
        """Those that are chosen."""
        return Runs(self.columns[chosen], self.starts[chosen], self.ends[chosen])


class Line(NamedTuple):
    """A line that runs through each of its columns once."""

    columns: Integers
    """``[N]``, ascending, each once; columns where nothing runs are left out."""
    upper: Floats
    """Where the middle of the stroke is highest in each column, rows from the top, ``[N]``."""
    lower: Floats
    """Where it is lowest, ``[N]``; equal to ``upper`` where the line is level."""
    thickness: float
    """Of the stroke, pixels."""


def runs_of(mask: NDArray[np.bool_]) -> Runs:
    """The vertical runs of true pixels in ``mask`` ``[rows, columns]``."""
    rows, columns = mask.shape
    padded = np.zeros(columns * (rows + 1) + 1, dtype=np.bool_)
    padded[1:].reshape(columns, rows + 1)[:, :rows] = mask.T
    changes = np.flatnonzero(padded[1:] != padded[:-1])
    starts, ends = changes[::2], changes[1::2]
    column = starts // (rows + 1)
    begin = column * (rows + 1)
    return Runs(column, starts - begin, ends - begin)


def line_of(runs: Runs, ink: NDArray[np.uint8], full: float) -> Line:
    """The line that runs through ``runs``, of which columns with several become one from the first to the last.

    Args:
        ink: depth of the ink, ``[rows, columns]``.
        full: depth of ink that covers a pixel whole: less at a run's end means that the edge lies within that pixel.
    """
    columns, starts, ends = runs
    if len(columns) > 1 and not (columns[1:] > columns[:-1]).all():
        first = np.flatnonzero(np.r_[True, columns[1:] != columns[:-1]])
        columns, starts, ends = columns[first], starts[first], np.maximum.reduceat(ends, first)
    upper = starts + 1.0 - np.minimum(ink[starts, columns] / full, 1.0)
    lower = ends - 1.0 + np.minimum(ink[ends - 1, columns] / full, 1.0)
    lengths = np.maximum(lower - upper, 0.0)
    # A stroke is as long as it is thick where it is level, and longer elsewhere.
    thickness = max(float(np.partition(lengths, len(lengths) // 4)[len(lengths) // 4]), 0.5)
    run = np.sort(ends - starts)[: max(1, len(columns) // 2)].mean()
    return _thinned(Line(columns, upper, lower, thickness), float(run) / 2)


def _thinned(line: Line, reach: float) -> Line:
    """The middle of a stroke from its edges: what a round pen of the line's thickness went along.

    The upper edge is the highest that any point of the pen reached, so the pen's middle is never higher than the lowest
    that the edge leaves room for (grey-scale dilation by a disc); the same from below. Both meet along a stroke; they
    differ within a spike that is hardly wider than the pen, where only its tip shows.

    Args:
        reach: how many columns beside its middle the pen inks.
    """
    columns, upper, lower, thickness = line
    if reach < _THICK:
        middle = (upper + lower) / 2
        half = np.maximum((lower - upper - thickness) / 2, 0.0)
        return Line(columns, middle - half, middle + half, thickness)
    highest, lowest = np.empty_like(upper), np.empty_like(lower)
    breaks = np.flatnonzero(columns[1:] - columns[:-1] > BRIDGED + 1) + 1
    for part in np.split(np.arange(len(columns)), breaks):
        highest[part] = _with_tips(_pressed(upper[part], reach, thickness / 2), upper[part], reach, thickness / 2)
        lowest[part] = -_with_tips(_pressed(-lower[part], reach, thickness / 2), -lower[part], reach, thickness / 2)
    crossed = highest > lowest
    middle = (highest + lowest) / 2
    return _spikes_resolved(
        Line(columns, np.where(crossed, middle, highest), np.where(crossed, middle, lowest), thickness)
    )


#: Half a stroke's columns from which on its edges are looked at apart.
_THICK: Final = 1.1


def _pressed(edge: Floats, reach: float, radius: float) -> Floats:
    """The dilation of an edge by a disc, interpolated between whole columns."""
    whole = int(reach)
    results = []
    for size in (whole, whole + 1):
        offsets = np.arange(-size, size + 1) / max(size, 1)
        disc = radius * np.sqrt(np.maximum(1.0 - offsets**2, 0.0))
        results.append(ndimage.grey_dilation(edge, structure=disc, mode="nearest"))
    part = reach - whole
    return (1.0 - part) * results[0] + part * results[1]


def _with_tips(pressed: Floats, edge: Floats, reach: float, radius: float) -> Floats:
    """The tips again, which a pen with square ends draws narrower than the disc is wide."""
    size = 2 * int(np.ceil(reach)) + 1
    is_tip = edge <= ndimage.minimum_filter1d(edge, size, mode="nearest")
    return np.where(is_tip, np.minimum(pressed, edge + radius), pressed)


def _spikes_resolved(line: Line) -> Line:
    """Where a spike's strokes lie in the same columns, the line has been at the spike's tip: up or down.

    That is, it is where both sides of such columns are not.
    """
    columns, upper, lower, thickness = line
    lengths = lower - upper
    shared = np.minimum(lower[1:], lower[:-1]) - np.maximum(upper[1:], upper[:-1])
    beside = np.maximum(np.r_[0.0, shared], np.r_[shared, 0.0])
    tall = lengths > max(1.5, thickness / 2)
    merged = tall & (beside > 0.5 * lengths)
    if not merged.any():
        return line
    upper, lower = upper.copy(), lower.copy()
    changes = np.flatnonzero(np.diff(np.r_[False, merged, False].astype(np.int8)))
    for first, last in zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True):
        sides = [place for place in (first - 1, last) if 0 <= place < len(columns)]
        if not sides:
            continue
        level = float(np.mean([(upper[place] + lower[place]) / 2 for place in sides]))
        here = np.arange(first, last)
        peak, nadir = first + int(upper[here].argmin()), first + int(lower[here].argmax())
        rise, fall = level - upper[peak], lower[nadir] - level
        if min(rise, fall) > _BOTH * max(rise, fall):
            # Up and down in a few columns: each belongs to the tip that is nearer.
            at_peak = np.abs(here - peak) <= np.abs(here - nadir)
        else:
            at_peak = np.full(len(here), rise > fall)
        lower[here[at_peak]] = upper[here[at_peak]]
        upper[here[~at_peak]] = lower[here[~at_peak]]
    return Line(columns, upper, lower, thickness)


#: A spike goes both up and down where the shorter way is this share of the longer one, or more.
_BOTH: Final = 0.3

#: Columns that may be missing in a line that goes on: a pixel's worth of compression noise. Where the trace is cut off
#: at the edge of a plot, more are missing.
BRIDGED: Final = 1
#: Rows by which a stroke must go beyond where it comes from and goes to, to have a tip there.
_TIP: Final = 0.25


def polyline(line: Line) -> tuple[Floats, Floats]:
    """Points of the line in order of time, three a column, so that no tip is lost.

    A stroke comes from the middle of what it shares with the column before and goes to the middle of what it shares
    with the next; where it also goes beyond both, there is a tip.

    Returns:
        x and y, ``[M]`` each, pixels from the left and top edge of the picture (a pixel's centre is at ½); y is NaN
        between two points where the line is interrupted.
    """
    columns, upper, lower, _ = line
    joined = columns[1:] - columns[:-1] <= BRIDGED + 1
    shared = (np.maximum(upper[1:], upper[:-1]) + np.minimum(lower[1:], lower[:-1])) / 2
    entry, leave = np.empty(len(columns)), np.empty(len(columns))
    entry[1:], leave[:-1] = shared, shared
    starts, ends = np.r_[True, ~joined], np.r_[~joined, True]
    # At an end, the line comes from where it doesn't go to.
    entry[starts] = _far_end(leave[starts], upper[starts], lower[starts], ends[starts])
    leave[ends] = _far_end(entry[ends], upper[ends], lower[ends], starts[ends])

    least, most = np.minimum(entry, leave), np.maximum(entry, leave)
    up, down = upper < least - _TIP, lower > most + _TIP
    first = np.where(up, upper, np.where(down, lower, (2 * entry + leave) / 3))
    second = np.where(down, lower, np.where(up, upper, (entry + 2 * leave) / 3))
    swapped = up & down & (entry > leave)
    first, second = np.where(swapped, second, first), np.where(swapped, first, second)

    count = len(columns)
    x = np.empty((count, 4))
    y = np.empty((count, 4))
    x[:] = columns[:, None] + _PLACES
    y[:, 0], y[:, 1], y[:, 2], y[:, 3] = entry, first, second, leave
    wanted = np.ones((count, 4), dtype=np.bool_)
    wanted[:-1, 3] = ~joined  # else the next column's entry is the same point
    if joined.all():
        return x[wanted], y[wanted]
    # An interruption is a point without height, between the end of one part and the beginning of the next.
    x, y, wanted = (np.insert(values.ravel(), 4 * np.flatnonzero(ends[:-1]) + 4, fill) for values, fill in (
        (x, 0.0), (y, np.nan), (wanted, True)))
    x, y = x[wanted], y[wanted]
    holes = np.flatnonzero(np.isnan(y))
    x[holes] = (x[holes - 1] + x[holes + 1]) / 2
    return x, y


_PLACES: Final = np.array((0.0, 1 / 3, 2 / 3, 1.0))


def _far_end(other: Floats, upper: Floats, lower: Floats, alone: NDArray[np.bool_]) -> Floats:
    far = np.where(np.abs(other - upper) > np.abs(other - lower), upper, lower)
    return np.where(alone, (upper + lower) / 2, far)
