"""Which maxima are beats."""

from __future__ import annotations

import numpy as np

from ecg.peaks.choosing import choose
from ecg.peaks.evidence import local_maxima


def evidence(*bumps: tuple[float, float], seconds: float = 20) -> np.ndarray:
    """Bumps at (seconds, height)."""
    times = np.arange(round(seconds * 360)) / 360
    values = sum(height * np.exp(-0.5 * ((times - time) / 0.03) ** 2) for time, height in bumps)
    return np.asarray(values, np.float32)


def seconds(places: np.ndarray) -> list[float]:
    return [round(place / 360, 2) for place in places.tolist()]


REGULAR = [(time, 1.0) for time in np.arange(1, 19, 0.8)]


def test_maxima_are_the_greatest_within_their_reach() -> None:
    assert local_maxima(np.array([0, 1, 3, 2, 2.5, 0, 0, 1, 1, 0], np.float32), 2).tolist() == [2, 7]


def test_beats_are_found_and_small_things_between_them_are_not() -> None:
    places = choose(evidence(*REGULAR, (1.4, 0.3), (5.35, 0.3)))
    assert seconds(places) == [round(time, 2) for time, _ in REGULAR]


def test_a_t_wave_is_no_beat_and_an_early_beat_is() -> None:
    assert len(choose(evidence(*REGULAR, (1.3, 0.45)))) == len(REGULAR)
    assert len(choose(evidence(*REGULAR, (1.3, 0.9)))) == len(REGULAR) + 1


def test_a_weak_beat_is_found_where_one_is_due() -> None:
    weak = [(time, 0.28 if index == 9 else 1.0) for index, (time, _) in enumerate(REGULAR)]
    assert seconds(choose(evidence(*weak))) == [round(time, 2) for time, _ in REGULAR]


def test_no_evidence_no_beats() -> None:
    assert len(choose(np.zeros(3600, np.float32))) == 0
