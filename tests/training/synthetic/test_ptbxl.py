"""Synthetic recordings of PTB-XL."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from training.databases.marked import ptbxl as database
from training.synthetic import ptbxl as synthetic


def test_records_of_people_who_train_are_seen_along_other_axes_the_rarer_classes_often(ptbxl: Path) -> None:
    names = synthetic.rotated_records(ptbxl)
    assert len(names) == len(set(names)) == 2 * synthetic.TURNS_OF_RARE_CLASSES
    assert {name.partition("-")[2] for name in names} == {"00001", "00002"}  # 3 validates, 4 and 5 test


def test_a_lead_rotation_of_a_record_keeps_its_person_label_and_partition(ptbxl: Path) -> None:
    plain = database.read_recording(ptbxl, "00001")
    first, again, other = (synthetic.read_rotated(ptbxl, f"turned{number}-00001") for number in (0, 0, 1))
    assert first.name == "ptbxl-turned0-00001"
    assert (first.patient, first.partition, first.leads) == (plain.patient, "train", plain.leads)
    assert list(first.symbols) == list(plain.symbols)
    assert np.abs(first.samples - plain.samples).max() <= 3
    assert np.array_equal(first.signal, again.signal)
    assert not np.allclose(first.signal, other.signal, atol=0.05)


def test_normal_records_of_people_who_train_get_either_block(ptbxl: Path, tmp_path: Path) -> None:
    assert synthetic.simulated_block_records(ptbxl) == []  # the normal ones' people validate or test
    source = shutil.copytree(ptbxl, tmp_path / "ptbxl")
    table = pd.read_csv(source / "ptbxl_database.csv")
    table.loc[table["ecg_id"] == 3, "strat_fold"] = 1
    table.to_csv(source / "ptbxl_database.csv", index=False)
    names = synthetic.simulated_block_records(source)
    assert names == ["left0-00003", "right0-00003"]
    plain = database.read_recording(source, "00003")
    for name in names:
        changed, again = (synthetic.read_simulated_block(source, name) for _ in range(2))
        assert (changed.name, changed.patient, changed.partition) == (f"ptbxl-{name}", plain.patient, "train")
        assert set(changed.symbols) == {"L" if name.startswith("left") else "R"}
        assert 0 < len(changed.samples) <= 5
        assert np.array_equal(changed.signal, again.signal)
