"""Volunteers' lead I, of which some begins are empty."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.databases.tiny_records import by_name, heartbeats, write_record
from training.databases.database import RecordsError
from training.databases.ecgiddb import ECGIDDB

_LEADS = ("ECG I", "ECG I filtered")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    signal = heartbeats([400, 900], 1200, 2)
    write_record(tmp_path / "Person_01", "rec_1", signal, _LEADS, 500)
    write_record(tmp_path / "Person_01", "rec_2", signal, _LEADS, 500)
    signal[:200] = -0.001  # a digital value of -1
    write_record(tmp_path / "Person_02", "rec_1", signal, _LEADS, 500)
    return tmp_path


def test_a_folder_is_a_person_and_nothing_is_said_of_the_heart(folder: Path) -> None:
    entries = ECGIDDB.entries([folder])
    assert [(entry.name, entry.person) for entry in entries] == [
        ("Person_01/rec_1", "ecgiddb-01"),
        ("Person_01/rec_2", "ecgiddb-01"),
        ("Person_02/rec_1", "ecgiddb-02"),
    ]
    assert not any(entry.labels for entry in entries)


def test_only_the_raw_lead_is_read(folder: Path) -> None:
    recording = ECGIDDB.read(ECGIDDB.entries([folder])[0]).recording
    assert recording.leads == ("I",)
    assert recording.lead("I")[400] == pytest.approx(0.6, abs=0.05)
    assert recording.gaps == ()


def test_an_empty_begin_is_a_gap_and_said(folder: Path) -> None:
    recording = ECGIDDB.read(by_name(ECGIDDB.entries([folder]))["Person_02/rec_1"]).recording
    assert [(gap.begin, gap.end) for gap in recording.gaps] == [(0, 200)]
    assert np.isnan(recording.lead("I")[:200]).all()
    assert np.isfinite(recording.lead("I")[200:]).all()
    assert [warning.reason for warning in recording.warnings] == ["RECORDING_GAPS"]


def test_a_record_of_another_lead_is_refused(folder: Path) -> None:
    write_record(folder / "Person_03", "rec_1", heartbeats([400], 1200, 1), ("V1",), 500)
    with pytest.raises(RecordsError, match="expected I"):
        ECGIDDB.read(by_name(ECGIDDB.entries([folder]))["Person_03/rec_1"])
