"""Atrial and ventricular fibrillation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecg.features.atrial import ATRIAL
from ecg.features.stream import beat_blocks
from ecg.recording import Recording
from ecg.rhythm.atrial_fibrillation import (
    NUMBERS,
    AtrialFibrillation,
    atrial_fibrillation,
    irregularity,
    score,
    windows,
)
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.ventricular_fibrillation import fibrillation_odds, ventricular_fibrillation
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
    unseen = np.full(len(ATRIAL), np.nan)
    fibrillating, sinus = (irregularity(np.array(intervals)) for intervals in (irregular(40), breathing))
    assert fibrillating is not None
    assert sinus is not None
    assert len(fibrillating) == len(NUMBERS)
    assert score(np.concatenate([fibrillating, unseen])) > 0 > score(np.concatenate([sinus, unseen]))


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


def waves_of(values: np.ndarray) -> np.ndarray:
    recording = Recording.of_array(np.atleast_2d(values), leads=("II",), rate=360)
    return np.concatenate([block.windows.waves for block in beat_blocks(recording)])


def test_flutter_waves_are_found_and_beats_are_not() -> None:
    values = signal_of(regular(120), 120) + noise(120 * 360, 0.01)
    times = np.arange(40 * 360, 60 * 360) / 360
    values[40 * 360 : 60 * 360] = 0.8 * np.sin(2 * np.pi * 4.3 * times)
    ((begin, end),) = ventricular_fibrillation(fibrillation_odds(waves_of(values))).tolist()
    assert abs(begin - 40) <= 3
    assert abs(end - 60) <= 3


def test_fibrillation_that_changes_height_and_rate_is_found() -> None:
    values = signal_of(regular(120), 120) + noise(120 * 360, 0.01)
    times = np.arange(30 * 360) / 360
    phase = 2 * np.pi * (5 * times + 0.6 * np.sin(2 * np.pi * 0.4 * times))
    values[60 * 360 : 90 * 360] = (0.25 + 0.1 * np.sin(2 * np.pi * 0.7 * times)) * np.sin(phase)
    ((begin, end),) = ventricular_fibrillation(fibrillation_odds(waves_of(values))).tolist()
    assert abs(begin - 60) <= 3
    assert abs(end - 90) <= 3


def test_a_flat_line_and_nothing_are_no_fibrillation() -> None:
    waves = waves_of(np.zeros(120 * 360))
    assert np.isnan(waves).all()
    assert len(ventricular_fibrillation(fibrillation_odds(waves))) == 0
    assert len(ventricular_fibrillation(fibrillation_odds(waves[:0]))) == 0


def atrial_rows(*, p_waves: bool, blocks: int) -> np.ndarray:
    """What is seen before QRS complexes of clear P waves, or of none."""
    row = [0.9, 0.85, 6.0, -2.0, -3.0, -2.2, 0.8] if p_waves else [0.2, 0.0, 0.5, -4.0, -2.8, -4.2, 0.1]
    return np.tile(np.array(row, np.float32), (blocks, 1))


@pytest.mark.parametrize("p_waves", [True, False])
def test_early_beats_with_p_waves_are_no_fibrillation(p_waves: bool) -> None:
    """Irregular by atrial extra beats: P waves before every beat tell."""
    random = np.random.default_rng(5)
    intervals = (0.8 + np.where(random.uniform(size=200) < 0.45, random.uniform(-0.25, 0.2, 200), 0)).tolist()
    made = timeline("N" * 201, intervals)
    looked = replace(made, atrial=atrial_rows(p_waves=p_waves, blocks=len(made.readable) // 30 + 1))
    found = atrial_fibrillation(looked.rhythmic(), looked.analysable, SETTINGS)
    assert bool(found.episodes) is not p_waves


def test_beats_of_another_shape_are_left_out_though_nobody_classified_them() -> None:
    intervals = [0.8 if index % 5 else 0.5 for index in range(1, 200)]
    random = np.random.default_rng(6)
    odd = np.zeros(200, np.bool_)
    for place in range(4, 199, 5):
        intervals[place - 1] = float(random.uniform(0.4, 0.7))
        intervals[place] = 1.6 - intervals[place - 1]
        odd[place] = True
    made = replace(timeline("N" * 200, intervals), odd=odd)
    chosen = [numbers for _, numbers in windows(made.rhythmic(), len(made.readable), SETTINGS)]
    assert all(numbers is not None and numbers[0] == 1 for numbers in chosen), "what is left is regular"


def test_where_nobody_looked_for_p_waves_intervals_decide() -> None:
    made = timeline("N" * 201, irregular(200))
    ((_, numbers), *_) = windows(made.rhythmic(), len(made.readable), SETTINGS)
    assert numbers is not None
    assert np.isnan(numbers[len(NUMBERS) :]).all()
    assert score(numbers) > 0
