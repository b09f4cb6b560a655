"""Simulated blocks of the bundle branches: what block changes is changed, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from training.databases import divisions
from training.databases.marked import MarkedRecording, mitdb
from training.synthetic import bundle_branch_block
from training.synthetic.bundle_branch_block import REACH, block_left, block_right

PERIOD = 300
BEATS = 40
SIMULATIONS = {"left": block_left, "right": block_right}


def _beat(time: NDArray[np.float64]) -> NDArray[np.float64]:
    """P wave, narrow QRS complex and T wave in two leads, millivolts; R at 0."""
    p, qrs, t = (
        height * np.exp(-0.5 * ((time - place) / width) ** 2)
        for height, place, width in ((0.15, -55, 8), (1.0, 0, 5), (0.3, 95, 15))
    )
    return np.stack([p + qrs + t, 0.5 * p - 0.6 * qrs + 0.2 * t], axis=1)


def _recording(symbols: str = "N" * BEATS) -> MarkedRecording:
    samples = 400 + PERIOD * np.arange(len(symbols))
    time = np.arange(samples[-1] + 400)
    signal = np.sum([_beat(time - peak) for peak in samples], axis=0) + 0.25  # electrodes have an offset
    return MarkedRecording("101", "101", ("MLII", "V1"), 0, signal.astype(np.float32), samples, np.array(list(symbols)))


def _changed(which: str, count: int = 50) -> NDArray[np.float64]:
    """``[count, samples, leads]``"""
    beat = _beat(np.arange(-REACH, REACH).astype(np.float64))
    return np.stack([SIMULATIONS[which](beat, np.random.default_rng(seed)) for seed in range(count)])


def _duration(lead: NDArray[np.float64]) -> int:
    """Samples from R - 30 to R + 70 in which the complex is higher than a sixth of its largest deflection."""
    complex_ = np.abs(lead[REACH - 30 : REACH + 70])
    return int((complex_ > complex_.max() / 6).sum())


@pytest.mark.parametrize("which", SIMULATIONS)
def test_the_complex_lasts_longer(which: str) -> None:
    usual = _duration(_beat(np.arange(-REACH, REACH).astype(np.float64))[:, 0])
    lasts = np.array([_duration(beat[:, 0]) for beat in _changed(which)])
    assert (lasts > usual).mean() > 0.9
    assert np.median(lasts) > 1.6 * usual


@pytest.mark.parametrize("which", SIMULATIONS)
def test_the_p_wave_stays(which: str) -> None:
    beat = _beat(np.arange(-REACH, REACH).astype(np.float64))
    before = slice(REACH - 80, REACH - 40)
    assert np.abs(_changed(which)[:, before] - beat[before]).max() < 0.05


def test_with_the_left_branch_blocked_the_t_wave_points_away_from_the_complex() -> None:
    changed = _changed("left")
    t_wave = changed[:, REACH + 70 :, 0]
    assert (changed[:, REACH - 10 : REACH + 30, 0].max(axis=1) > 0.5).all()
    assert (t_wave.min(axis=1) < -0.1).mean() > 0.7


def test_with_the_right_branch_blocked_the_complex_begins_as_ever_and_ends_with_a_slow_wave() -> None:
    beat = _beat(np.arange(-REACH, REACH).astype(np.float64))
    changed = _changed("right")
    begins, ends = slice(REACH - 20, REACH - 2), slice(REACH + 16, REACH + 28)
    assert np.abs(changed[:, begins] - beat[begins]).mean() < 0.1
    last = np.abs(changed[:, ends, 0]).max(axis=1)
    assert (last > 0.1).mean() > 0.9
    away = changed[:, ends, 0].min(axis=1) < -0.1
    assert 0.6 < away.mean() < 1


@pytest.mark.parametrize("which", SIMULATIONS)
def test_only_normal_beats_are_changed_and_only_those_are_marked(which: str) -> None:
    recording = _recording("NNNNVNNNNN" * 4)
    with_block = bundle_branch_block.block(recording, np.random.default_rng(0), SIMULATIONS[which], "L")
    assert set(with_block.symbols) == {"L"}
    assert len(with_block.samples) >= 10
    changed = np.flatnonzero(np.abs(with_block.signal - recording.signal).max(axis=1) > 0.02)
    near = recording.samples[np.abs(recording.samples[:, None] - changed).argmin(axis=0)]
    assert set(np.unique(near)) <= set(recording.samples[recording.symbols == "N"])
    # Beats before and after a changed one stay: no two in a row are changed.
    places = np.abs(recording.samples - with_block.samples[:, None]).argmin(axis=1)
    assert np.diff(places).min() >= 2


@pytest.mark.parametrize("which", SIMULATIONS)
def test_marks_lie_on_the_largest_deflection_and_all_peaks_are_known(which: str) -> None:
    recording = _recording()
    changed = bundle_branch_block.block(recording, np.random.default_rng(1), SIMULATIONS[which], "R")
    lead = np.abs(changed.signal[:, changed.primary] - 0.25)
    for sample in changed.samples:
        assert lead[sample] == pytest.approx(lead[sample - 15 : sample + 16].max(), abs=0.1)
    assert len(changed.peaks) == BEATS
    assert np.isin(changed.samples, changed.peaks).all()


def test_no_more_beats_than_asked_for_and_none_of_a_recording_without_normal_ones() -> None:
    few = bundle_branch_block.block(_recording(), np.random.default_rng(0), block_left, "L", beats=5)
    assert len(few.samples) == 5
    none = bundle_branch_block.block(_recording("V" * BEATS), np.random.default_rng(0), block_left, "L")
    assert len(none.samples) == 0
    assert np.array_equal(none.signal, _recording("V" * BEATS).signal)


@pytest.mark.parametrize("name", ["left0-101", "left1-101", "right0-101"])
def test_the_same_record_is_changed_in_the_same_way(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mitdb, "read_recording", lambda _folder, _record: _recording())
    first, again = (bundle_branch_block.read_recording(tmp_path, name) for _ in range(2))
    assert (first.name, first.patient, first.partition) == (name, "101", "train")
    assert np.array_equal(first.signal, again.signal)
    assert np.array_equal(first.samples, again.samples)
    assert set(first.symbols) == {"L" if name.startswith("left") else "R"}


def test_only_people_of_the_training_partition_are_changed(recordings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everyone = {*divisions.TRAINING_RECORDS, *divisions.TEST_RECORDS, *divisions.LEFT_OUT_RECORDS}
    monkeypatch.setattr(mitdb, "record_names", lambda _folder: sorted(everyone))
    names = bundle_branch_block.record_names(recordings)
    assert {name.partition("-")[2] for name in names} == set(divisions.TRAINING_RECORDS)
    assert len(set(names)) == len(names) == len(divisions.TRAINING_RECORDS) * 2 * bundle_branch_block.TIMES
