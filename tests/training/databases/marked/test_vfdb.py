"""Fibrillation from rhythm marks alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import wfdb

from ecg.beats import SAMPLING_RATE
from tests.training.recordings import VFDB_WAVES
from training.databases import divisions as division
from training.databases.marked import RecordsError
from training.databases.marked import vfdb as database


def test_records_without_fibrillation_are_left_out(vfdb: Path) -> None:
    assert database.fibrillating_records(vfdb) == ["418", "419", "429"]


@pytest.mark.parametrize(
    ("record", "start", "end"),
    [("418", 4, 12), ("419", 0, 10), ("429", 5, 16)],
    ids=["flutter in the middle", "at the beginning", "to the end"],
)
def test_beats_are_the_crests_inside_the_marked_stretch(vfdb: Path, record: str, start: int, end: int) -> None:
    recording = database.read_recording(vfdb, record)
    seconds = recording.samples / SAMPLING_RATE
    assert seconds.min() >= start
    assert seconds.max() <= end
    assert len(seconds) == pytest.approx((end - start) * VFDB_WAVES, abs=2)
    phase = seconds * VFDB_WAVES
    assert np.abs(phase - np.rint(phase)).max() / VFDB_WAVES <= 1.5 / SAMPLING_RATE
    assert set(recording.symbols) == {"!"}


def test_the_signal_comes_at_the_rate_and_in_the_unit_of_all_sources(vfdb: Path) -> None:
    recording = database.read_recording(vfdb, "418")
    assert recording.signal.shape == (16 * SAMPLING_RATE, 2)
    assert recording.signal[360:-360, 0].max() == pytest.approx(0.8, abs=0.02)
    assert len(set(recording.leads)) == 2
    assert recording.patient == "vfdb-418"
    assert recording.partition == ""


def test_a_lost_lead_does_not_make_the_other_one_unusable(vfdb: Path, tmp_path: Path) -> None:
    """Samples that the recorder marked invalid are read as zero, not as something that spreads."""
    source = shutil.copytree(vfdb, tmp_path / "vfdb")
    stored = wfdb.rdrecord(str(source / "418"))
    signal = stored.p_signal.copy()
    signal[500:800, 1] = np.nan
    wfdb.wrsamp(
        "418", fs=250, units=["mV"] * 2, sig_name=["A", "B"], p_signal=signal, fmt=["16"] * 2, write_dir=str(source)
    )
    assert np.isfinite(database.read_recording(source, "418").signal).all()


def test_what_is_no_copy_of_the_database_is_said(vfdb: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="VFDB_DIR"):
        database.fibrillating_records(tmp_path / "nowhere")
    source = shutil.copytree(vfdb, tmp_path / "vfdb")
    (source / "419.atr").unlink()
    with pytest.raises(RecordsError, match=r"lacks 1 files, the first is 419\.atr"):
        database.fibrillating_records(source)
    with pytest.raises(RecordsError, match="Record 419"):
        database.read_recording(source, "419")


def test_a_record_without_rhythm_marks_has_no_fibrillation(recordings: Path) -> None:
    assert database.fibrillating_records(recordings) == []


def test_another_sampling_rate_is_refused(recordings: Path) -> None:
    with pytest.raises(RecordsError, match="360 samples a second, expected 250"):
        database.read_recording(recordings, "100")


@pytest.mark.skipif(not os.environ.get("VFDB_DIR"), reason="needs the database: set VFDB_DIR to its folder")
def test_every_real_record_with_fibrillation_has_its_partition() -> None:
    recording = database.fibrillating_records(Path(os.environ["VFDB_DIR"]))
    validating = [record for record in division.VALIDATION_RECORDS if record.startswith("4")]
    of_the_division = [*division.FIBRILLATION_TRAINING_RECORDS, *division.FIBRILLATION_TEST_RECORDS, *validating]
    assert sorted(recording) == sorted(of_the_division)
