"""Edited rhythms: beats keep their shape, the time around them changes; only the training partition is edited."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from training.databases import divisions
from training.databases.marked import MarkedRecording, mitdb
from training.recipes.provenance import RunConfig
from training.synthetic import rhythm_edits

PERIOD = 300
BEATS = 60


def _recording(symbol: str = "N", beats: int = BEATS) -> MarkedRecording:
    samples = 400 + PERIOD * np.arange(beats)
    time = np.arange(samples[-1] + 400)
    lead = sum(
        0.15 * np.exp(-0.5 * ((time - peak + 50) / 8) ** 2)  # P
        + np.exp(-0.5 * ((time - peak) / 5) ** 2)  # QRS
        + 0.3 * np.exp(-0.5 * ((time - peak - 90) / 15) ** 2)  # T
        for peak in samples
    )
    signal = np.stack([lead, -0.5 * lead], axis=1).astype(np.float32)
    return MarkedRecording("101", "101", ("MLII", "V1"), 0, signal, samples, np.full(beats, symbol))


def _early(recording: MarkedRecording) -> tuple[MarkedRecording, NDArray[np.int64]]:
    edited = rhythm_edits.early(recording, np.random.default_rng(0))
    return edited, edited.samples[edited.symbols == "A"]


def test_the_advanced_beat_comes_early_and_is_called_premature_atrial() -> None:
    edited, early = _early(_recording())
    assert len(early) >= 5
    every_peak = np.flatnonzero(edited.signal[:, 0] > 0.9)
    for sample in early:
        before = every_peak[every_peak < sample - 20].max()
        assert 0.5 < (sample - before) / PERIOD < 0.9


def test_qrs_complex_and_t_wave_of_the_advanced_beat_are_not_stretched() -> None:
    original = _recording()
    edited, early = _early(original)
    usual = original.signal[original.samples[5] - 15 : original.samples[5] + 120]
    for sample in early:
        assert np.abs(edited.signal[sample - 15 : sample + 120] - usual).max() < 0.2


def test_r_peaks_lie_on_their_marks_in_every_lead() -> None:
    edited, _ = _early(_recording())
    for sample in edited.samples:
        assert np.abs(edited.signal[sample - 10 : sample + 11, 0]).argmax() == pytest.approx(10, abs=1)
        assert np.abs(edited.signal[sample - 10 : sample + 11, 1]).argmax() == pytest.approx(10, abs=1)


def test_beats_after_an_early_one_stay_with_their_own_symbol() -> None:
    edited, early = _early(_recording("R"))
    unedited = edited.symbols[edited.symbols != "A"]
    assert 0 < len(unedited) < len(early)
    assert set(unedited) == {"R"}


def test_ectopic_beats_and_irregular_rhythms_are_left_alone() -> None:
    assert len(rhythm_edits.early(_recording("V"), np.random.default_rng(0)).samples) == 0
    irregular = _recording()
    irregular.samples[::2] += 60
    assert len(rhythm_edits.early(irregular, np.random.default_rng(0)).samples) == 0


def test_runs_come_early_after_conducted_beats_and_may_be_most_of_the_rhythm() -> None:
    long = _recording(beats=600)
    shares = []
    for seed in range(12):
        edited = rhythm_edits.runs(long, np.random.default_rng(seed))
        place = np.searchsorted(edited.peaks, edited.samples)
        before = np.diff(edited.peaks)[place - 1]
        early = edited.symbols == "A"
        assert 20 <= early.sum() <= rhythm_edits.BEATS
        assert set(edited.symbols) <= {"A", "N"}
        assert before[early].max() < 0.92 * PERIOD
        assert before[~early].min() > 0.95 * PERIOD
        shares.append((np.diff(edited.peaks) < 0.92 * PERIOD).mean())
    assert min(shares) < 0.4
    assert max(shares) > 0.6


def test_r_peaks_of_runs_lie_on_their_marks() -> None:
    edited = rhythm_edits.runs(_recording(beats=200), np.random.default_rng(3))
    for sample in edited.peaks[3:-3]:
        assert np.abs(edited.signal[sample - 10 : sample + 11, 0]).argmax() == pytest.approx(10, abs=1)


def test_intervals_of_an_irregular_rhythm_are_never_alike_and_its_beats_keep_their_symbols() -> None:
    edited = rhythm_edits.irregular(_recording("L"), np.random.default_rng(0))
    assert set(edited.symbols) == {"L"}
    intervals = np.diff(edited.samples)
    assert intervals.std() / intervals.mean() == pytest.approx(0.22, abs=0.06)
    for sample in edited.samples:
        assert np.abs(edited.signal[sample - 10 : sample + 11, 0]).argmax() == pytest.approx(10, abs=1)


def test_an_irregular_rhythm_has_no_p_waves_but_fibrillating_ones() -> None:
    edited = rhythm_edits.irregular(_recording(), np.random.default_rng(0))
    before = np.stack([edited.signal[sample - 66 : sample - 34, 0] for sample in edited.samples[3:-3]])
    # The P wave was the same before every beat; the atria's waves cancel each other.
    assert np.abs(before.mean(axis=0)).max() < 0.06
    assert before.std(axis=0).min() > 0.01


@pytest.mark.parametrize("edit", [f"{edit}{number}" for edit in sorted(rhythm_edits.EDITS) for number in (0, 1)])
def test_the_same_record_is_edited_in_the_same_way(edit: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # The small recordings of the other tests have no five ordinary beats in a row.
    monkeypatch.setattr(mitdb, "read_recording", lambda _folder, _record: _recording())
    first, again = (rhythm_edits.read_recording(tmp_path, f"{edit}-101") for _ in range(2))
    assert first.name == f"{edit}-101"
    assert first.patient == "101"
    assert first.partition == "train"
    assert np.array_equal(first.signal, again.signal)
    assert np.array_equal(first.samples, again.samples)


def test_each_edit_of_a_record_is_another_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mitdb, "read_recording", lambda _folder, _record: _recording())
    views = [rhythm_edits.read_recording(tmp_path, f"early{number}-101").signal for number in range(3)]
    usual = [view[:2000, 0] for view in views]
    assert not np.allclose(usual[0], usual[1], atol=0.05)
    assert not np.allclose(usual[1], usual[2], atol=0.05)
    assert np.allclose(usual[0][:300], _recording().signal[:300, 0])  # the first one keeps its leads


def test_all_peaks_of_an_edited_recording_are_known_not_only_the_marked_ones() -> None:
    for edit in rhythm_edits.EDITS.values():
        edited = edit(_recording(), np.random.default_rng(0))
        assert len(edited.peaks) == BEATS
        assert np.isin(edited.samples, edited.peaks).all()


def test_only_people_of_the_training_partition_are_edited(recordings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everyone = {
        *divisions.TRAINING_RECORDS,
        *divisions.TEST_RECORDS,
        *divisions.VALIDATION_RECORDS,
        *divisions.LEFT_OUT_RECORDS,
    }
    monkeypatch.setattr(mitdb, "record_names", lambda _folder: sorted(everyone))
    names = rhythm_edits.record_names(recordings)
    assert {name.partition("-")[2] for name in names} == set(divisions.TRAINING_RECORDS)
    assert len(names) == len(divisions.TRAINING_RECORDS) * sum(rhythm_edits.TIMES.values())
    assert len(set(names)) == len(names)


def test_protocols_with_a_person_in_both_partitions_refuse_edited_beats() -> None:
    with pytest.raises(ValueError, match="divide by person"):
        RunConfig(name="run", sources=("mitdb", "edited"), protocol="beats-10fold")
    with pytest.raises(ValueError, match="divide by person"):
        RunConfig(name="run", sources=("mitdb", "ptbxl-turned"), protocol="chronological-70-30")
    with pytest.raises(ValueError, match="divide by person"):
        RunConfig(name="run", sources=("mitdb", "blocked"), protocol="chronological-70-30")
    assert RunConfig(name="run", sources=("mitdb", "edited"), protocol="inter-patient").sources[1] == "edited"
