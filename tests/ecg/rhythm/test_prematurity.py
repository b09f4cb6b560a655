"""What comes in time is no premature beat."""

from __future__ import annotations

import numpy as np

from ecg.rhythm.prematurity import in_time


def test_beats_of_a_regular_rhythm_are_in_time_and_an_early_one_is_not() -> None:
    before = np.full(60, 0.8, np.float32)
    before[[0, 30]] = np.nan, 0.6
    late = in_time(before, np.zeros(60, np.bool_))
    assert np.flatnonzero(~late).tolist() == [0, 30]


def test_pauses_after_ventricular_beats_make_no_other_beat_early() -> None:
    before = np.tile(np.array([0.8, 0.5, 1.1], np.float32), 20)
    ventricular = np.tile([False, True, False], 20)
    assert in_time(before, ventricular)[::3].all()
    assert not in_time(before, np.zeros(60, np.bool_))[::3].any()


def test_where_most_beats_come_early_they_are_early() -> None:
    before = np.where(np.arange(60) % 5, 0.5, 1.2).astype(np.float32)
    assert in_time(before, np.zeros(60, np.bool_)).tolist() == (np.arange(60) % 5 == 0).tolist()


def test_with_few_intervals_nothing_is_known() -> None:
    assert not in_time(np.array([np.nan, 0.8, 0.8], np.float32), np.zeros(3, np.bool_)).any()
    assert in_time(np.empty(0, np.float32), np.empty(0, np.bool_)).shape == (0,)
