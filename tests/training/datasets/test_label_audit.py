"""What is found wrong with class folders."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from ecg.classes import CLASS_SETS
from ecg.pictures.rendering import draw
from tests.training.recordings import SYMBOLS, shape
from training.__main__ import app
from training.datasets import label_audit

CLASSES = CLASS_SETS["six"][:3]
PER_CLASS = 24


def _beat(symbol: str, seed: int) -> Image.Image:
    generator = np.random.default_rng([SYMBOLS.index(symbol), seed])
    signal = shape(symbol)[4:196] * generator.uniform(0.5, 0.9) + generator.normal(0, 0.03, 192)
    return Image.fromarray(draw(signal[None].astype(np.float32))[0])


#: Beats by formula are of no class to a model that learned from people's.
NO_MODEL = ("--models", os.devnull)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for finding in CLASSES:
        for number in range(PER_CLASS):
            partition = "test" if number % 4 == 0 else "train"
            folder = tmp_path / "Dataset" / partition / finding.name
            folder.mkdir(parents=True, exist_ok=True)
            _beat(finding.symbol, number).save(folder / f"fig_{number}.png")
    return tmp_path / "Dataset"


def _audited(source: Path) -> tuple[list[dict[str, str]], str]:
    out = source.parent / "prepared"
    result = CliRunner().invoke(app, ["prepare", "--from-folders", str(source), "--data", str(out), *NO_MODEL])
    assert result.exit_code == 0, result.output
    with (out / "audit.csv").open(newline="") as lines:
        return list(csv.DictReader(lines)), " ".join(result.output.split())


def test_a_clean_data_set_has_no_findings(source: Path) -> None:
    findings, output = _audited(source)
    assert findings == []
    assert "0 findings" in output


def test_a_file_in_both_partitions_is_named_with_its_twin(source: Path) -> None:
    (source / "test/Normal/copy.png").write_bytes((source / "train/Normal/fig_1.png").read_bytes())
    findings, output = _audited(source)
    (finding,) = findings
    assert finding["kind"] == label_audit.BOTH_PARTITIONS
    assert (finding["file"], finding["other"]) == ("test/Normal/copy.png", "train/Normal/fig_1.png")
    assert "1 test pictures are" in output


@pytest.mark.parametrize("change", ["larger", "through JPEG"])
def test_a_training_picture_drawn_again_in_the_test_partition_is_a_near_duplicate(source: Path, change: str) -> None:
    picture: Image.Image = Image.open(source / "train/Normal/fig_1.png")
    if change == "larger":
        picture = picture.resize((384, 256))
    else:
        picture.save(source.parent / "lossy.jpg", quality=90)
        picture = Image.open(source.parent / "lossy.jpg")
    picture.save(source / "test/Normal/again.png")
    finding = [finding for finding in _audited(source)[0] if finding["kind"] == label_audit.NEAR_DUPLICATE]
    assert [(finding["file"], finding["other"]) for finding in finding] == [
        ("test/Normal/again.png", "train/Normal/fig_1.png")
    ]
    assert 0 <= float(finding[0]["figure"]) <= label_audit.NEAR


def test_one_picture_under_two_classes_is_found(source: Path) -> None:
    content = (source / "train/Normal/fig_2.png").read_bytes()
    (source / "train" / CLASSES[1].name / "fig_2b.png").write_bytes(content)
    kinds = [finding["kind"] for finding in _audited(source)[0]]
    assert label_audit.TWO_CLASSES in kinds


def test_pictures_in_the_wrong_folder_are_named_with_the_class_that_they_look_like(source: Path) -> None:
    for seed in (100, 101):
        _beat("L", seed).save(source / "train" / "Right Bundle Branch Block" / f"wrong_{seed}.png")
    findings, output = _audited(source)
    wrong = {
        finding["file"].rpartition("/")[2]: finding
        for finding in findings
        if finding["kind"] == label_audit.MISLABELLED
    }
    assert set(wrong) == {"wrong_100.png", "wrong_101.png"}
    assert {(finding["label"], finding["better"]) for finding in wrong.values()} == {("RBBB", "LBBB")}
    assert all(float(finding["figure"]) > 0.5 for finding in wrong.values())
    assert "2 pictures look like another class" in output


def test_a_class_with_a_single_picture_does_not_stop_the_audit(source: Path) -> None:
    for path in sorted((source / "train" / CLASSES[2].name).iterdir())[1:]:
        path.unlink()
    for path in (source / "test" / CLASSES[2].name).iterdir():
        path.unlink()
    assert "findings are listed" in _audited(source)[1]
