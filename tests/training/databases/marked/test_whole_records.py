"""Records of each kind of database that is labelled as a whole, with ordinary, odd and early beats."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from tests.training.databases.tiny_records import TWELVE, heartbeats, write_record
from training.databases.database import Database, RecordsError
from training.databases.marked import MarkedRecording, whole_records
from training.databases.registry import DATABASES

_RATE = 500
_SECONDS = 10

#: Ordinary beats every 0.8 s; the fifth may be early and followed by a pause, and of another shape or not.
_STEADY = np.arange(0.6, _SECONDS - 0.3, 0.8)
_ODD = 5


def _signal(*, early: float = 0.0, wide: bool = False, leads: int = 12, rate: int = _RATE) -> NDArray[np.float64]:
    peaks = _STEADY.copy()
    peaks[_ODD] -= early
    ordinary = np.delete(peaks, _ODD) if wide else peaks
    signal = heartbeats((ordinary * rate).round().astype(int), _SECONDS * rate, leads, rate=rate)
    if wide:
        time = np.arange(len(signal)) / rate
        signal -= (2 * np.exp(-0.5 * ((time - peaks[_ODD]) / 0.03) ** 2))[:, None]
    return signal


def _ptbxl(folder: Path, statements: str, signal: NDArray[np.float64], *, number: int = 600, fold: int = 10) -> None:
    rate = len(signal) // _SECONDS
    column = "filename_hr" if rate == _RATE else "filename_lr"
    write_record(folder / "records", f"{number:05d}", signal, TWELVE, rate)
    heads = f"ecg_id,sex,strat_fold,statements,patient_id,scp_codes,{column}"
    (folder / "labels.csv").write_text(f"{heads}\n{number},0,{fold},{statements},77,,records/{number:05d}\n")


def _read(database: str, folder: Path) -> MarkedRecording:
    reader: Database = DATABASES[database]
    (name,) = whole_records.record_names(reader, folder)
    return whole_records.read_recording(reader, folder, name)


def _counts(recording: MarkedRecording) -> dict[str, int]:
    return {symbol: int((recording.symbols == symbol).sum()) for symbol in np.unique(recording.symbols).tolist()}


@pytest.mark.parametrize("rate", [500, 100])
def test_a_block_holds_for_all_beats_of_a_record_whatever_its_rate(tmp_path: Path, rate: int) -> None:
    _ptbxl(tmp_path, "CLBBB SR", _signal(rate=rate))
    recording = _read("ptbxl", tmp_path)
    assert (recording.name, recording.patient, recording.group) == ("ptbxl-00600", "ptbxl-77", "ptbxl-fold10-male")
    assert recording.leads == ("II", "I", "aVF", "V5", "V6", "V1")
    assert recording.primary == 0
    assert _counts(recording) == {"L": len(_STEADY)}
    assert recording.samples == pytest.approx(_STEADY * SAMPLING_RATE, abs=3)


def test_of_a_block_with_ventricular_beats_the_odd_one_is_told_apart(tmp_path: Path) -> None:
    _ptbxl(tmp_path, "CRBBB PVC", _signal(early=0.3, wide=True))
    recording = _read("ptbxl", tmp_path)
    assert _counts(recording) == {"R": len(_STEADY) - 1, "V": 1}
    assert recording.samples[recording.symbols == "V"] == pytest.approx((_STEADY[_ODD] - 0.3) * SAMPLING_RATE, abs=9)


def test_an_odd_beat_that_nobody_states_is_left_out(tmp_path: Path) -> None:
    _ptbxl(tmp_path, "PACE", _signal(early=0.3, wide=True))
    recording = _read("ptbxl", tmp_path)
    assert _counts(recording) == {"/": len(_STEADY) - 1}
    assert len(recording.peaks) == len(_STEADY)


def test_an_early_beat_of_the_usual_shape_is_premature_where_that_is_stated_and_never_normal(tmp_path: Path) -> None:
    _ptbxl(tmp_path, "NORM PAC", _signal(early=0.25))
    assert _counts(_read("ptbxl", tmp_path)) == {"A": 1, "N": len(_STEADY) - 1}
    _ptbxl(tmp_path / "other", "NORM BIGU", _signal(early=0.25))
    assert _counts(_read("ptbxl", tmp_path / "other")) == {"N": len(_STEADY) - 1}


def test_of_a_record_with_premature_beats_only_those_that_are_certain_are_marked(tmp_path: Path) -> None:
    _ptbxl(tmp_path, "AFIB PVC", _signal(early=0.3, wide=True))
    assert _counts(_read("ptbxl", tmp_path)) == {"V": 1}


@pytest.mark.parametrize("statements", ["IMI SR", "CLBBB CRBBB", "NORM WPW", "AFIB"])
def test_a_record_of_which_nothing_holds_for_all_beats_is_no_record(tmp_path: Path, statements: str) -> None:
    _ptbxl(tmp_path, statements, _signal())
    assert whole_records.record_names(DATABASES["ptbxl"], tmp_path) == []


def test_a_record_of_two_folders_is_there_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        _ptbxl(tmp_path / name, "NORM", _signal(), fold=8)
    monkeypatch.setenv("PTBXL_DIR", os.pathsep.join(str(tmp_path / name) for name in ("one", "two")))
    recording = _read("ptbxl", tmp_path / "one")
    assert _counts(recording) == {"N": len(_STEADY)}
    assert recording.partition == "validation"  # by the database's own folds


def test_where_lead_ii_shows_nothing_beats_are_found_in_another(tmp_path: Path) -> None:
    signal = _signal()
    signal[:, TWELVE.index("II")] *= 0.001
    _ptbxl(tmp_path, "CLBBB", signal)
    recording = _read("ptbxl", tmp_path)
    assert _counts(recording) == {"L": len(_STEADY)}
    assert recording.samples == pytest.approx(_STEADY * SAMPLING_RATE, abs=18)


def test_diagnoses_of_cpsc_hold_for_all_beats(tmp_path: Path) -> None:
    write_record(tmp_path, "A0001", _signal(), TWELVE, _RATE, matlab=True, comments=["Dx: RBBB"])
    recording = _read("cpsc2018", tmp_path)
    assert (recording.name, recording.group) == ("cpsc2018-A0001", "cpsc2018-A0001")
    assert _counts(recording) == {"R": len(_STEADY)}


def test_beats_of_ludb_are_where_cardiologists_marked_them(tmp_path: Path) -> None:
    heads = ["ID", "Sex", "Age", "Rhythms", "Electric axis of the heart", "Cardiac pacing"]
    with (tmp_path / "ludb.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([heads, ["7", "F", "51", "", "", "Bipolar ventricular pacing"]])
    marked = _STEADY[1:-1]
    marks = [(int(second * _RATE) + 8, "N", "") for second in marked]
    leads = tuple(lead.lower() for lead in TWELVE)
    write_record(tmp_path / "data", "7", _signal(), leads, _RATE, marks=dict.fromkeys(leads, marks))
    recording = _read("ludb", tmp_path)
    assert _counts(recording) == {"/": len(marked)}
    assert recording.samples == pytest.approx(marked * SAMPLING_RATE, abs=2)


def test_beats_of_volunteers_are_normal_in_the_one_lead_that_they_have(tmp_path: Path) -> None:
    write_record(tmp_path / "Person_01", "rec_1", _signal(leads=2), ("ECG I", "ECG I filtered"), _RATE)
    recording = _read("ecgiddb", tmp_path)
    assert (recording.name, recording.leads) == ("ecgiddb-Person_01.rec_1", ("I",))
    assert _counts(recording) == {"N": len(_STEADY)}


def test_a_record_that_is_not_there_is_said(tmp_path: Path) -> None:
    _ptbxl(tmp_path, "NORM", _signal())
    with pytest.raises(RecordsError, match="no record 00601"):
        whole_records.read_recording(DATABASES["ptbxl"], tmp_path, "00601")
