"""How much each lead says of where QRS complexes are, where a page shows most of them for a few seconds."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.leads import STANDARD
from ecg.peaks.stream import all_peaks, peaks
from ecg.recording import Recording
from tests.ecg.signal.synthetic import on_a_page

RATE = 500
TIMES = np.arange(10 * RATE) / RATE
BEATS = np.arange(0.4, 10, 0.86)


def lead(qrs: float, t_wave: float, seed: int) -> np.ndarray:
    """Ten seconds, millivolts: QRS complexes and T waves of these heights, and a little noise."""
    times = TIMES[:, None] - BEATS
    waves = qrs * np.exp(-((times / 0.012) ** 2) / 2) + t_wave * np.exp(-(((times - 0.25) / 0.03) ** 2) / 2)
    values: np.ndarray = waves.sum(axis=1) + np.random.default_rng(seed).normal(0, 0.005, len(TIMES))
    return values


def page(t_wave: float, *, strip: bool = True) -> Recording:
    """Twelve leads as 3 × 4 with or without a rhythm strip; in aVF, T waves are higher than QRS complexes."""
    heights = {"II": (0.5, 0.25), "aVF": (0.1, t_wave)}
    rows = [lead(*heights.get(name, (0.8, 0.2)), seed=number) for number, name in enumerate(STANDARD)]
    return on_a_page(np.stack(rows), RATE, 4, strip=strip)


@pytest.mark.parametrize("strip", [True, False], ids=["3x4+1", "3x4"])
@pytest.mark.parametrize("t_wave", [0.15, 0.25, 0.5])
def test_t_waves_of_a_lead_that_is_shown_for_a_moment_are_no_beats(t_wave: float, strip: bool) -> None:
    found = all_peaks(page(t_wave, strip=strip)) / RATE
    assert found == pytest.approx(BEATS, abs=0.02)


def test_the_height_of_qrs_complexes_is_that_of_where_a_lead_is_shown() -> None:
    (block,) = peaks(page(0.25))
    whole = [lead(0.8, 0.2, seed=number) for number in range(12)]
    (of_whole,) = peaks(Recording.of_array(np.stack(whole).astype(np.float32), leads=STANDARD, rate=RATE))
    shown = [number for number, name in enumerate(STANDARD) if name not in {"II", "aVF"}]
    assert block.evidence.crest[shown] == pytest.approx(of_whole.evidence.crest[shown], rel=0.1)


def test_leads_that_are_all_recorded_count_by_what_they_show_alone() -> None:
    """In ten seconds as in an hour: nothing is taken from a lead because a recording is short."""
    values = np.stack([lead(0.8, 0.2, seed=number) for number in range(3)]).astype(np.float32)
    (block,) = peaks(Recording.of_array(values, leads=STANDARD[:3], rate=RATE))
    weights = block.evidence.weights[:, 0]
    assert weights == pytest.approx(weights[0], rel=0.2)
    lost = values.copy()
    lost[2, 3 * RATE :] = np.nan
    (block,) = peaks(Recording.of_array(lost, leads=STANDARD[:3], rate=RATE))
    assert block.evidence.weights[2, 0] < 0.5 * block.evidence.weights[0, 0]
