from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from training import datasets, folders
from ecg.classes import CLASS_SETS
from training.datasets import Dataset, DatasetError
from training.splits import split

CLASSES = CLASS_SETS["seven"]


@pytest.fixture(scope="module")
def written(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("folders")
    sides = split(data.table, data.labels(CLASSES), "beats-10fold", seed=0)
    *_, (done, total) = folders.write_folders(data, sides, CLASSES, out)
    assert done == total
    return out


def _read(source: Path, out: Path) -> list[tuple[str, int, list[str]]]:
    return list(folders.read_folders(source, CLASSES, out))


def test_beats_come_back_from_class_folders_with_the_same_pixels(data: Dataset, written: Path, tmp_path: Path) -> None:
    _read(written, tmp_path)
    back = datasets.load(tmp_path)
    original = {
        (beat.record, beat.sample): data.pixels[0][row]
        for row, beat in enumerate(data.table.itertuples())
        if beat.primary
    }
    assert len(back.table) == int((data.labels(CLASSES) >= 0).sum() / 2)
    for row, beat in enumerate(back.table.itertuples()):
        assert (back.pixels[0][row] == original[beat.record, beat.sample]).all()


def test_the_given_sides_are_kept(written: Path, tmp_path: Path) -> None:
    _read(written, tmp_path)
    back = datasets.load(tmp_path)
    sides = split(back.table, back.labels(CLASSES), "as-given", seed=0)
    assert set(back.table["side"].iloc[sides.test]) == {"test"}
    assert set(back.table["side"].iloc[sides.train]) == {"train"}
    assert len(sides.validation) == pytest.approx((len(sides.train) + len(sides.validation)) / 10, abs=1)


def test_files_that_are_no_pictures_are_named_and_left_out(written: Path, tmp_path: Path) -> None:
    source = shutil.copytree(written, tmp_path / "source")
    (source / "train" / "Normal" / "broken.png").write_text("no picture")
    found = {name: refused for name, _, refused in _read(source, tmp_path / "out")}
    assert [sentence for sentence in found["train/Normal"] if "broken.png" in sentence]


def test_each_picture_s_file_is_kept_in_the_order_of_the_rows(written: Path, tmp_path: Path) -> None:
    _read(written, tmp_path)
    back, files = datasets.load(tmp_path), folders.read_files(tmp_path)
    assert len(files) == len(back.table)
    for row, (beat, file) in enumerate(zip(back.table.itertuples(), files.itertuples(), strict=True)):
        assert file.file.endswith(f"/{beat.record}_{beat.sample}.png")
        assert file.side == beat.side
        assert hashlib.sha256(back.pixels[0][row].tobytes()).hexdigest() == file.content


def test_other_pictures_under_the_same_names_are_another_data_set(written: Path, tmp_path: Path) -> None:
    source = shutil.copytree(written, tmp_path / "source")
    _read(source, tmp_path / "before")
    first, second, *_ = sorted((source / "train" / "Paced").glob("*.png"))
    shutil.copy(first, second)
    _read(source, tmp_path / "after")
    _read(source, tmp_path / "again")
    before, after, again = (datasets.load(tmp_path / name).digest for name in ("before", "after", "again"))
    assert before != after
    assert after == again


def test_progress_ends_at_the_whole(written: Path, tmp_path: Path) -> None:
    told: list[float] = []
    list(folders.read_folders(written, CLASSES, tmp_path, told.append))
    assert told == sorted(told)
    assert told[-1] == 1


def test_other_data_sets_have_no_files(prepared: Path) -> None:
    with pytest.raises(DatasetError, match="not read from class folders"):
        folders.read_files(prepared)


def test_a_folder_that_is_no_class_is_named(written: Path, tmp_path: Path) -> None:
    source = shutil.copytree(written, tmp_path / "source")
    (source / "test" / "Sinus").mkdir()
    with pytest.raises(DatasetError, match="Sinus"):
        _read(source, tmp_path / "out")


def test_old_file_names_are_no_records(written: Path, tmp_path: Path) -> None:
    """``fig_7.png`` says nothing about who it is; it must not make one patient of all classes."""
    source = tmp_path / "source"
    for side, label, name in (("train", "Normal", "fig_7.png"), ("test", "Paced", "VFEfig_7.png")):
        (source / side / label).mkdir(parents=True)
        shutil.copy(next((written / side / label).glob("*.png")), source / side / label / name)
    _read(source, tmp_path / "out")
    assert list(datasets.load(tmp_path / "out").table["patient"]) == ["unknown-NORMAL", "unknown-PACED"]


def test_a_missing_side_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="train/"):
        _read(tmp_path, tmp_path / "out")


def test_pixels_of_the_folder_layout_are_grey_on_white(written: Path) -> None:
    from PIL import Image

    path = next((written / "test" / "Normal").glob("*.png"))
    picture = np.asarray(Image.open(path))
    assert picture.shape == (128, 192)
    assert picture[0, 0] == 255
