"""A page without a grid squared by its rows: on paper they run side by side, and begin and end below each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ecg.pictures.pages.lattice import projection
from ecg.pictures.pages.straightening import Flat, mapped
from ecg.pictures.pages.traces import Trace

Floats = NDArray[np.float64]

#: Fewer rows say little, and a row's slope is that of the levels of so many parts of it.
_FEWEST: Final = 3
_PARTS: Final = 12
#: Rows begin, or end, on one line if they do so within this, mm; they run together if their slopes lie so near to what
#: that makes of them: those of traces that drift don't.
_NEAR: Final = 1.5
_STEADY: Final = 0.003
#: Corners that lie nearer to those of a rectangle, as a share of its width, may as well lie there, but for pages that
#: somebody photographed; farther off, rows were misread.
_LEAST: Final = 0.006
_LEAST_ASKEW: Final = 0.002
_MOST: Final = 0.15


def squared(flat: Flat, traces: Sequence[Trace], millimetre: float, *, askew: bool = False) -> Flat | None:
    """The page with its rows side by side, each beginning and ending where the others do.

    Args:
        flat: How it was straightened.
        traces: Of its rows, on it.
        millimetre: Pixels; about.
        askew: Whether the page lies in its picture as no scanner shows it.

    Returns:
        None where rows are as they should be, or don't say how the page lies.
    """
    if len(traces) < _FEWEST:
        return None
    begins, ends = np.array([trace.begin for trace in traces]), np.array([trace.end for trace in traces])
    middle = float((begins.mean() + ends.mean()) / 2)
    slopes, levels = np.array([_line(trace, middle) for trace in traces]).T
    turn, tilt = _along(levels, slopes, _STEADY, 0.0)
    left, right = (
        np.array(_along(levels + (places - middle) * slopes, places, _NEAR * millimetre, float(np.median(places))))
        for places in (begins, ends)
    )

    def corner(level: float, edge: Floats) -> tuple[float, float]:
        x = np.polyval(edge, level)
        y = level + (x - middle) * (tilt + turn * level)
        return float(np.polyval(edge, y)), float(y)

    top, bottom = float(levels.min()), float(levels.max())
    seen = np.array([corner(top, left), corner(top, right), corner(bottom, right), corner(bottom, left)])
    (first, last), (upper, lower) = (
        (float(side[[0, one]].mean()), float(side[[2, other]].mean()))
        for side, one, other in ((seen[:, 0], 3, 1), (seen[:, 1], 1, 3))
    )
    wanted = np.array([(first, upper), (last, upper), (last, lower), (first, lower)])
    off = float(np.abs(seen - wanted).max()) / (last - first)
    least = _LEAST_ASKEW if askew else _LEAST
    return mapped(flat, projection(wanted, seen)) if least <= off <= _MOST else None


def _line(trace: Trace, middle: float) -> tuple[float, float]:
    """Slope of a row's line, and where that is at ``middle``, y in pixels: waves hardly matter."""
    parts = [part for part in np.array_split(np.arange(len(trace.x)), _PARTS) if len(part)]
    x = np.array([float(trace.x[part].mean()) for part in parts])
    y = np.array([float(np.median(trace.y[part])) for part in parts])
    slope, level, *_ = stats.theilslopes(y, x - middle)
    return float(slope), float(level)


def _along(y: Floats, values: Floats, near: float, otherwise: float) -> tuple[float, float]:
    """The line on which the rows' values lie, all but one of four: its slope and the value at y = 0.

    Args:
        y: Where the rows are, pixels.
        values: Of the rows.
        near: How far off the line a value may lie.
        otherwise: The value of all rows if they don't lie on one.
    """
    slope, first, *_ = stats.theilslopes(values, y)
    off = np.abs(values - first - slope * y)
    return (float(slope), float(first)) if np.count_nonzero(off > near) <= len(y) // 4 else (0.0, otherwise)
