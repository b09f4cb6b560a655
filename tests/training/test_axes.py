"""Recordings as other electrodes would have taken them: shapes change, what a beat is does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training import axes
from training.records import SAMPLING_RATE, Recording

PERIOD = 300
BEATS = 400


def _recording() -> Recording:
    """Two leads that see the QRS complex and the T wave otherwise; every fifth beat is ectopic."""
    samples = 400 + PERIOD * np.arange(BEATS)
    time = np.arange(samples[-1] + 400)
    qrs = sum(np.exp(-0.5 * ((time - peak) / 5) ** 2) for peak in samples)
    t_wave = sum(np.exp(-0.5 * ((time - peak - 90) / 15) ** 2) for peak in samples)
    signal = np.stack([qrs + 0.3 * t_wave, -0.4 * qrs + 0.5 * t_wave], axis=1).astype(np.float32)
    symbols = np.where(np.arange(BEATS) % 5 == 0, "V", "N")
    return Recording("101", "101", ("MLII", "V1"), 0, signal, samples, symbols)


def test_as_many_leads_as_before_and_each_is_another_view() -> None:
    original = _recording()
    seen = axes.turn(original, np.random.default_rng(0))
    assert seen.signal.shape == original.signal.shape
    assert seen.signal.dtype == np.float32
    assert seen.leads == original.leads
    for lead in seen.signal.T:
        for before in original.signal.T:
            assert abs(np.corrcoef(lead, before)[0, 1]) < 0.999


def test_beats_that_were_alike_stay_alike_but_for_gain_and_noise() -> None:
    seen = axes.turn(_recording(), np.random.default_rng(1))
    beats = np.stack([seen.signal[peak - 40 : peak + 140, 0] for peak in seen.samples[10:20]])
    assert np.corrcoef(beats).min() > 0.8


def test_every_beat_keeps_its_symbol_and_its_place_but_for_a_detector_s_jitter() -> None:
    original = _recording()
    seen = axes.turn(original, np.random.default_rng(2))
    assert list(seen.symbols) == list(original.symbols)
    off = seen.samples - original.samples
    assert set(off) == set(range(-3, 4))
    assert seen.peaks is seen.samples


def test_all_peaks_of_a_partly_marked_recording_move_and_the_marked_ones_with_them() -> None:
    original = _recording()
    marked = replace(
        original, samples=original.samples[::7], symbols=original.symbols[::7], every_peak=original.samples
    )
    seen = axes.turn(marked, np.random.default_rng(4))
    assert len(seen.peaks) == BEATS
    assert (seen.peaks != original.samples).any()
    assert (seen.samples == seen.peaks[::7]).all()


def test_a_gain_drifts_and_stays_within_its_bounds() -> None:
    gain = np.exp(axes.drift(300 * SAMPLING_RATE, np.random.default_rng(0), (-np.log(1.6), np.log(1.6)), seconds=30))
    assert 1 / 1.6 <= gain.min() < gain.max() <= 1.6
    assert np.abs(np.diff(gain)).max() < 1e-3


def test_a_few_beats_of_each_symbol_are_marked_and_all_peaks_are_known() -> None:
    found = axes.turned(_recording(), np.random.default_rng(0))
    counts = dict(zip(*np.unique(found.symbols, return_counts=True), strict=True))
    assert counts == {"N": axes.BEATS_OF_A_SYMBOL, "V": BEATS // 5}
    assert len(found.peaks) == BEATS
    assert np.isin(found.samples, found.peaks).all()
    assert (np.diff(found.samples) > 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_seed_repeats_the_view(seed: int) -> None:
    first, again = (axes.turned(_recording(), np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(first.signal, again.signal)
    assert np.array_equal(first.samples, again.samples)
