"""How many seconds a trace of unknown scale shows, by its shape, and the one beat that is cut out of it.

A drawing without a grid doesn't say how long its window is. Its waves do, roughly: how wide the QRS complex is beside
the distance to the P and T waves, and whether neighbours are at the ends. Small networks of two hidden layers estimate
it together; :mod:`training.learning.window_length` fits them to windows of recordings. Of a window that is longer than
one beat needs, the classic one around the R peak is shown; all others are shown as they are.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE, WINDOW_AFTER, WINDOW_BEFORE
from ecg.pictures.ink import placing
from ecg.pictures.ink.placing import Placed

Floats = NDArray[np.float64]

#: The networks' weights, from layer 0 on: ``kernel_<layer>`` ``[networks, inputs, outputs]`` and ``bias_<layer>``
#: ``[networks, 1, outputs]``. Rectifiers are between layers.
WEIGHTS: Final = Path(__file__).with_suffix(".npz")

#: The classic window, seconds: the networks' output is the logarithm of how many of these.
CLASSIC_SECONDS: Final = (WINDOW_BEFORE + WINDOW_AFTER) / SAMPLING_RATE

#: Windows from this length on are cut, seconds. Few shorter ones are taken for so long, see ``python -m training
#: window-length``.
LONG: Final = 0.84

#: What was cut out must be taken for about a classic window again, seconds, or the trace isn't one of beats at all. Of
#: windows of one second, 95 of 100 are; of traces found in charts and maps, few.
_ONE_BEAT: Final = (0.44, 0.62)

#: Heights of a trace that the networks look at, evenly over its length.
_HEIGHTS: Final = 64
#: A cut trace has at least so many points, so that there is something to draw.
_FEWEST_POINTS: Final = 8


def inputs_of(x: Floats, y: Floats, r_peak: float) -> Floats:
    """What the networks look at: heights from −0.5 to 0.5 and the place of the R peak, −0.5 to 0.5: ``[65]``.

    Args:
        x: of the trace's points, ascending, ``[N]``.
        y: of its points, downwards; NaN where it is interrupted.
        r_peak: x of the R peak.
    """
    finite = np.isfinite(y)
    heights = -np.interp(np.linspace(x[0], x[-1], _HEIGHTS), x[finite], y[finite])
    heights = (heights - heights.min()) / max(float(np.ptp(heights)), 1e-9)
    return np.append(heights, (r_peak - x[0]) / max(float(x[-1] - x[0]), 1e-9)) - 0.5


def seconds_of(x: Floats, y: Floats, r_peak: float) -> float:
    """How many seconds the trace shows, estimated; arguments as for :func:`inputs_of`."""
    hidden = inputs_of(x, y, r_peak)[None]
    *inner, (kernel, bias) = _layers()
    for inner_kernel, inner_bias in inner:
        hidden = np.maximum(hidden @ inner_kernel + inner_bias, 0)
    return CLASSIC_SECONDS * float(np.exp((hidden @ kernel + bias).mean()))


def one_beat(x: Floats, y: Floats, r_peak: float) -> Placed:
    """A trace of unknown scale on the canvas: of a long window, the classic one around the R peak, as far as it goes.

    What lies outside it is at times below 0 or above 1. Arguments as for :func:`inputs_of`.
    """
    seconds = seconds_of(x, y, r_peak)
    if seconds < LONG:
        return placing.by_extent(x, y)
    second = float(x[-1] - x[0]) / seconds
    first, last = r_peak - WINDOW_BEFORE / SAMPLING_RATE * second, r_peak + WINDOW_AFTER / SAMPLING_RATE * second
    inside = (x >= first) & (x <= last)
    if np.count_nonzero(inside & np.isfinite(y)) < _FEWEST_POINTS:
        return placing.by_extent(x, y)
    shortest, longest = _ONE_BEAT
    if not shortest <= seconds_of(x[inside], y[inside], r_peak) <= longest:
        return placing.by_extent(x, y)
    return placing.by_extent_within(x, y, inside)


@cache
def _layers() -> tuple[tuple[Floats, Floats], ...]:
    with np.load(WEIGHTS) as stored:
        return tuple(
            (stored[f"kernel_{layer}"].astype(np.float64), stored[f"bias_{layer}"].astype(np.float64))
            for layer in range(len(stored.files) // 2)
        )
