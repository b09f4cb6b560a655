"""Atrial and ventricular fibrillation."""

from __future__ import annotations

import numpy as np

from ecg.peaks.stream import peaks
from ecg.recording import Recording
from ecg.rhythm.atrial_fibrillation import NUMBERS, AtrialFibrillation, atrial_fibrillation, irregularity, score
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.ventricular_fibrillation import ventricular_fibrillation
from tests.ecg.rhythm.made import timeline
from tests.ecg.signal.synthetic import noise, regular, signal_of

SETTINGS = RhythmSettings()


def irregular(count: int, seed: int = 3) -> list[float]:
    return np.random.default_rng(seed).uniform(0.45, 1.05, count).tolist()


def found_in(intervals: list[float], kinds: str = "") -> AtrialFibrillation:
    made = timeline(kinds or "N" * (len(intervals) + 1), intervals)
    return atrial_fibrillation(made.rhythmic(), made.analysable, SETTINGS)


def test_irregular_intervals_are_fibrillation_and_breathing_is_not() -> None:
    breathing = [0.9 + 0.04 * np.sin(2 * np.pi * index / 5) for index in range(40)]
    numbers = [irregularity(np.array(intervals)) for intervals in (irregular(40), breathing)]
    assert numbers[0] is not None
    assert numbers[1] is not None
    assert len(numbers[0]) == len(NUMBERS)
    assert score(numbers[0]) > 0 > score(numbers[1])


def test_too_few_intervals_say_nothing() -> None:
    assert irregularity(np.array([0.8, 0.9] * 3)) is None


def test_an_episode_is_found_where_it_is() -> None:
    found = found_in([0.8] * 200 + irregular(200) + [0.8] * 200)
    (episode,) = found.episodes
    assert abs(episode.begin - 160) < 25
    assert abs(episode.seconds - 150) < 40
    assert found.longest == episode.seconds
    assert found.burden is not None
    assert 20 < found.burden < 45
    assert found.during(500)[200:280].all()


def test_frequent_ventricular_beats_are_no_fibrillation() -> None:
    kinds = ["N"]
    intervals: list[float] = []
    random = np.random.default_rng(4)
    for _ in range(150):
        if random.uniform() < 0.3:
            kinds += ["V", "N"]
            intervals += [0.5, 1.1]
        else:
            kinds.append("N")
            intervals.append(0.8)
    assert found_in(intervals, "".join(kinds)).episodes == ()


def test_nothing_is_said_without_beats() -> None:
    found = found_in([])
    assert (found.episodes, found.longest) == ((), 0)


def powers(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    recording = Recording.of_array(np.atleast_2d(values), leads=("II",), rate=360)
    blocks = [block.evidence.filtered for block in peaks(recording)]
    return (
        np.concatenate([block.flutter_power for block in blocks], axis=1),
        np.concatenate([block.qrs_power for block in blocks], axis=1),
    )


def test_flutter_waves_are_found_and_beats_are_not() -> None:
    values = signal_of(regular(120), 120) + noise(120 * 360, 0.01)
    times = np.arange(40 * 360, 60 * 360) / 360
    values[40 * 360 : 60 * 360] = 0.8 * np.sin(2 * np.pi * 4.3 * times)
    ((begin, end),) = ventricular_fibrillation(*powers(values)).tolist()
    assert abs(begin - 40) <= 3
    assert abs(end - 60) <= 3


def test_a_flat_line_and_a_moment_are_no_fibrillation() -> None:
    assert len(ventricular_fibrillation(*powers(np.zeros(120 * 360)))) == 0
    assert len(ventricular_fibrillation(np.ones((1, 2), np.float32), np.zeros((1, 2), np.float32))) == 0
