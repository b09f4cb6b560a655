"""One handheld lead, and a table of rhythms that was corrected."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.databases.tiny_records import heartbeats, write_record
from training.databases.challenge2017 import CHALLENGE2017
from training.databases.database import RecordsError
from training.databases.labels import Label


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("A00001", "A00002", "A00003", "A00004"):
        write_record(tmp_path, name, heartbeats([200, 500], 900, 1, rate=300), ("ECG",), 300, matlab=True)
    (tmp_path / "REFERENCE.csv").write_text("A00001,N\nA00002,N\nA00003,O\nA00004,~\nA09999,N\n")
    return tmp_path


def test_each_record_has_the_class_of_the_table(folder: Path) -> None:
    labels = {entry.name: entry.labels for entry in CHALLENGE2017.entries([folder])}
    assert labels == {
        "A00001": {Label.SINUS},
        "A00002": {Label.SINUS},
        "A00003": {Label.OTHER_RHYTHM},
        "A00004": {Label.NOISE},
    }


def test_a_corrected_table_counts_before_the_first_one(folder: Path) -> None:
    (folder / "REFERENCE-v3.csv").write_text("A00001,A\nA00002,N\nA00003,O\nA00004,~\n")
    assert CHALLENGE2017.entries([folder])[0].labels == {Label.AF}


def test_the_lead_is_called_as_the_device_calls_it_and_everyone_counts_as_another_person(folder: Path) -> None:
    entries = CHALLENGE2017.entries([folder])
    recording = CHALLENGE2017.read(entries[0]).recording
    assert (recording.leads, recording.rate) == (("ECG",), 300)
    assert len({entry.person for entry in entries}) == 4
    assert not CHALLENGE2017.people_known


def test_a_record_without_class_is_refused(folder: Path) -> None:
    (folder / "REFERENCE.csv").write_text("A00001,N\n")
    with pytest.raises(RecordsError, match="no class for 3 records, the first is A00002"):
        CHALLENGE2017.entries([folder])
    (folder / "REFERENCE.csv").unlink()
    with pytest.raises(RecordsError, match=r"no REFERENCE\.csv"):
        CHALLENGE2017.entries([folder])
