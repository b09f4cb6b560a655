"""Where a beat lies on the model's canvas: what is known of its scale is used, what is unknown is not pretended.

The canvas is the plot of :data:`ecg.pictures.rendering.CLASSIC`: 192 samples at 360 Hz from left to right, −1.77 to
1.065 mV from bottom to top. A trace of known scale is put there in seconds and millivolts, with its QRS complex in the
middle. One of unknown scale fills the plot's width, and its height between two fixed levels.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE, WINDOW_AFTER, WINDOW_BEFORE
from ecg.pictures.rendering import CLASSIC

Floats = NDArray[np.float64]


class Scale(StrEnum):
    """What is known of a picture's scale."""

    CLASSIC = "CLASSIC"
    """It has the geometry of the course data set, whose scale is known."""
    MILLIMETRES = "MILLIMETRES"
    """It has a grid of millimetres, read at 25 mm/s and 10 mm/mV."""
    UNKNOWN = "UNKNOWN"
    """Nothing."""


class Placed(NamedTuple):
    """A trace on the canvas, see :func:`ecg.pictures.ink.redraw.pixels_of_trace`."""

    times: Floats
    """Ascending, 0 = left end of the plot, 1 = its right end."""
    heights: Floats
    """0 = bottom of the plot, 1 = its top; NaN where the trace is interrupted."""


#: Standard speed and gain of paper.
MM_PER_SECOND: Final = 25.0
MM_PER_MV: Final = 10.0

_SAMPLES: Final = WINDOW_BEFORE + WINDOW_AFTER
_RANGE_MV: Final = CLASSIC.highest_mv - CLASSIC.lowest_mv
#: Where the median of a trace of known gain but unknown zero is put, millivolts: the median of the medians of the
#: classic windows of all 109,902 beats of MIT-BIH is −0.295, in the leads that pictures show.
_MEDIAN_MV: Final = -0.3
#: Of a trace of unknown gain: the levels of its lowest and highest point, shares of the plot's height.
_LOWEST: Final = 0.1
_HIGHEST: Final = 0.9
#: A trace lower than this share of its length is drawn flat: stretching it would only enlarge its noise.
_FLATTEST: Final = 0.04


def of_signal(samples_mv: NDArray[np.floating]) -> Placed:
    """A window of 192 samples, R − 96 to R + 95 at 360 Hz, millivolts, in its scale.

    Where most of it would lie beyond the canvas, its recording has another zero: it is put where traces on paper are.
    """
    times = np.arange(len(samples_mv)) / (_SAMPLES - 1)
    millivolts = np.asarray(samples_mv, dtype=np.float64)
    there = millivolts[np.isfinite(millivolts)]
    median = float(np.median(there)) if len(there) else _MEDIAN_MV
    if not CLASSIC.lowest_mv <= median <= CLASSIC.highest_mv:
        millivolts = millivolts - median + _MEDIAN_MV
    return Placed(times, (millivolts - CLASSIC.lowest_mv) / _RANGE_MV)


def in_classic_geometry(x: Floats, y: Floats) -> Placed:
    """A trace of a picture that has the size and geometry of those of the course data set."""
    across, down = 1 / (CLASSIC.right - CLASSIC.left), 1 / (CLASSIC.bottom - CLASSIC.top)
    return Placed((x - CLASSIC.left) * across, (CLASSIC.bottom - y) * down)


def in_millimetres(x: Floats, y: Floats, across: float, down: float, r_peak: float) -> Placed:
    """A trace on ruled paper.

    Args:
        across: pixels of a millimetre along x.
        down: the same along y.
        r_peak: x of the R peak, which becomes the middle of the window.
    """
    samples = WINDOW_BEFORE + (x - r_peak) / across / MM_PER_SECOND * SAMPLING_RATE
    millivolts = (np.nanmedian(y) - y) / down / MM_PER_MV + _MEDIAN_MV
    return Placed(samples / (_SAMPLES - 1), (millivolts - CLASSIC.lowest_mv) / _RANGE_MV)


def by_extent(x: Floats, y: Floats) -> Placed:
    """A trace of unknown scale: as wide as the plot, from its first to its last point."""
    length = max(float(x[-1] - x[0]), 1e-9)
    highest, lowest = float(np.nanmin(y)), float(np.nanmax(y))
    reach = max(lowest - highest, _FLATTEST * length)
    middle = (_LOWEST + _HIGHEST) / 2
    heights = middle + ((highest + lowest) / 2 - y) / reach * (_HIGHEST - _LOWEST)
    return Placed((x - x[0]) / length, heights)
