"""Recordings as other electrodes would have taken them: shapes change, what a beat is does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecg.beats import SAMPLING_RATE
from training.databases.marked import MarkedRecording
from training.synthetic import lead_rotation

PERIOD = 300
BEATS = 400


def _recording() -> MarkedRecording:
    """Two leads that see the QRS complex and the T wave otherwise; every fifth beat is ectopic."""
    samples = 400 + PERIOD * np.arange(BEATS)
    time = np.arange(samples[-1] + 400)
    qrs = sum(np.exp(-0.5 * ((time - peak) / 5) ** 2) for peak in samples)
    t_wave = sum(np.exp(-0.5 * ((time - peak - 90) / 15) ** 2) for peak in samples)
    signal = np.stack([qrs + 0.3 * t_wave, -0.4 * qrs + 0.5 * t_wave], axis=1).astype(np.float32)
    symbols = np.where(np.arange(BEATS) % 5 == 0, "V", "N")
    return MarkedRecording("101", "101", ("MLII", "V1"), 0, signal, samples, symbols)


def test_as_many_leads_as_before_and_each_is_another_view() -> None:
    original = _recording()
    rotated = lead_rotation.rotate(original, np.random.default_rng(0))
    assert rotated.signal.shape == original.signal.shape
    assert rotated.signal.dtype == np.float32
    assert rotated.leads == original.leads
    for lead in rotated.signal.T:
        for before in original.signal.T:
            assert abs(np.corrcoef(lead, before)[0, 1]) < 0.999


def test_beats_that_were_alike_stay_alike_but_for_gain_and_noise() -> None:
    rotated = lead_rotation.rotate(_recording(), np.random.default_rng(1))
    beats = np.stack([rotated.signal[peak - 40 : peak + 140, 0] for peak in rotated.samples[10:20]])
    assert np.corrcoef(beats).min() > 0.8


def test_every_beat_keeps_its_symbol_and_its_place_but_for_a_detector_s_jitter() -> None:
    original = _recording()
    rotated = lead_rotation.rotate(original, np.random.default_rng(2))
    assert list(rotated.symbols) == list(original.symbols)
    off = rotated.samples - original.samples
    assert set(off) == set(range(-3, 4))
    assert rotated.peaks is rotated.samples


def test_all_peaks_of_a_partly_marked_recording_move_and_the_marked_ones_with_them() -> None:
    original = _recording()
    marked = replace(
        original, samples=original.samples[::7], symbols=original.symbols[::7], every_peak=original.samples
    )
    rotated = lead_rotation.rotate(marked, np.random.default_rng(4))
    assert len(rotated.peaks) == BEATS
    assert (rotated.peaks != original.samples).any()
    assert (rotated.samples == rotated.peaks[::7]).all()


def test_a_gain_drifts_and_stays_within_its_bounds() -> None:
    gain = np.exp(
        lead_rotation.drift(300 * SAMPLING_RATE, np.random.default_rng(0), (-np.log(1.6), np.log(1.6)), seconds=30)
    )
    assert 1 / 1.6 <= gain.min() < gain.max() <= 1.6
    assert np.abs(np.diff(gain)).max() < 1e-3


def test_a_few_beats_of_each_symbol_are_marked_and_all_peaks_are_known() -> None:
    rotated = lead_rotation.rotated(_recording(), np.random.default_rng(0))
    counts = dict(zip(*np.unique(rotated.symbols, return_counts=True), strict=True))
    assert counts == {"N": lead_rotation.BEATS_OF_A_SYMBOL, "V": BEATS // 5}
    assert len(rotated.peaks) == BEATS
    assert np.isin(rotated.samples, rotated.peaks).all()
    assert (np.diff(rotated.samples) > 0).all()


def _windows(count: int) -> np.ndarray:
    """The same two waves, ``[leads, count, samples]``: one early and one late, each seen by one lead."""
    time = np.arange(200 + 2 * lead_rotation.FILTER_REACH)
    leads = [np.exp(-0.5 * ((time - middle) / 6) ** 2) for middle in (80, 140)]
    return np.repeat(np.stack(leads).astype(np.float32)[:, None], count, axis=1)


def _inner(windows: np.ndarray) -> np.ndarray:
    return windows[..., lead_rotation.FILTER_REACH : -lead_rotation.FILTER_REACH]


def test_single_beats_are_seen_each_along_its_own_axis_and_some_as_they_were_taken() -> None:
    windows = _windows(2000)
    rotated = lead_rotation.rotated_windows(windows, np.random.default_rng(0))
    assert rotated.shape == (2, 2000, 200)
    assert rotated.dtype == np.float32
    inner = _inner(windows)
    assert 0.04 < np.isclose(rotated, inner, atol=1e-5).all(axis=(0, 2)).mean() < 0.13
    # Of what no filter has changed, every view is a sum of the two leads and nothing else.
    basis = np.linalg.qr(inner[:, 0].T)[0]
    off_plane = np.linalg.norm(rotated - rotated @ basis @ basis.T, axis=2).max(axis=0)
    unfiltered = off_plane < 1e-3
    assert 0.35 < unfiltered.mean() < 0.45
    assert len(np.unique(rotated[0, unfiltered].round(3), axis=0)) > 500


def test_views_keep_the_baselines_of_their_leads() -> None:
    offsets = np.array([1.5, -2], dtype=np.float32)[:, None, None]
    level, moved = (
        lead_rotation.rotated_windows(_windows(300) + more, np.random.default_rng(0))
        for more in (np.zeros_like(offsets), offsets)
    )
    assert np.allclose(moved - offsets, level, atol=1e-4)
    assert np.abs(np.median(moved, axis=2) - offsets[..., 0]).max() < 0.2


def test_no_beats_have_no_views() -> None:
    assert lead_rotation.rotated_windows(_windows(0), np.random.default_rng(0)).shape == (2, 0, 200)


@pytest.mark.parametrize("seed", range(3))
def test_a_seed_repeats_the_view(seed: int) -> None:
    first, again = (lead_rotation.rotated(_recording(), np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(first.signal, again.signal)
    assert np.array_equal(first.samples, again.samples)
