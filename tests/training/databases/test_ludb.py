"""Two hundred people with their waves, stated in a table."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.training.databases.tiny_records import TWELVE, by_name, heartbeats, write_record
from training.databases import ludb
from training.databases.database import RecordsError
from training.databases.labels import Label
from training.databases.ludb import LUDB

_COLUMNS = ["ID", "Sex", "Age", "Rhythms", "Electric axis of the heart", "Conduction abnormalities", "Extrasystolies"]
_PEOPLE = [
    ["1", "F\n", "51\n", "Sinus rhythm", "Electric axis of the heart: normal", "", ""],
    ["2", "M", "60", "Sinus rhythm\n", "", "Complete right bundle branch block\nI degree AV-block", ""],
    ["3", "M", "60", "Atrial fibrillation", "", "", "Ventricular extrasystole, type: single PVC\n"],
]
_WAVES = [(80, "(", ""), (90, "p", ""), (95, ")", ""), (390, "(", ""), (400, "N", ""), (420, ")", "")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with (tmp_path / "ludb.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([_COLUMNS, *_PEOPLE])
    marks = {lead.lower(): _WAVES for lead in TWELVE}
    lower = tuple(lead.lower() for lead in TWELVE)
    for number, gain in (("1", 1000.0), ("2", 700.0), ("3", 1000.0)):
        signal = heartbeats([400, 900], 1200, 12)
        write_record(tmp_path / "data", number, signal, lower, 500, marks=marks, stated_gain=gain)
    return tmp_path


def test_statements_become_labels_and_nothing_but_sinus_rhythm_is_normal(folder: Path) -> None:
    entries = by_name(LUDB.entries([folder]))
    assert entries["1"].labels == {Label.SINUS, Label.NORMAL}
    assert entries["2"].labels == {Label.SINUS, Label.RBBB, Label.OTHER}
    assert entries["3"].labels == {Label.AF, Label.PVC}
    assert [entry.person for entry in entries.values()] == ["ludb-1", "ludb-2", "ludb-3"]


def test_a_digital_unit_is_a_microvolt_whatever_the_header_says(folder: Path) -> None:
    recordings = [LUDB.read(entry).recording for entry in LUDB.entries([folder])]
    assert [recording.leads for recording in recordings] == [TWELVE] * 3
    for recording in recordings:
        assert recording.lead("V6")[400] == pytest.approx(1.4, abs=0.05)


def test_qrs_and_waves_come_from_the_cardiologists_marks(folder: Path) -> None:
    entry = LUDB.entries([folder])[0]
    record = LUDB.read(entry)
    assert record.qrs is not None
    assert record.qrs.tolist() == [400]
    waves = ludb.waves(entry)
    assert tuple(waves) == TWELVE
    assert waves["V1"].symbols.tolist() == [symbol for _, symbol, _ in _WAVES]


def test_what_is_no_copy_is_said(folder: Path, tmp_path: Path) -> None:
    (folder / "data" / "3.ii").unlink()
    with pytest.raises(RecordsError, match=r"3\.ii"):
        LUDB.entries([folder])
    (folder / "ludb.csv").write_text("ID,Sex\n1,F\n")
    with pytest.raises(RecordsError, match="columns"):
        LUDB.entries([folder])
    (folder / "ludb.csv").unlink()
    with pytest.raises(RecordsError, match="no copy of LUDB"):
        LUDB.entries([tmp_path])
