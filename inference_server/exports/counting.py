"""Which beats and intervals count, as the measures have it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecg.faults import UNREADABLE
from inference_server.classification.recordings import RecordingAnalysis


def readable_seconds(analysis: RecordingAnalysis) -> NDArray[np.bool_]:
    """``[seconds]``: whether any lead can be read."""
    return np.asarray(((analysis.faults & int(UNREADABLE)) == 0).any(axis=0))


def counted(analysis: RecordingAnalysis) -> NDArray[np.bool_]:
    """``[n]``: beats in seconds that can be read, without those in ventricular fibrillation."""
    readable = readable_seconds(analysis)
    return np.asarray(readable[_seconds(analysis, len(readable))] & ~analysis.beats.fibrillates)


def known_intervals(analysis: RecordingAnalysis) -> NDArray[np.float64]:
    """Seconds from the beat before, ``[n]``; nan across gaps, unreadable seconds and ventricular fibrillation."""
    samples, fibrillates = analysis.beats.samples, analysis.beats.fibrillates
    intervals = np.full(len(samples), np.nan)
    if len(samples) < 2:
        return intervals
    readable = readable_seconds(analysis)
    lost = np.concatenate([[0], np.cumsum(~readable)])
    seconds = _seconds(analysis, len(readable))
    known = (lost[seconds[1:] + 1] == lost[seconds[:-1]]) & ~fibrillates[1:] & ~fibrillates[:-1]
    intervals[1:][known] = np.diff(samples)[known] / analysis.rate
    return intervals


def _seconds(analysis: RecordingAnalysis, length: int) -> NDArray[np.int64]:
    """The second of each beat."""
    return np.minimum((analysis.beats.samples / analysis.rate).astype(np.int64), length - 1)
