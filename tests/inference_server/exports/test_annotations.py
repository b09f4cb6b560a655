"""Annotation files, as the WFDB library reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import wfdb

from ecg.formats import wfdb_annotations
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.exports.annotations import annotation_file, annotations_of
from tests.inference_server.exports.made import analysis_of, regular, with_ventricular


def read(analysis: RecordingAnalysis, folder: Path) -> wfdb.Annotation:
    (folder / "x.atr").write_bytes(annotation_file(analysis))
    return wfdb.rdann(str(folder / "x"), "atr")


def rhythms(analysis: RecordingAnalysis) -> list[tuple[int, str]]:
    marks = annotations_of(analysis)
    return [
        (int(sample), str(note))
        for sample, symbol, note in zip(marks.samples, marks.symbols, marks.notes, strict=True)
        if symbol == "+"
    ]


def test_every_class_has_its_symbol_at_its_sample(tmp_path: Path) -> None:
    kinds = ("NORMAL", "LBBB", "RBBB", "PAC", "PVC", "PACED")
    analysis = analysis_of([(1.0 + place, kind) for place, kind in enumerate(kinds)], 10)
    found = read(analysis, tmp_path)
    beats = [symbol != "+" for symbol in found.symbol]
    assert [symbol for symbol in found.symbol if symbol != "+"] == ["N", "L", "R", "A", "V", "/"]
    assert found.sample[beats].tolist() == analysis.beats.samples.tolist()
    assert found.fs == 360


@pytest.mark.parametrize("rate", [128.0, 250.0, 999.5])
def test_long_gaps_and_beats_beyond_a_million_samples_keep_their_samples(tmp_path: Path, rate: float) -> None:
    beats = [*regular(20), *((9_000 + time, kind) for time, kind in regular(20))]
    analysis = analysis_of(beats, 9_100, rate=rate)
    found = read(analysis, tmp_path)
    own = found.sample[np.array(found.symbol) == "N"]
    assert own[-1] > 1_000_000
    assert own.tolist() == analysis.beats.samples.tolist()
    assert found.fs == rate


def test_what_is_written_is_read_back_by_the_house_too(tmp_path: Path) -> None:
    analysis = analysis_of(with_ventricular(regular(60), 20, 21, 22, 23), 60, rate=500)
    back, own = wfdb_annotations.parse(annotation_file(analysis), 500), annotations_of(analysis)
    assert back.samples.tolist() == own.samples.tolist()
    assert back.symbols.tolist() == own.symbols.tolist()
    assert back.notes.tolist() == own.notes.tolist()


def test_a_rhythm_begins_before_its_first_beat_and_ends_after_its_last() -> None:
    beats = [(time, "NORMAL") for time in np.arange(0.5, 10, 0.8)]
    run = [(10.2 + 0.4 * place, "PVC") for place in range(5)]
    analysis = analysis_of([*beats, *run, *((13.0 + 0.8 * place, "NORMAL") for place in range(10))], 22)
    first, last = round(10.2 * 360), round(11.8 * 360)
    assert rhythms(analysis) == [(0, "(N"), (first - 1, "(VT"), (last + 1, "(N")]


def test_a_slow_ventricular_run_is_no_tachycardia() -> None:
    analysis = analysis_of(with_ventricular(regular(60), 20, 21, 22, 23), 60)
    assert [note for _, note in rhythms(analysis)] == ["(N", "(IVR", "(N"]


def test_fibrillation_is_between_brackets_and_its_waves_are_no_beats(tmp_path: Path) -> None:
    analysis = analysis_of(regular(60), 60, fibrillation=[(20, 30)])
    found = read(analysis, tmp_path)
    inside = (found.sample >= 20 * 360) & (found.sample < 30 * 360)
    assert {symbol for symbol, within in zip(found.symbol, inside, strict=True) if within} == {"!", "+"}
    brackets = {symbol: sample for sample, symbol in zip(found.sample, found.symbol, strict=True) if symbol in "[]"}
    assert (brackets["["], brackets["]"]) == (20 * 360 - 1, 30 * 360 + 1)
    assert "(VFL" in [note for _, note in rhythms(analysis)]


def test_no_two_marks_share_a_sample() -> None:
    analysis = analysis_of([(0.0, "NORMAL"), *regular(59, first=20.0)], 60, fibrillation=[(0, 10), (20, 30)])
    marks = annotations_of(analysis)
    assert (np.diff(marks.samples) > 0).all()
    beats = np.isin(marks.symbols, ["N", "!"])
    assert marks.samples[beats].tolist() == analysis.beats.samples.tolist()


def test_a_recording_without_beats_has_a_rhythm_of_none(tmp_path: Path) -> None:
    found = read(analysis_of([], 10), tmp_path)
    assert (found.sample.tolist(), found.symbol) == ([0], ["+"])
