"""The bootstrap behind every interval: 1,000 resamples, 2.5 and 97.5 % quantiles (percentile method, Efron 1979).

The functions differ in what is drawn with replacement, and so in their random sequences, on which stored
intervals hang.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Resamples behind every 95 % interval.
RESAMPLES = 1000

_QUANTILES = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def interval(value: float, resampled: NDArray[np.float64]) -> Interval:
    """The interval of a figure from its values ``[RESAMPLES]`` on resamples; those that are NaN take no part."""
    low, high = np.nanquantile(resampled, _QUANTILES)
    return Interval(float(value), float(low), float(high))


def group_weights(groups: int, *, seed: int = 0) -> NDArray[np.int64]:
    """How often each of ``groups`` (records of people, with all their beats) is drawn: ``[RESAMPLES, groups]``."""
    return np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=RESAMPLES)


def cell_counts(counts: NDArray[np.int64], *, seed: int = 0) -> NDArray[np.int64]:
    """Beats in each cell of a table when single beats are drawn: ``[RESAMPLES, cells]``.

    Args:
        counts: beats in each cell, ``[cells]``. A resample of N beats is one multinomial draw over the cells.
    """
    beats = int(counts.sum())
    return np.random.default_rng(seed).multinomial(beats, counts / beats, size=RESAMPLES)


def beat_weights(beats: int, *, seed: int = 0) -> NDArray[np.int64]:
    """How often each of ``beats`` is drawn, one after the other: ``[RESAMPLES, beats]``."""
    generator = np.random.default_rng(seed)
    return np.stack([np.bincount(generator.integers(0, beats, beats), minlength=beats) for _ in range(RESAMPLES)])
