"""Where the pen went: the line whose stroke has the edges that were seen, to parts of a pixel.

A column of pixels shows no more of a stroke than its highest and its lowest point, and a pen that is wider than a
column hides the turn of a narrow wave behind the strokes that lead to it. So the line is not read column by column: it
is the one of which a round pen would leave these edges. The upper edge in a column is the highest that the pen's rim
reached there, ``min(y(t) - disc(t - x))`` over the places ``t`` that it covers, and the lower one ``max(y(t) + disc(t -
x))`` (grey-scale erosion and dilation by a disc, Serra 1982). Of all lines that explain both, the one that bends least
is taken.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from ecg.pictures.ink.strokes import Runs

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: The edge of a stroke is where its ink is this share as deep as at its deepest in the column.
_EDGE: Final = 0.5
#: Places of the line to a column.
_PLACES: Final = 3
#: What bends count beside distances from the edges, and steps of one round.
_BEND: Final = 0.1
_STEP: Final = 0.02
#: Edges that are farther off count less, pixels, in one round after the other: at first the line has to find its way,
#: at last they may be letters' or another trace's.
_FAR: Final = (*(200.0,) * 8, *(20.0,) * 4, *(2.0,) * 6)
#: Widths of pens that are tried, pixels; none is so much wider than half of the columns' ink is high. The first is
#: what a thin pen marks: ink anywhere in a column is the column's.
_WIDTHS: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0)
_WIDER: Final = 1.0
#: What is farther off counts no more when the width is chosen, pixels.
_MOST: Final = 20.0


class Edges(NamedTuple):
    """The edges of a stroke, rows from the top to parts of a pixel."""

    columns: Integers
    """``[N]``, ascending, each once."""
    upper: Floats
    """``[N]``."""
    lower: Floats
    """``[N]``."""


def edges_of(runs: Runs, depth: Bytes) -> Edges:
    """Where the ink of a trace is half as deep as at its deepest in each column, between the pixels' middles.

    Args:
        runs: One or more in each of the trace's columns, of which it goes through the first to the last.
        depth: Of the ink, ``[rows, columns]``.
    """
    columns, first = np.unique(runs.columns, return_index=True)
    starts, ends = runs.starts[first], np.maximum.reduceat(runs.ends, first)
    lengths = ends - starts
    begins = np.r_[0, np.cumsum(lengths)[:-1]]
    number = np.repeat(np.arange(len(columns)), lengths)
    row = np.arange(len(number)) - begins[number] + starts[number]
    ink = depth[row, columns[number]].astype(np.float64)
    half = _EDGE * np.maximum.reduceat(ink, begins)
    inside = ink >= half[number]
    upper = np.minimum.reduceat(np.where(inside, row, len(depth)), begins)
    lower = np.maximum.reduceat(np.where(inside, row, -1), begins)
    above, below = np.maximum(upper - 1, 0), np.minimum(lower + 1, len(depth) - 1)
    return Edges(
        columns,
        upper + 0.5 - _part(depth[upper, columns], depth[above, columns], half),
        lower + 0.5 + _part(depth[lower, columns], depth[below, columns], half),
    )


def _part(inner: Bytes, outer: Bytes, half: Floats) -> Floats:
    """How far beyond the inner pixel's middle ink is half as deep, pixels; where it was cut, at the pixel's edge."""
    fall = inner.astype(np.float64) - outer
    part = np.clip((inner - half) / np.maximum(fall, 1e-9), 0.0, 1.0)
    return np.where(outer < half, part, 0.5)


def line_within(edges: Edges) -> tuple[Floats, Floats]:
    """X and y of the line whose stroke has these edges, several places a column, pixels.

    How wide the pen is, is tried: the width that explains the edges best is the pen's. A level stroke's height would
    not tell it where the trace trembles.
    """
    columns = edges.columns
    here = _PLACES * (columns - columns[0])
    widest = float(np.median(edges.lower - edges.upper)) + _WIDER
    tried = [_followed(edges, here, width / 2) for width in _WIDTHS if width <= max(widest, _WIDTHS[1])]
    y = min(tried, key=_unexplained).y
    x = columns[0] + 0.5 + np.arange(len(y)) / _PLACES
    # Where nothing was seen, there is no line: only halfway between a column and the next.
    after = np.searchsorted(here, np.arange(len(y)))
    apart = here[after] - here[np.maximum(after - 1, 0)]
    drawn = (here[after] == np.arange(len(y))) | (apart <= _PLACES)
    return x[drawn], y[drawn]


class _Way(NamedTuple):
    """The way of a pen."""

    y: Floats
    """Of its places."""
    unexplained: float
    """How far off its edges lie from those that were seen, pixels."""


def _unexplained(way: _Way) -> float:
    return way.unexplained


def _followed(edges: Edges, here: Integers, radius: float) -> _Way:
    """The way of a pen of this radius.

    Each round finds which place of the line makes the stroke's edge in each column, and moves these to where the edges
    were seen (least squares with bends, and with what is far off counting less).

    Args:
        edges: That were seen.
        here: Which place lies in the middle of each of their columns.
        radius: Pixels.
    """
    reach = max(1, round(radius * _PLACES))
    offsets = np.arange(-reach, reach + 1)
    disc = radius * np.sqrt(1 - (offsets / reach) ** 2)
    count = int(here[-1]) + 1
    covered = np.clip(here[:, None] + offsets, 0, count - 1)
    y = np.interp(np.arange(count), here, (edges.upper + edges.lower) / 2)
    bends = _bends(count)
    for far in _FAR:
        matrix, wanted = bends.copy(), _STEP * y
        matrix[2] += _STEP
        for sign, seen in ((-1.0, edges.upper), (1.0, edges.lower)):
            makes, off = _rims(y[covered], sign * disc, seen)
            weights = 1 / np.sqrt(1 + (off / far) ** 2)
            place = np.take_along_axis(covered, makes[:, None], axis=1)[:, 0]
            matrix[2] += np.bincount(place, weights, count)
            wanted = wanted + np.bincount(place, weights * (seen - sign * disc[makes]), count)
        y = solveh_banded(matrix, wanted, overwrite_ab=True, check_finite=False)
    off = np.r_[_rims(y[covered], -disc, edges.upper)[1], _rims(y[covered], disc, edges.lower)[1]]
    return _Way(y, float(np.minimum(np.abs(off), _MOST).mean()))


def _rims(y: Floats, disc: Floats, seen: Floats) -> tuple[Integers, Floats]:
    """Which of the places ``y``, ``[N, K]``, makes the edge in each column, and how far that is below what was seen."""
    rims = y + disc
    makes = rims.argmin(axis=1) if disc.min() < 0 else rims.argmax(axis=1)
    return makes, np.take_along_axis(rims, makes[:, None], axis=1)[:, 0] - seen


def _bends(count: int) -> Floats:
    """What second differences of ``count`` places cost: the upper diagonals of the quadratic form, ``[3, count]``."""
    bands = np.zeros((3, count))
    if count < len(bands):
        return bands
    bands[2, :-2] += _BEND
    bands[2, 1:-1] += 4 * _BEND
    bands[2, 2:] += _BEND
    bands[1, 1:-1] -= 2 * _BEND
    bands[1, 2:] -= 2 * _BEND
    bands[0, 2:] += _BEND
    return bands
