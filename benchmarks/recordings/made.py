"""Recordings that need no database: the same beats for the same seed, however long the recording is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from ecg.recording import Millivolts, Recording

_PERIOD_SECONDS: Final = 1800
_RATE: Final = 360


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same stretch, again and again; see :class:`ecg.recording.Signal`."""

    parts: Millivolts
    """``[leads, n]``, millivolts."""
    samples: int

    def read(self, begin: int, end: int) -> Millivolts:
        """See :meth:`ecg.recording.Signal.read`."""
        return self.parts[:, np.arange(begin, end) % self.parts.shape[1]]


def made(hours: float, seed: int) -> Recording:
    """Two leads at 360 Hz: narrow beats at changing intervals, early wide ones among them, noise."""
    random = np.random.default_rng(seed)
    samples = round(min(hours * 3600, _PERIOD_SECONDS) * _RATE)
    intervals = random.uniform(0.7, 0.9, size=samples // (_RATE // 2))
    wide = random.random(len(intervals)) < 0.08
    intervals[wide] *= 0.6
    lead = np.zeros(samples)
    width = np.arange(-_RATE // 4, _RATE // 4) / _RATE
    shapes = [np.exp(-0.5 * (width / deviation) ** 2) for deviation in (0.012, 0.04)]
    for peak, shape in zip((np.cumsum(intervals) * _RATE).astype(int), wide.astype(int), strict=True):
        begin, end = peak - len(width) // 2, peak + len(width) // 2
        if begin >= 0 and end <= samples:
            lead[begin:end] += shapes[shape]
    values = np.stack([lead, -0.6 * lead]) + random.normal(0, 0.01, (2, samples))
    return Recording(("II", "V1"), float(_RATE), Repeated(values.astype(np.float32), round(hours * 3600 * _RATE)))


def same(one: object, other: object) -> bool:
    """Whether two analyses, or parts of them, are equal to the last bit; what isn't a number is equal to itself."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    if hasattr(one, "__dataclass_fields__") and type(one) is type(other):
        return all(same(getattr(one, name), getattr(other, name)) for name in one.__dataclass_fields__)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return one == other
