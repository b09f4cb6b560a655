"""Electrocardiograms that tests make: beats of chosen times and shapes, and what disturbs them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ecg.leads import STANDARD
from ecg.recording import Recording

Signal = NDArray[np.float64]


def waves(seconds: Signal, *waves: tuple[float, float, float]) -> Signal:
    """Sum of Gaussian waves of (millivolts, middle in seconds from the R peak, deviation in seconds)."""
    return np.asarray(sum(height * np.exp(-0.5 * ((seconds - middle) / width) ** 2) for height, middle, width in waves))


def normal_beat(seconds: Signal) -> Signal:
    """P, Q, R, S and T."""
    return waves(
        seconds, (0.12, -0.17, 0.025), (-0.1, -0.03, 0.01), (1.1, 0, 0.012), (-0.25, 0.03, 0.012), (0.25, 0.26, 0.05)
    )


def wide_beat(seconds: Signal) -> Signal:
    """A ventricular beat: no P, wide QRS, T the other way."""
    return waves(seconds, (1.4, 0.0, 0.04), (-0.5, 0.09, 0.04), (-0.45, 0.3, 0.07))


def signal_of(beats: Sequence[tuple[float, str]], seconds: float, rate: float = 360.0) -> Signal:
    """One lead, millivolts: normal beats (``N``) and wide ones (``V``) with R peaks at the given times."""
    times = np.arange(round(seconds * rate)) / rate
    result = np.zeros(len(times))
    for time, kind in beats:
        first, last = np.searchsorted(times, [time - 0.5, time + 0.7])
        shape = wide_beat if kind == "V" else normal_beat
        result[first:last] += shape(times[first:last] - time)
    return result


def regular(seconds: float, interval: float = 0.8, first: float = 0.5) -> list[tuple[float, str]]:
    """Normal beats at one interval, up to the end."""
    return [(float(time), "N") for time in np.arange(first, seconds - 0.3, interval)]


def noise(size: int | tuple[int, int], millivolts: float, seed: int = 1) -> Signal:
    """White noise of a standard deviation."""
    return np.random.default_rng(seed).normal(0, millivolts, size)


def two_leads(beats: Sequence[tuple[float, str]], seconds: float, rate: float = 360.0) -> Recording:
    """Two leads with a little noise, the second smaller and upside down."""
    lead = signal_of(beats, seconds, rate)
    values = np.stack([lead, -0.6 * lead])
    return Recording.of_array(values + noise(values.shape, 0.01), leads=("II", "V1"), rate=rate)


#: Heights of the twelve standard leads beside that of one.
_HEIGHTS = (0.6, 1.0, 0.4, -0.8, 0.2, 0.7, -0.5, -0.6, 0.5, 1.1, 1.2, 1.0)


def twelve_leads(beats: Sequence[tuple[float, str]], seconds: float, rate: float) -> Signal:
    """Twelve leads with a little noise, ``[12, n]``, millivolts."""
    values = np.outer(_HEIGHTS, signal_of(beats, seconds, rate))
    return values + noise(values.shape, 0.008, seed=2)


def on_a_page(values: Signal, rate: float, columns: int, *, strip: bool = False) -> Recording:
    """What a page of so many columns shows of twelve leads, with II all along or without."""
    column = np.arange(12)[:, None] * columns // 12
    shown = column == np.arange(values.shape[1]) * columns // values.shape[1]
    if strip:
        shown[1] = True
    return Recording.of_array(np.where(shown, values, np.nan).astype(np.float32), leads=STANDARD, rate=rate)
