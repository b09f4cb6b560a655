"""Minutes of atrial fibrillation, some of them neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.databases.tiny_records import by_name, heartbeats, write_record
from training.databases.aftdb import AFTDB
from training.databases.database import RecordsError
from training.databases.labels import Label

_PEAKS = [100, 180, 300, 420]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    marks = {"qrs": [(peak, "N", "") for peak in _PEAKS]}
    for part, name in (
        ("learning-set", "s01"),
        ("learning-set", "t01"),
        ("learning-set", "n01"),
        ("test-set-a", "a01"),
    ):
        signal = heartbeats(_PEAKS, 512, 2, rate=128)
        write_record(tmp_path / part, name, signal, ("ECG", "ECG"), 128, marks=marks)
    return tmp_path


def test_neighbouring_minutes_are_one_person_and_all_people_stay_together(folder: Path) -> None:
    entries = by_name(AFTDB.entries([folder]))
    assert list(entries) == ["learning-set/n01", "learning-set/s01", "learning-set/t01", "test-set-a/a01"]
    assert entries["learning-set/s01"].person == entries["learning-set/t01"].person
    assert len({entry.person for entry in entries.values()}) == 3
    assert {entry.group for entry in entries.values()} == {"aftdb"}
    assert all(entry.labels == {Label.AF} for entry in entries.values())


def test_beats_are_those_of_the_detector_and_have_no_kind(folder: Path) -> None:
    record = AFTDB.read(AFTDB.entries([folder])[0])
    assert record.beats is None
    assert record.qrs is not None
    assert record.qrs.tolist() == _PEAKS
    assert record.recording.leads == ("ECG1", "ECG2")


def test_a_record_without_its_marks_is_refused(folder: Path) -> None:
    (folder / "test-set-a" / "a01.qrs").unlink()
    with pytest.raises(RecordsError, match=r"a01\.qrs"):
        AFTDB.entries([folder])
