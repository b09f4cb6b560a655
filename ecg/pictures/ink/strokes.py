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

    @property
    def middle(self) -> Floats:
        """Between where it is highest and lowest in each column, ``[N]``."""
        return (self.upper + self.lower) / 2


def runs_of(mask: NDArray[np.bool_]) -> Runs:
    """The vertical runs of true pixels in ``mask`` ``[rows, columns]``."""
    rows, columns = mask.shape
    padded = np.zeros(columns * (rows + 1) + 1, dtype=np.bool_)
    # A transposed copy first: NumPy copies it much faster than it assigns a transposed view to part of an array.
    padded[1:].reshape(columns, rows + 1)[:, :rows] = np.ascontiguousarray(mask.T)
    changes = (padded[1:] != padded[:-1]).nonzero()[0]
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
    if len(columns) > 1 and (columns[1:] == columns[:-1]).any():
        first = np.flatnonzero(np.r_[True, columns[1:] != columns[:-1]])
        columns, starts, ends = columns[first], starts[first], np.maximum.reduceat(ends, first)
    count, width = len(columns), ink.shape[1]
    flat, at_start = ink.ravel(), starts * width + columns
    first_row = np.minimum(flat.take(at_start), full)
    last_row = np.minimum(flat.take(at_start + (ends - 1 - starts) * width), full)
    upper = starts + (1.0 - first_row * (1.0 / full))
    lower = ends + (last_row * (1.0 / full) - 1.0)
    # A stroke is as long as it is thick where it is level, and longer elsewhere.
    lengths = lower - upper
    thickness = max(float(np.partition(lengths, count // 4)[count // 4]), 0.5)
    if thickness >= THIN:
        # It may be level hardly anywhere: no stroke is thicker than its ink over its length.
        steps = np.diff((upper + lower) * 0.5, prepend=(upper[0] + lower[0]) * 0.5)
        thickness = max(min(thickness, float(lengths.sum() / np.hypot(1.0, steps).sum())), 0.5)
    line = Line(columns, upper, lower, thickness)
    if thickness < THIN:
        return _middle_of(line)
    half = max(1, count // 2)
    run = float(np.partition(ends - starts, half - 1)[:half].sum()) / half
    return _thinned(line, run / 2) if run >= _THICK else _middle_of(line)


#: Thinner strokes, and those with shorter runs in a column, are looked at as a whole; of others the edges, pixels.
THIN: Final = 1.1
_THICK: Final = 1.8


def _middle_of(line: Line) -> Line:
    """The middle of a thin stroke."""
    columns, upper, lower, thickness = line
    middle = (upper + lower) * 0.5
    half = np.maximum((lower - upper - thickness) * 0.5, 0.0)
    return Line(columns, middle - half, middle + half, thickness)


def _thinned(line: Line, reach: float) -> Line:
    """The middle of a stroke from its edges: what a round pen of the line's thickness went along.

    The upper edge is the highest that any point of the pen reached, so the pen's middle is never higher than the lowest
    that the edge leaves room for (grey-scale dilation by a disc); the same from below. Both meet along a stroke; they
    differ within a spike that is hardly wider than the pen, where only its tip shows.

    Args:
        reach: how many columns beside its middle the pen inks.
    """
    columns, upper, lower, thickness = line
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


#: Edges that differ by less are equally high, pixels.
_SAME: Final = 0.5


def _with_tips(pressed: Floats, edge: Floats, reach: float, radius: float) -> Floats:
    """The tips again, which a pen with square ends draws narrower than the disc is wide."""
    size = 2 * int(np.ceil(reach)) + 1
    is_tip = edge <= ndimage.minimum_filter1d(edge, size, mode="nearest") + _SAME
    # The ends of two strokes that meet in a tip are corners of it.
    is_tip = ndimage.binary_closing(is_tip, np.ones(size, dtype=np.bool_))
    changes = np.diff(np.concatenate([[False], is_tip, [False]]).astype(np.int8)).nonzero()[0]
    # Where a tip is as wide as several columns, its middle is the line's.
    middles = (changes[::2] + changes[1::2] - 1) // 2
    tipped = pressed.copy()
    tipped[middles] = np.minimum(pressed[middles], edge[middles] + radius)
    return tipped


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
    count = len(columns)
    breaks = (columns[1:] - columns[:-1] > BRIDGED + 1).nonzero()[0].tolist()
    entry, leave = np.empty(count), np.empty(count)
    entry[1:] = leave[:-1] = (np.maximum(upper[1:], upper[:-1]) + np.minimum(lower[1:], lower[:-1])) * 0.5
    # At an end, the line comes from where it doesn't go to.
    for start, end in zip([0, *(place + 1 for place in breaks)], [*breaks, count - 1], strict=True):
        if start == end:
            entry[start] = leave[start] = (upper[start] + lower[start]) / 2
        else:
            entry[start] = _far_end(leave[start], upper[start], lower[start])
            leave[end] = _far_end(entry[end], upper[end], lower[end])

    x = np.empty((count, 5))
    y = np.empty((count, 5))
    x[:] = columns[:, None] + _PLACES
    y[:, 0], y[:, 3], y[:, 4] = entry, leave, np.nan
    quarter = (leave - entry) * 0.25
    y[:, 1], y[:, 2] = entry + quarter, leave - quarter
    up, down = upper < np.minimum(entry, leave) - _TIP, lower > np.maximum(entry, leave) + _TIP
    tips = (up | down).nonzero()[0]
    if len(tips):
        _add_tips(y, tips, line, up, down)
    if not breaks:
        # The last point of a column is the first of the next.
        return np.append(x[:, :3].ravel(), x[-1, 3]), np.append(y[:, :3].ravel(), y[-1, 3])
    wanted = np.zeros((count, 5), dtype=np.bool_)
    wanted[:, :3] = True
    wanted[breaks, 3:] = True
    wanted[-1, 3] = True
    x[breaks, 4] = (x[breaks, 3] + x[np.add(breaks, 1), 0]) / 2
    return x[wanted], y[wanted]


def _add_tips(y: Floats, tips: Integers, line: Line, up: NDArray[np.bool_], down: NDArray[np.bool_]) -> None:
    """Let the line go by the tips of these columns, in place: the nearer one first where there are two."""
    upper, lower, up, down = line.upper[tips], line.lower[tips], up[tips], down[tips]
    first, second = np.where(up, upper, lower), np.where(down, lower, upper)
    swapped = up & down & (y[tips, 0] > y[tips, 3])
    y[tips, 1], y[tips, 2] = np.where(swapped, second, first), np.where(swapped, first, second)


_PLACES: Final = np.array((0.0, 0.25, 0.75, 1.0, 1.0))


def _far_end(other: float, upper: float, lower: float) -> float:
    return upper if abs(other - upper) > abs(other - lower) else lower
