from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ecg.beats import STORED_SAMPLES
from ecg.classes import CLASS_SETS
from ecg.pictures.canonical import to_pixels
from ecg.pictures.canvas import HEIGHT, WIDTH
from ecg.pictures.rendering import draw, picture_window
from tests.training.recordings import RECORDS
from training.databases.marked import Beats
from training.datasets import prepared_data
from training.datasets.prepared_data import Dataset, DatasetError, PreparationConfig
from training.datasets.sources import MITDB


def test_training_sees_the_pixels_that_serving_sees(data: Dataset) -> None:
    for row in range(0, len(data.table), 37):
        encoded = io.BytesIO()
        Image.fromarray(draw(picture_window(data.windows[row : row + 1]))[0]).save(encoded, "PNG")
        served = to_pixels(encoded.getvalue(), height=HEIGHT, width=WIDTH)
        assert (served == data.pixels[0][row]).all()


def test_labels_follow_the_class_set(data: Dataset) -> None:
    seven = data.labels(CLASS_SETS["seven"])
    symbols = data.table["symbol"].to_numpy(dtype=str)
    assert set(seven[symbols == "F"]) == {-1}
    assert set(seven[symbols == "/"]) == {6}
    assert set(data.labels(CLASS_SETS["six"])[symbols == "/"]) == {-1}


def test_augmented_variants_differ_from_the_plain_drawing(data: Dataset) -> None:
    assert data.pixels.shape == (2, len(data.table), HEIGHT, WIDTH, 1)
    assert (data.pixels[0] != data.pixels[1]).any(axis=(1, 2, 3)).all()


def test_a_stopped_preparation_continues_and_ends_the_same(recordings: Path, data: Dataset, tmp_path: Path) -> None:
    config = PreparationConfig(augmented_variants=1)
    names = list(RECORDS)
    for _ in prepared_data.prepare(MITDB, recordings, names[:1], tmp_path, config, workers=1):
        pass
    (tmp_path / "complete.json").unlink()
    written = (tmp_path / "shards" / f"{names[0]}.npz").stat().st_mtime_ns
    with pytest.raises(DatasetError, match="not a complete"):
        prepared_data.load(tmp_path)
    for _ in prepared_data.prepare(MITDB, recordings, names, tmp_path, config, workers=1):
        pass
    assert (tmp_path / "shards" / f"{names[0]}.npz").stat().st_mtime_ns == written
    again = prepared_data.load(tmp_path)
    assert again.digest == data.digest
    assert (again.pixels == data.pixels).all()


def test_variants_with_rotated_leads_stand_beside_the_same_plain_drawing(
    recordings: Path, data: Dataset, tmp_path: Path
) -> None:
    config = PreparationConfig(augmented_variants=1, lead_rotation=True)
    for _ in prepared_data.prepare(MITDB, recordings, list(RECORDS), tmp_path, config, workers=1):
        pass
    rotated = prepared_data.load(tmp_path)
    assert rotated.digest == data.digest
    assert (rotated.pixels[0] == data.pixels[0]).all()
    assert (rotated.pixels[1] != data.pixels[1]).any(axis=(1, 2, 3)).mean() > 0.99


def test_what_earlier_versions_prepared_is_read_and_goes_on(
    recordings: Path, prepared: Path, data: Dataset, tmp_path: Path
) -> None:
    older = shutil.copytree(prepared, tmp_path / "older")
    settings = json.loads((older / "config.json").read_text())
    settings["turned"] = settings.pop("lead_rotation")
    (older / "config.json").write_text(json.dumps(settings))
    with np.load(older / "shards" / f"{next(iter(RECORDS))}.npz") as shard:
        assert "side" in shard
    again = prepared_data.load(older)
    assert again.digest == data.digest
    assert list(again.table["partition"].unique()) == [""]
    config = PreparationConfig(augmented_variants=settings["augmented_variants"])
    for _ in prepared_data.prepare(MITDB, recordings, list(RECORDS), older, config, workers=1):
        pass
    assert prepared_data.load(older).digest == data.digest


def test_the_digest_of_the_same_beats_never_changes() -> None:
    """Model files and runs hold it: with another one they could not be scored or go on."""
    identity = {"patient": "101", "record": "101", "sample": [500, 900], "symbol": ["N", "V"], "lead": "MLII"}
    table = pd.DataFrame({**identity, "primary": True, "partition": ""})
    beats = Beats(table, np.zeros((2, STORED_SAMPLES), np.float32))
    assert prepared_data.beats_digest(beats) == "d84efbe552a55eb729674631a4ae782d5bd68aa0e55ac823641a12ee57f3a99f"


def test_other_settings_may_not_continue_a_preparation(recordings: Path, prepared: Path) -> None:
    with pytest.raises(DatasetError, match="other settings"):
        list(prepared_data.prepare(MITDB, recordings, list(RECORDS), prepared, PreparationConfig(seed=1), workers=1))


def test_the_digest_changes_with_a_single_sample(data: Dataset) -> None:
    beats = Beats(data.table, data.windows)
    windows = data.windows.copy()
    windows[0, 0] += np.float32(0.001)
    assert prepared_data.beats_digest(beats) != prepared_data.beats_digest(replace(beats, windows=windows))


def test_a_folder_that_was_never_prepared_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="training prepare"):
        prepared_data.load(tmp_path)
