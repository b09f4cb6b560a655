"""Heart rate variability in the time domain (Task Force 1996, Circulation 93:1043), on NN intervals only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.timeline import Rhythm


@dataclass(frozen=True, slots=True)
class Variability:
    """Milliseconds; None where there were too few intervals."""

    nn_share: float | None
    """Percent of the known intervals that are NN and lie outside of atrial fibrillation."""
    intervals: int
    """How many these are."""
    sdnn: float | None
    """Deviation of all NN intervals."""
    sdann: float | None
    """Deviation of the mean NN intervals of 5 minutes; at least two such segments."""
    rmssd: float | None
    """Root mean square of the differences of successive NN intervals."""
    pnn50: float | None
    """Percent of these differences above 50 ms."""

    def counted(self) -> Variability:
        """How many intervals there are, and nothing about them."""
        return Variability(self.nn_share, self.intervals, None, None, None, None)


def variability(rhythm: Rhythm, fibrillates: NDArray[np.bool_], settings: RhythmSettings) -> Variability:
    """Variability of a recording's NN intervals.

    Args:
        rhythm: The beats.
        fibrillates: ``[seconds]``: where there is atrial fibrillation; intervals that begin in it are left out.
        settings: Definitions.
    """
    chosen = rhythm.normal
    if len(fibrillates) and len(chosen):
        seconds = np.minimum(rhythm.samples[:-1] // SAMPLING_RATE, len(fibrillates) - 1)
        chosen = chosen & ~fibrillates[seconds]
    known = int(rhythm.known.sum())
    intervals = 1000 * rhythm.intervals
    differences = np.diff(intervals)[chosen[1:] & chosen[:-1]] if len(intervals) > 1 else np.empty(0)
    nn = intervals[chosen]
    del intervals
    means = _segment_means(rhythm.samples[:-1][chosen] / SAMPLING_RATE, nn, settings) if len(nn) else np.empty(0)
    some = len(differences) > 0
    return Variability(
        nn_share=100 * len(nn) / known if known else None,
        intervals=len(nn),
        sdnn=float(np.std(nn, ddof=1)) if len(nn) > 1 else None,
        sdann=float(np.std(means, ddof=1)) if len(means) > 1 else None,
        rmssd=float(np.sqrt(np.mean(np.square(differences)))) if some else None,
        pnn50=100 * float(np.mean(np.abs(differences) > settings.variability_step_ms)) if some else None,
    )


def _segment_means(
    times: NDArray[np.float64], nn: NDArray[np.float64], settings: RhythmSettings
) -> NDArray[np.float64]:
    """Mean interval of each segment of which half is NN intervals; ``times`` are overwritten."""
    times //= settings.variability_segment_seconds
    segments = times.astype(int)
    total, count = np.bincount(segments, nn), np.bincount(segments)
    enough = total >= 500 * settings.variability_segment_seconds
    means: NDArray[np.float64] = total[enough] / count[enough]
    return means
