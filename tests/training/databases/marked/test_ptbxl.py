"""Labelled twelve-lead records lend their label to their beats."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecg.beats import SAMPLING_RATE
from tests.training.recordings import PTBXL_PEAKS
from training.databases.marked import RecordsError
from training.databases.marked import ptbxl as database


def test_only_records_whose_every_beat_has_one_class_are_used(ptbxl: Path) -> None:
    """Not those with extra beats, with other findings, or without files."""
    assert database.labelled_records(ptbxl) == ["00001", "00002", "00003", "00004", "00005"]


@pytest.mark.parametrize(
    ("record", "symbol", "partition", "person"),
    [
        ("00001", "L", "train", "11"),
        ("00002", "L", "train", "11"),
        ("00003", "N", "validation", "12"),
        ("00004", "R", "test", "13"),
        ("00005", "/", "test", "14"),
    ],
)
def test_each_record_gives_its_label_its_person_and_its_partition(
    ptbxl: Path, record: str, symbol: str, partition: str, person: str
) -> None:
    recording = database.read_recording(ptbxl, record)
    assert recording.name == f"ptbxl-{record}"
    assert recording.patient == f"ptbxl-{person}"
    assert recording.partition == partition
    assert set(recording.symbols) == {symbol}
    assert len(recording.symbols) == len(recording.samples)


def test_beats_are_found_at_their_r_peaks(ptbxl: Path) -> None:
    recording = database.read_recording(ptbxl, "00003")
    expected = np.rint(PTBXL_PEAKS * SAMPLING_RATE)
    gaps = np.abs(recording.samples[:, None] - expected).min(axis=1)
    assert gaps.max() <= 1
    assert len(recording.samples) >= len(expected) - 1


def test_the_lead_that_pictures_show_is_two(ptbxl: Path) -> None:
    recording = database.read_recording(ptbxl, "00003")
    assert recording.leads[recording.primary] == "II"
    peaks = recording.signal[recording.samples]
    assert peaks[:, recording.leads.index("II")].mean() == pytest.approx(1.0, abs=0.05)
    assert peaks[:, recording.leads.index("V1")].mean() == pytest.approx(-0.7, abs=0.05)
    assert len(recording.signal) == 10 * SAMPLING_RATE


def test_what_can_not_be_read_is_said(ptbxl: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="not a copy of PTB-XL"):
        database.labelled_records(tmp_path)
    with pytest.raises(RecordsError, match=r"00006 .* no label that holds"):
        database.read_recording(ptbxl, "00006")
    source = shutil.copytree(ptbxl, tmp_path / "ptbxl")
    (source / "records500" / "00000" / "00001_hr.dat").unlink()
    with pytest.raises(RecordsError, match="Record 00001"):
        database.read_recording(source, "00001")


def test_of_several_folders_only_the_database_itself_is_labelled(ptbxl: Path, tmp_path: Path) -> None:
    """Excerpts add nothing to it; alone they are what was asked for."""
    excerpt = tmp_path / "excerpt"
    shutil.copytree(ptbxl / "records500", excerpt / "records500")
    row = "3,0,2,NORM,,,records500/00000/00003_hr"
    (excerpt / "labels.csv").write_text(f"ecg_id,sex,strat_fold,statements,patient_id,scp_codes,filename_hr\n{row}\n")
    assert database.database_folder([excerpt, ptbxl]) == ptbxl
    assert database.database_folder([excerpt]) == excerpt
    assert database.labelled_records(excerpt) == ["00003"]
    recording = database.read_recording(excerpt, "00003")
    assert (recording.patient, recording.partition, set(recording.symbols)) == ("ptbxl-ecg3", "train", {"N"})


@pytest.mark.skipif(not os.environ.get("PTBXL_DIR"), reason="needs the database: set PTBXL_DIR to its folder")
def test_no_real_person_is_in_two_partitions() -> None:
    table = pd.read_csv(
        database.database_folder([Path(part) for part in os.environ["PTBXL_DIR"].split(os.pathsep)])
        / "ptbxl_database.csv",
        usecols=["patient_id", "strat_fold"],
    )
    partition = table["strat_fold"].map(
        lambda fold: "test" if fold in database.TEST_FOLDS else fold == database.VALIDATION_FOLD
    )
    assert table.assign(partition=partition).groupby("patient_id")["partition"].nunique().max() == 1
