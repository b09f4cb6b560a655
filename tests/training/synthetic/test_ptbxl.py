"""Recordings made of those of PTB-XL."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from training.databases.marked import ptbxl as database
from training.synthetic import ptbxl as synthetic


def test_records_of_people_who_train_are_seen_along_other_axes_the_rarer_classes_often(ptbxl: Path) -> None:
    names = synthetic.turned_records(ptbxl)
    assert len(names) == len(set(names)) == 2 * synthetic.TURNS_OF_RARE_CLASSES
    assert {name.partition("-")[2] for name in names} == {"00001", "00002"}  # 3 validates, 4 and 5 test


def test_another_view_of_a_record_keeps_its_person_label_and_side(ptbxl: Path) -> None:
    plain = database.read_recording(ptbxl, "00001")
    first, again, other = (synthetic.read_turned(ptbxl, f"turned{number}-00001") for number in (0, 0, 1))
    assert first.name == "ptbxl-turned0-00001"
    assert (first.patient, first.side, first.leads) == (plain.patient, "train", plain.leads)
    assert list(first.symbols) == list(plain.symbols)
    assert np.abs(first.samples - plain.samples).max() <= 3
    assert np.array_equal(first.signal, again.signal)
    assert not np.allclose(first.signal, other.signal, atol=0.05)


def test_normal_records_of_people_who_train_are_blocked_in_either_branch(ptbxl: Path, tmp_path: Path) -> None:
    assert synthetic.blocked_records(ptbxl) == []  # the normal ones' people validate or test
    source = shutil.copytree(ptbxl, tmp_path / "ptbxl")
    table = pd.read_csv(source / "ptbxl_database.csv")
    table.loc[table["ecg_id"] == 3, "strat_fold"] = 1
    table.to_csv(source / "ptbxl_database.csv", index=False)
    names = synthetic.blocked_records(source)
    assert names == ["left0-00003", "right0-00003"]
    plain = database.read_recording(source, "00003")
    for name in names:
        found, again = (synthetic.read_blocked(source, name) for _ in range(2))
        assert (found.name, found.patient, found.side) == (f"ptbxl-{name}", plain.patient, "train")
        assert set(found.symbols) == {"L" if name.startswith("left") else "R"}
        assert 0 < len(found.samples) <= 5
        assert np.array_equal(found.signal, again.signal)
