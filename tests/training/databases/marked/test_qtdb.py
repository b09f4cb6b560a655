"""Every beat of which the kind is known, at 360 Hz."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecg.beats import SAMPLING_RATE
from tests.training.databases.tiny_records import Mark, heartbeats, write_record
from training.databases.database import RecordsError
from training.databases.marked import qtdb

_PEAKS = [250, 500, 750, 1000]
_MARKS: list[Mark] = [
    (peak + 4, symbol, "") for peak, symbol in zip(_PEAKS, ("N", "V", "S", "Q"), strict=True)
]  # beside the peaks, as in the database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    narrow: list[Mark] = [(240, "(", ""), (250, "N", ""), (260, ")", "")]
    for name, measured in (("sele0104", {"q1c": narrow}), ("sele0110", {})):
        signal = heartbeats(_PEAKS, 1250, 2, rate=250)
        write_record(tmp_path, name, signal, ("D3", "CM5"), 250, marks={"atr": _MARKS, **measured})
    return tmp_path


def test_beats_have_the_symbols_of_their_classes_and_lie_on_their_peaks(folder: Path) -> None:
    assert qtdb.record_names(folder) == ["sele0104", "sele0110"]
    recording = qtdb.read_recording(folder, "sele0104")
    assert recording.symbols.tolist() == ["N", "V", "A"]
    assert recording.samples == pytest.approx([peak / 250 * SAMPLING_RATE for peak in _PEAKS[:3]], abs=1)
    assert len(recording.peaks) == 4
    assert (recording.name, recording.patient, recording.group) == ("qtdb-sele0104", "qtdb-sele0104", "qtdb-sele0104")


def test_conducted_beats_are_unknown_where_nobody_measured_their_width(folder: Path) -> None:
    assert qtdb.read_recording(folder, "sele0110").symbols.tolist() == ["V", "A"]


def test_the_primary_lead_is_the_one_most_like_lead_ii(folder: Path) -> None:
    recording = qtdb.read_recording(folder, "sele0104")
    assert recording.leads[recording.primary] == "CM5"


def test_a_record_that_is_not_there_is_said(folder: Path) -> None:
    with pytest.raises(RecordsError, match="no record sel808"):
        qtdb.read_recording(folder, "sel808")
