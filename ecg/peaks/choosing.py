"""Which maxima of the evidence are QRS complexes: a threshold, T waves left out, missed beats looked for again."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.peaks.evidence import local_maxima

REFRACTORY: Final = int(0.18 * SAMPLING_RATE)
"""Samples after a QRS complex in which there is no other one; ventricles can't be excited again so soon."""

#: Evidence from which a maximum is a beat, and from which it is one where a beat is due. Between 0.3 / 0.18 and
#: 0.4 / 0.22, MIT-BIH's sensitivity and predictivity shift against each other by a twentieth of a percent.
_BEAT: Final = 0.35
_DUE: Final = 0.2

#: Of two within this time, one with less than half of the other's evidence is its T wave (or, if first, its P wave).
_T_WAVE: Final = int(0.36 * SAMPLING_RATE)
_HALF: Final = 0.5

#: A beat is due when this many usual intervals have passed; the usual one is the median of nine around it.
_LONG: Final = 1.5
_INTERVALS: Final = 9
_BEFORE_NEXT: Final = int(0.25 * SAMPLING_RATE)


def choose(strength: NDArray[np.float32]) -> NDArray[np.int64]:
    """Places of the QRS complexes in evidence (:attr:`ecg.peaks.evidence.Evidence.strength`), ascending."""
    maxima = local_maxima(strength, REFRACTORY)
    evidence = strength[maxima]
    places = _without_t_waves(maxima[evidence > _BEAT], strength)
    return _with_missed(places, maxima[evidence > _DUE], strength)


def _without_t_waves(places: NDArray[np.int64], strength: NDArray[np.float32]) -> NDArray[np.int64]:
    """Leave out the weaker of two that stand too close to be beats of so different strength."""
    while len(places) > 1:
        evidence = strength[places]
        close = np.diff(places) < _T_WAVE
        after = close & (evidence[1:] < _HALF * evidence[:-1])
        before = close & (evidence[:-1] < _HALF * evidence[1:])
        wrong = np.append(False, after) | np.append(before, False)
        if not wrong.any():
            break
        places = places[~wrong]
    return places


def _with_missed(
    places: NDArray[np.int64], weaker: NDArray[np.int64], strength: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Put the strongest of the weaker maxima into each interval that is too long."""
    intervals = np.diff(places)
    if len(intervals) <= _INTERVALS // 2:
        return places
    padded = np.pad(intervals, _INTERVALS // 2, mode="edge")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(padded, _INTERVALS), axis=1)
    choices = []
    for index in np.flatnonzero(intervals > _LONG * usual):
        first, last = np.searchsorted(weaker, [places[index] + _T_WAVE + 1, places[index + 1] - _BEFORE_NEXT])
        if last > first:
            choices.append(weaker[first:last][np.argmax(strength[weaker[first:last]])])
    return np.sort(np.concatenate([places, np.array(choices, np.int64)]))
