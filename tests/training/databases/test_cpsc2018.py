"""Diagnoses in headers, in words or as codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.databases.tiny_records import TWELVE, by_name, heartbeats, write_record
from training.databases.cpsc2018 import CPSC2018
from training.databases.database import RecordsError
from training.databases.labels import Label

_DIAGNOSES = {
    "A0001": (["Age: 70", "Dx: RBBB,PVC"], {Label.RBBB, Label.PVC}),
    "A0002": (["Dx: 426783006"], {Label.NORMAL}),
    "A0003": (["Dx: AF, STD"], {Label.AF, Label.OTHER}),
    "A0004": (["Age: 50"], set()),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, (comments, _) in _DIAGNOSES.items():
        signal = heartbeats([400, 900], 1200, 12)
        write_record(tmp_path, name, signal, TWELVE, 500, matlab=True, comments=comments)
    return tmp_path


def test_diagnoses_in_words_and_codes_are_one_vocabulary(folder: Path) -> None:
    entries = CPSC2018.entries([folder])
    assert {entry.name: entry.labels for entry in entries} == {name: labels for name, (_, labels) in _DIAGNOSES.items()}
    assert len({entry.person for entry in entries}) == len(_DIAGNOSES)
    assert by_name(entries)["A0003"].stated == ("AF", "STD")


def test_a_record_of_a_matlab_file_is_read_in_all_leads(folder: Path) -> None:
    recording = CPSC2018.read(CPSC2018.entries([folder])[0]).recording
    assert recording.leads == TWELVE
    assert recording.lead("V6")[400] == pytest.approx(1.4, abs=0.05)
    assert not any(warning.reason == "RECORDING_CHECKSUM_MISMATCH" for warning in recording.warnings)


def test_a_header_without_its_samples_is_refused(folder: Path) -> None:
    (folder / "A0002.mat").unlink()
    with pytest.raises(RecordsError, match=r"A0002\.mat"):
        CPSC2018.entries([folder])
