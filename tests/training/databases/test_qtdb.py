"""Every beat marked, but not whether a conducted one has a bundle branch block."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.databases.tiny_records import Mark, by_name, heartbeats, write_record
from training.databases import qtdb
from training.databases.labels import Label
from training.databases.qtdb import QTDB

_MARKS: list[Mark] = [(250, "N", ""), (500, "V", ""), (750, "S", "")]


def _measured(milliseconds: int) -> list[Mark]:
    width = milliseconds * 250 // 1000
    return [(240, "(", ""), (250, "N", ""), (240 + width, ")", ""), (300, "t", "")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    widths = {"sele0104": 80, "sele0110": 160, "sel808": None, "sel100": 80}
    for name, width in widths.items():
        marks = {"atr": _MARKS} | ({} if width is None else {"q1c": _measured(width)})
        write_record(tmp_path, name, heartbeats([250, 500, 750], 1000, 2, rate=250), ("D3", "V5"), 250, marks=marks)
    return tmp_path


def test_excerpts_of_mit_bih_are_left_out_and_who_may_be_one_person_stays_together(folder: Path) -> None:
    entries = by_name(QTDB.entries([folder]))
    assert list(entries) == ["sel808", "sele0104", "sele0110"]
    assert entries["sele0110"].person != entries["sele0104"].person
    assert entries["sele0110"].group == entries["sele0104"].group != entries["sel808"].group


@pytest.mark.parametrize(
    ("name", "width", "kind"),
    [("sele0104", 0.08, Label.NORMAL), ("sele0110", 0.16, Label.CONDUCTED), ("sel808", None, Label.CONDUCTED)],
    ids=["narrow", "wide", "not measured"],
)
def test_a_conducted_beat_is_normal_only_where_its_qrs_was_measured_as_narrow(
    folder: Path, name: str, width: float | None, kind: Label
) -> None:
    entry = by_name(QTDB.entries([folder]))[name]
    assert qtdb.qrs_width(entry.header) == (width if width is None else pytest.approx(width, abs=0.005))
    beats = QTDB.read(entry).beats
    assert beats is not None
    assert beats.kinds.tolist() == [kind, Label.PVC, Label.PAC]
    assert entry.labels == {kind, Label.PVC, Label.PAC}


def test_spanish_leads_have_their_usual_names(folder: Path) -> None:
    assert QTDB.read(QTDB.entries([folder])[0]).recording.leads == ("III", "V5")
