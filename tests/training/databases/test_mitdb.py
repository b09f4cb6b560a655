"""Half-hour records whose every beat is marked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.databases.tiny_records import by_name, heartbeats, write_record
from training.databases.database import RecordsError
from training.databases.labels import Label
from training.databases.mitdb import MITDB

_PEAKS = [300, 600, 900, 1200]
_MARKS = [(10, "+", "(AFIB"), (300, "N", ""), (600, "V", ""), (700, "~", ""), (900, "a", ""), (1200, "Q", "")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("202", "201"):
        signal = heartbeats(_PEAKS, 1500, 2, rate=360)
        write_record(tmp_path, name, signal, ("V1", "MLII"), 360, marks={"atr": _MARKS})
    (tmp_path / "RECORDS").write_text("202\n201\n")
    return tmp_path


def test_records_come_in_the_order_of_the_index_and_201_and_202_are_one_man(folder: Path) -> None:
    entries = MITDB.entries([folder])
    assert [entry.name for entry in entries] == ["202", "201"]
    assert {entry.person for entry in entries} == {entry.group for entry in entries} == {"mitdb-201"}


def test_what_occurs_is_known_without_the_signal(folder: Path) -> None:
    entry = by_name(MITDB.entries([folder]))["201"]
    assert entry.labels == {Label.NORMAL, Label.PVC, Label.ABERRATED, Label.UNCLASSIFIED, Label.AF}
    assert entry.beats == {"N": 1, "V": 1, "a": 1, "Q": 1}


def test_every_beat_has_its_kind_and_the_leads_their_names(folder: Path) -> None:
    record = MITDB.read(by_name(MITDB.entries([folder]))["201"])
    assert record.recording.leads == ("V1", "MLII")
    assert record.recording.rate == 360
    assert record.beats is not None
    assert record.beats.samples.tolist() == _PEAKS
    assert record.beats.kinds.tolist() == ["NORMAL", "PVC", "ABERRATED", "UNCLASSIFIED"]
    assert np.abs(record.recording.lead("MLII")[_PEAKS] - 1.4).max() < 0.05


def test_what_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="MITDB_DIR"):
        MITDB.entries([tmp_path / "nowhere"])
    (folder / "201.dat").unlink()
    with pytest.raises(RecordsError, match=r"lacks 1 files, the first is 201\.dat"):
        MITDB.entries([folder])
    (folder / "RECORDS").unlink()
    with pytest.raises(RecordsError, match="no RECORDS file"):
        MITDB.entries([folder])
