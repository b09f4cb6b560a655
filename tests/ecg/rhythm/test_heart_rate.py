"""Heart rate, tachycardia, bradycardia and pauses."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.rhythm.heart_rate import heart_rate, pauses
from ecg.rhythm.settings import RhythmSettings
from tests.ecg.rhythm.made import timeline

SETTINGS = RhythmSettings()


def rates(kinds: str, intervals: float | list[float], **others: object):  # type: ignore[no-untyped-def]
    made = timeline(kinds, intervals, **others)  # type: ignore[arg-type]
    return heart_rate(made.rhythmic(), SETTINGS, len(made.readable))


def test_mean_and_extremes_of_eight_intervals() -> None:
    intervals = [1.0] * 20 + [0.5] * 8 + [1.0] * 20 + [1.5] * 8 + [1.0] * 10
    found = rates("N" * 67, intervals)
    assert found.greatest.rate == pytest.approx(120)
    assert found.greatest.time == pytest.approx(20.5)
    assert found.least.rate == pytest.approx(40)
    assert found.mean == pytest.approx(60 / np.mean(intervals))


def test_seven_fast_beats_are_no_greatest_rate_of_their_own() -> None:
    assert rates("N" * 30, [1.0] * 10 + [0.5] * 7 + [1.0] * 12).greatest.rate < 119


def test_tachycardia_lasts_half_a_minute() -> None:
    calm = [0.8] * 20
    assert len(rates("N" * 111, calm + [0.5] * 70 + calm).tachycardia) == 1
    assert rates("N" * 91, calm + [0.5] * 50 + calm).tachycardia == ()
    (episode,) = rates("N" * 61, [0.8] * 20 + [1.3] * 40).bradycardia
    assert episode.seconds == pytest.approx(52, abs=5)


def test_nothing_is_measured_across_what_cannot_be_read() -> None:
    found = rates("N" * 9, [0.8] * 4 + [3.0] + [0.8] * 3, unreadable=[(4, 6)])
    assert found.greatest is None
    assert found.mean == pytest.approx(75)


def test_an_episode_ends_where_the_recording_has_a_gap() -> None:
    found = rates("N" * 141, [0.5] * 70 + [20.0] + [0.5] * 69, unreadable=[(37, 54)])
    assert len(found.tachycardia) == 2


def test_hours_are_told_apart() -> None:
    found = rates("N" * 9000, [1.0] * 3700 + [0.6] * 5299)
    assert [round(hour.mean) for hour in found.hours] == [60, 99]
    assert [hour.hour for hour in found.hours] == [0, 1]
    assert sum(hour.beats for hour in found.hours) == 9000


def test_without_beats_there_is_no_rate() -> None:
    made = timeline("N", 0.8, seconds=20)
    found = heart_rate(made.rhythmic(), SETTINGS, 20)
    assert (found.mean, found.least, found.greatest) == (None, None, None)


def test_pauses_are_counted_by_length_and_never_across_gaps_noise_or_fibrillation() -> None:
    intervals = [0.8, 2.0, 0.8, 2.6, 0.8, 3.4, 0.8, 4.0, 0.8, 5.0]
    found = pauses(timeline("N" * 11, intervals).rhythmic(), SETTINGS)
    assert found.counts == {2.0: 5, 2.5: 4, 3.0: 3}
    assert found.longest is not None
    assert found.longest.seconds == pytest.approx(5, abs=0.01)
    noisy = timeline("N" * 11, intervals, unreadable=[(13, 14)], fibrillation=[(19, 20)])
    assert pauses(noisy.rhythmic(), SETTINGS).counts == {2.0: 3, 2.5: 2, 3.0: 1}
