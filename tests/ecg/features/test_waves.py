"""The numbers of each second that tell fibrillation."""

from __future__ import annotations

import numpy as np

from ecg.features.waves import WAVES, wave_numbers
from ecg.recording import Recording
from ecg.signal.filters import Filtered, filtered
from ecg.signal.grid import BLOCK, BLOCK_SECONDS, block_count, read_block
from tests.ecg.signal.synthetic import regular, signal_of

NAMES = list(WAVES)
TIMES = np.arange(3 * BLOCK) / 360
SINE = 0.5 * np.sin(2 * np.pi * 4 * TIMES)


def numbers(*leads: np.ndarray) -> np.ndarray:
    """Of the middle one of three blocks."""
    names = tuple(f"ECG{place}" for place in range(1, len(leads) + 1))
    recording = Recording.of_array(np.stack(leads), leads=names, rate=360)
    blocks: list[Filtered | None] = [
        filtered(read_block(recording, index)) for index in range(block_count(recording.samples))
    ]
    return wave_numbers(blocks)


def test_a_sine_moves_always_and_leaks_nothing() -> None:
    found = dict(zip(NAMES, numbers(SINE).mean(axis=0).tolist(), strict=True))
    assert found["leakage"] < 0.15
    assert found["moving"] > 0.8
    assert abs(found["peaked"] - np.log(1.5)) < 0.05
    assert abs(found["height"] - np.log(0.5 / np.sqrt(2))) < 0.1
    assert found["ratio"] > 3


def test_beats_are_peaked_and_rest_between() -> None:
    found = dict(zip(NAMES, numbers(signal_of(regular(90), 90)).mean(axis=0).tolist(), strict=True))
    assert found["peaked"] > 1.2
    assert found["moving"] < 0.5
    assert found["leakage"] > 0.5


def test_leads_that_show_nothing_take_no_part() -> None:
    both = numbers(SINE, np.zeros(3 * BLOCK))
    assert np.allclose(both, numbers(SINE))
    assert both.shape == (BLOCK_SECONDS, len(WAVES))
    assert np.isnan(numbers(np.zeros(3 * BLOCK))).all()
