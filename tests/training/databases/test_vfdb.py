"""Rhythms are marked; fibrillation's waves stand for beats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.databases.tiny_records import by_name, write_record
from training.databases import vfdb
from training.databases.database import RecordsError
from training.databases.labels import Label
from training.databases.vfdb import VFDB


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    time = np.arange(4000) / 250
    signal = np.stack([0.8 * np.cos(2 * np.pi * 4 * time), 0.4 * np.cos(2 * np.pi * 4 * time)], axis=1)
    rhythms = [(5, "+", "(N"), (1000, "+", "(VFL"), (2500, "+", "(NOISE"), (3900, "+", "(VF")]
    write_record(tmp_path, "418", signal, ("ECG", "ECG"), 250, marks={"atr": rhythms})
    write_record(tmp_path, "421", signal, ("ECG", "ECG"), 250, marks={"atr": [(5, "+", "(N"), (90, "+", "(VT")]})
    return tmp_path


def test_the_rhythms_of_a_record_are_its_labels(folder: Path) -> None:
    entries = by_name(VFDB.entries([folder]))
    assert entries["418"].labels == {Label.SINUS, Label.VF, Label.NOISE}
    assert entries["421"].labels == {Label.SINUS, Label.VT}
    assert entries["418"].person == "vfdb-418"


def test_stretches_of_fibrillation_end_where_another_rhythm_or_nothing_follows(folder: Path) -> None:
    recording = VFDB.read(by_name(VFDB.entries([folder]))["418"]).recording
    assert recording.leads == ("ECG1", "ECG2")
    assert vfdb.fibrillation(recording) == [(1000, 2500), (3900, 4000)]


def test_waves_are_beats_but_in_stretches_too_short_to_know_their_height(folder: Path) -> None:
    beats = vfdb.fibrillation_beats(VFDB.read(by_name(VFDB.entries([folder]))["418"]).recording)
    assert ((beats.samples >= 1000) & (beats.samples < 2500)).all()
    assert len(beats) == pytest.approx(24, abs=1)
    assert set(beats.kinds) == {"VF"}


def test_a_record_without_its_marks_is_refused(folder: Path) -> None:
    (folder / "421.atr").write_bytes(b"\xff")
    with pytest.raises(RecordsError, match="Record 421"):
        VFDB.entries([folder])
    (folder / "421.atr").unlink()
    with pytest.raises(RecordsError, match=r"421\.atr"):
        VFDB.entries([folder])
