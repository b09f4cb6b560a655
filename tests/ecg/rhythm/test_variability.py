"""Variability on NN intervals only."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.variability import Variability, variability
from tests.ecg.rhythm.made import timeline

SETTINGS = RhythmSettings()
NEVER = np.zeros(10_000, np.bool_)


def measured(kinds: str, intervals: list[float], fibrillates: np.ndarray = NEVER) -> Variability:
    return variability(timeline(kinds, intervals).rhythmic(), fibrillates, SETTINGS)


def test_the_measures_are_those_of_the_task_force() -> None:
    intervals = [0.8, 0.9, 0.8, 0.84, 0.8]
    found = measured("N" * 6, intervals)
    ms = 1000 * np.array(intervals)
    assert found.sdnn == pytest.approx(ms.std(ddof=1), rel=0.01)
    assert found.rmssd == pytest.approx(np.sqrt(np.mean(np.diff(ms) ** 2)), rel=0.01)
    assert found.pnn50 == 50
    assert found.nn_share == 100


def test_intervals_beside_ectopic_beats_do_not_count() -> None:
    found = measured("NNNVNNN", [0.8, 0.8, 0.4, 1.2, 0.8, 0.8])
    assert found.sdnn == pytest.approx(0, abs=0.1)
    assert found.rmssd == pytest.approx(0, abs=0.1)
    assert found.intervals == 4
    assert found.nn_share == pytest.approx(100 * 4 / 6)


def test_atrial_fibrillation_is_left_out() -> None:
    fibrillates = NEVER.copy()
    fibrillates[:6] = True
    assert measured("N" * 20, [0.5] * 10 + [1.0] * 9, fibrillates).sdnn == pytest.approx(0, abs=0.1)


def test_sdann_is_of_segments_that_hold_enough() -> None:
    found = measured("N" * 1301, [1.0] * 300 + [0.8] * 375 + [1.0] * 625)
    assert found.sdann == pytest.approx(100, rel=0.15)
    assert measured("N" * 100, [1.0] * 99).sdann is None


def test_without_intervals_there_is_nothing() -> None:
    found = measured("N", [])
    assert (found.sdnn, found.sdann, found.rmssd, found.pnn50, found.nn_share) == (None,) * 5
