"""Partitions and classes as people call their folders, and every file that lies elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ecg.classes import CLASS_SETS
from training.datasets.class_folders import Survey, parse_map, survey
from training.datasets.prepared_data import DatasetError

CLASSES = CLASS_SETS["eight"]
NAMES = ("train/Normal/1.png", "train/PVC/1.png", "test/Normal/2.png", "test/PVC/2.png")


def write(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".png", ".jfif"):
            Image.new("L", (20, 20), "white").save(path, "PNG" if path.suffix == ".png" else "JPEG")
        else:
            path.write_text("no picture")
    return root


def pictures(surveyed: Survey) -> dict[tuple[str, str], list[str]]:
    return {
        (folder.partition, folder.beat_class.short): [
            path.relative_to(surveyed.root).as_posix() for path in folder.files
        ]
        for folder in surveyed.class_folders
        if folder.files
    }


def left_out(surveyed: Survey) -> dict[str, str]:
    return {item.path.relative_to(surveyed.source).as_posix(): item.reason for item in surveyed.left_out}


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "val", "test"),
        ("Train", "Valid", "TEST"),
        ("training_set", "validation_set", "test_set"),
        ("Training", "dev", "testing"),
        ("train data", "validation-data", "Test Data"),
    ],
)
def test_partitions_are_known_by_what_people_call_them(tmp_path: Path, train: str, validation: str, test: str) -> None:
    surveyed = survey(write(tmp_path, *(f"{partition}/PVC/1.png" for partition in (train, validation, test))), CLASSES)
    assert pictures(surveyed) == {
        ("train", "PVC"): [f"{train}/PVC/1.png"],
        ("validation", "PVC"): [f"{validation}/PVC/1.png"],
        ("test", "PVC"): [f"{test}/PVC/1.png"],
    }


def test_classes_are_known_by_what_people_call_them_and_may_be_spelled_twice(tmp_path: Path) -> None:
    names = (
        "train/Premature Ventricular Contractions/1.png",
        "train/pvc/2.jfif",
        "test/ventricular_premature_beat/3",
    )
    Image.new("L", (20, 20)).save(write(tmp_path, *names) / names[2], "PNG")
    assert pictures(survey(tmp_path, CLASSES)) == {
        ("train", "PVC"): list(names[:2]),
        ("test", "PVC"): list(names[2:]),
    }


def test_pictures_may_lie_deeper_and_in_what_unpacking_made(tmp_path: Path) -> None:
    source = write(tmp_path / "download", "Dataset/data/train/N/a/b/1.png", "Dataset/data/test/N/1.png", "__MACOSX/x")
    surveyed = survey(source, CLASSES)
    assert surveyed.root == source / "Dataset" / "data"
    assert pictures(surveyed)["train", "NORMAL"] == ["train/N/a/b/1.png"]


def test_every_other_file_is_named_with_its_reason(tmp_path: Path) -> None:
    reasons = {
        "README.txt": "OUTSIDE_THE_SIDES",
        "extra/PVC/5.png": "OUTSIDE_THE_SIDES",
        "train/loose.png": "IN_NO_CLASS_FOLDER",
        "train/Normal/note.txt": "NOT_A_PICTURE",
        "train/.cache/Normal/1.png": "HIDDEN",
    }
    of_the_system = ("Thumbs.db", "train/.DS_Store", "train/Normal/._1.png", "__MACOSX/train/Normal/1.png")
    write(tmp_path, *NAMES, *reasons, *of_the_system)
    surveyed = survey(tmp_path, CLASSES)
    assert left_out(surveyed) == reasons
    assert sum(map(len, pictures(surveyed).values())) == len(NAMES)


def test_a_folder_that_is_no_class_is_named_with_what_helps(tmp_path: Path) -> None:
    source = write(tmp_path, *NAMES, "train/Sinus/1.png", "test/Premature Atrial Contarction/1.png")
    with pytest.raises(DatasetError) as refused:
        survey(source, CLASSES)
    message = str(refused.value)
    assert "no class: Sinus, Premature Atrial Contarction." in message
    assert "'Premature Atrial Contarction' is spelled much like 'Premature Atrial Contraction'" in message
    assert "PACED (Paced)" in message
    assert "--map 'Sinus=CLASS'" in message


def test_a_map_gives_other_folders_their_class_or_leaves_them_out(tmp_path: Path) -> None:
    source = write(tmp_path, *NAMES, "train/Sinus Rhythm/1.png", "test/Fusion/1.png")
    surveyed = survey(source, CLASSES, parse_map(["sinus_rhythm=normal", "Fusion=-"], CLASSES))
    assert pictures(surveyed)["train", "NORMAL"] == ["train/Normal/1.png", "train/Sinus Rhythm/1.png"]
    assert left_out(surveyed) == {"test/Fusion/1.png": "FOLDER_LEFT_OUT"}


def test_a_map_comes_before_a_name_that_is_known(tmp_path: Path) -> None:
    surveyed = survey(write(tmp_path, *NAMES), CLASSES, parse_map(["Normal=PACED"], CLASSES))
    assert ("train", "PACED") in pictures(surveyed)


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        (["Sinus"], "not of the form"),
        (["=PVC"], "not of the form"),
        (["Sinus=Fusion"], "names no class"),
        (["Sinus=PVC", "sinus=PAC"], "twice"),
        (["Nowhere=PVC"], "not there: nowhere"),
    ],
)
def test_a_map_that_does_not_fit_is_said(tmp_path: Path, entries: list[str], sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        survey(write(tmp_path, *NAMES), CLASSES, parse_map(entries, CLASSES))


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["train/PVC/1.png"], "no folder test/"),
        (["test/PVC/1.png"], "no folder train/"),
        (["train/PVC/1.png", "test/PVC/note.txt"], "test partition, .*/test/, has no pictures"),
        (["train/PVC/1.png", "test/PVC/1.png", "val/PVC/x.txt"], "validation partition, .*/val/, has no pictures"),
        (["train/PVC/1.png", "training/PVC/1.png", "test/PVC/1.png"], "train partition twice"),
    ],
)
def test_a_partition_that_is_missing_empty_or_twice_there_is_an_error(
    tmp_path: Path, names: list[str], sentence: str
) -> None:
    with pytest.raises(DatasetError, match=sentence):
        survey(write(tmp_path, *names), CLASSES)


def test_a_source_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="can't be read"):
        survey(tmp_path / "nowhere", CLASSES)


def test_class_folders_may_be_links(tmp_path: Path) -> None:
    source = write(tmp_path / "source", *NAMES)
    write(tmp_path, "elsewhere/3.png")
    (source / "train" / "Paced").symlink_to(tmp_path / "elsewhere")
    (source / "train" / "Normal" / "more").symlink_to(source)
    surveyed = survey(source, CLASSES)
    assert pictures(surveyed)["train", "PACED"] == ["train/Paced/3.png"]
    assert left_out(surveyed) == {"train/Normal/more": "NOT_A_FILE"}
