from __future__ import annotations

import csv
import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from ecg.classes import CLASS_SETS
from training.datasets import folders, prepared_data
from training.datasets.class_folders import survey
from training.datasets.prepared_data import Dataset, DatasetError
from training.datasets.splits import split

CLASSES = CLASS_SETS["seven"]


@pytest.fixture(scope="module")
def written(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("folders")
    partitions = split(data.table, data.labels(CLASSES), "beats-10fold", seed=0)
    *_, (done, total) = folders.write_folders(data, partitions, CLASSES, out)
    assert done == total
    return out


def _read(source: Path, out: Path) -> list[folders.Read]:
    return list(folders.read_folders(survey(source, CLASSES), out))


def test_beats_come_back_from_class_folders_with_the_same_pixels(data: Dataset, written: Path, tmp_path: Path) -> None:
    _read(written, tmp_path)
    back = prepared_data.load(tmp_path)
    original = {
        (beat.record, beat.sample): data.pixels[0][row]
        for row, beat in enumerate(data.table.itertuples())
        if beat.primary
    }
    assert len(back.table) == int((data.labels(CLASSES) >= 0).sum() / 2)
    for row, beat in enumerate(back.table.itertuples()):
        assert (back.pixels[0][row] == original[beat.record, beat.sample]).all()


def test_the_given_partitions_stay(written: Path, tmp_path: Path) -> None:
    _read(written, tmp_path)
    back = prepared_data.load(tmp_path)
    partitions = split(back.table, back.labels(CLASSES), "as-given", seed=0)
    assert set(back.table["partition"].iloc[partitions.test]) == {"test"}
    assert set(back.table["partition"].iloc[partitions.train]) == {"train"}
    assert len(partitions.validation) == pytest.approx((len(partitions.train) + len(partitions.validation)) / 10, abs=1)


def test_files_that_are_no_pictures_are_named_and_left_out(written: Path, tmp_path: Path) -> None:
    source = shutil.copytree(written, tmp_path / "source")
    (source / "train" / "Normal" / "broken.png").write_text("no picture")
    (source / "train" / "Normal" / "note.txt").write_text("no picture")
    (normal,) = [
        read
        for read in _read(source, tmp_path / "out")
        if (read.folder.partition, read.folder.beat_class.short) == ("train", "NORMAL")
    ]
    assert [(item.path.name, item.reason) for item in normal.left_out] == [("broken.png", "IMAGE_UNSUPPORTED_FORMAT")]
    with (tmp_path / "out" / folders.LEFT_OUT).open() as lines:
        listed = {(row["file"], row["reason"]) for row in csv.DictReader(lines)}
    assert listed == {
        ("train/Normal/broken.png", "IMAGE_UNSUPPORTED_FORMAT"),
        ("train/Normal/note.txt", "NOT_A_PICTURE"),
    }


def test_each_picture_s_file_is_stored_in_the_order_of_the_rows(written: Path, tmp_path: Path) -> None:
    _read(written, tmp_path)
    back, files = prepared_data.load(tmp_path), folders.read_files(tmp_path)
    assert len(files) == len(back.table)
    for row, (beat, file) in enumerate(zip(back.table.itertuples(), files.itertuples(), strict=True)):
        assert file.file.endswith(f"/{beat.record}_{beat.sample}.png")
        assert file.partition == beat.partition
        assert hashlib.sha256(back.pixels[0][row].tobytes()).hexdigest() == file.content


def test_other_pictures_under_the_same_names_are_another_data_set(written: Path, tmp_path: Path) -> None:
    source = shutil.copytree(written, tmp_path / "source")
    _read(source, tmp_path / "before")
    first, second, *_ = sorted((source / "train" / "Paced").glob("*.png"))
    shutil.copy(first, second)
    _read(source, tmp_path / "after")
    _read(source, tmp_path / "again")
    before, after, again = (prepared_data.load(tmp_path / name).digest for name in ("before", "after", "again"))
    assert before != after
    assert after == again


def test_progress_ends_at_the_whole(written: Path, tmp_path: Path) -> None:
    fractions: list[float] = []
    list(folders.read_folders(survey(written, CLASSES), tmp_path, fractions.append))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_other_data_sets_have_no_files(prepared: Path) -> None:
    with pytest.raises(DatasetError, match="not read from class folders"):
        folders.read_files(prepared)


def test_old_file_names_are_no_records(written: Path, tmp_path: Path) -> None:
    """``fig_7.png`` says nothing about who it is; it must not make one patient of all classes."""
    source = tmp_path / "source"
    for partition, label, name in (("train", "Normal", "fig_7.png"), ("test", "Paced", "VFEfig_7.png")):
        (source / partition / label).mkdir(parents=True)
        shutil.copy(next((written / partition / label).glob("*.png")), source / partition / label / name)
    _read(source, tmp_path / "out")
    assert list(prepared_data.load(tmp_path / "out").table["patient"]) == ["unknown-NORMAL", "unknown-PACED"]


def test_a_partition_of_which_nothing_can_be_read_is_an_error(written: Path, tmp_path: Path) -> None:
    source = shutil.copytree(written, tmp_path / "source")
    for path in (source / "test").rglob("*.png"):
        path.write_text("no picture")
    with pytest.raises(DatasetError, match="No picture of the test partition"):
        _read(source, tmp_path / "out")
    assert not prepared_data.is_complete(tmp_path / "out")


def test_validation_pictures_validate(written: Path, tmp_path: Path) -> None:
    source = shutil.copytree(written, tmp_path / "source")
    for path in sorted((source / "train").rglob("*.png"))[::5]:
        moved = source / "valid" / path.relative_to(source / "train")
        moved.parent.mkdir(parents=True, exist_ok=True)
        path.rename(moved)
    _read(source, tmp_path / "out")
    back = prepared_data.load(tmp_path / "out")
    partitions = split(back.table, back.labels(CLASSES), "as-given", seed=0)
    assert set(back.table["partition"].iloc[partitions.validation]) == {"validation"}
    assert set(back.table["partition"].iloc[partitions.train]) == {"train"}


def test_names_that_no_character_set_knows_and_numbers_without_end_stop_nothing(written: Path, tmp_path: Path) -> None:
    source = shutil.copytree(written, tmp_path / "source")
    picture = next((source / "train" / "Normal").glob("*.png"))
    shutil.copy(picture, os.fsdecode(os.fsencode(picture.parent) + b"/K\xf6ln.png"))
    shutil.copy(picture, picture.parent / f"{'9' * 40}_{'1' * 40}.png")
    (source / os.fsdecode(b"l\xf6sch.txt")).write_text("no picture")
    _read(source, tmp_path / "out")
    files = set(folders.read_files(tmp_path / "out")["file"])
    assert "train/Normal/K\\udcf6ln.png" in files
    assert "l\\udcf6sch.txt" in (tmp_path / "out" / folders.LEFT_OUT).read_text()


def test_pixels_of_the_folder_layout_are_grey_on_white(written: Path) -> None:
    from PIL import Image

    path = next((written / "test" / "Normal").glob("*.png"))
    picture = np.asarray(Image.open(path))
    assert picture.shape == (128, 192)
    assert picture[0, 0] == 255
