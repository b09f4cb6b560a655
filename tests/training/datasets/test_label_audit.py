"""What is found wrong with class folders."""

from __future__ import annotations

import csv
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


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for one in CLASSES:
        for number in range(PER_CLASS):
            side = "test" if number % 4 == 0 else "train"
            folder = tmp_path / "Dataset" / side / one.name
            folder.mkdir(parents=True, exist_ok=True)
            _beat(one.symbol, number).save(folder / f"fig_{number}.png")
    return tmp_path / "Dataset"


def _audited(source: Path) -> tuple[list[dict[str, str]], str]:
    out = source.parent / "prepared"
    result = CliRunner().invoke(app, ["prepare", "--from-folders", str(source), "--data", str(out)])
    assert result.exit_code == 0, result.output
    with (out / "audit.csv").open(newline="") as lines:
        return list(csv.DictReader(lines)), " ".join(result.output.split())


def test_a_clean_data_set_has_no_findings(source: Path) -> None:
    findings, said = _audited(source)
    assert findings == []
    assert "0 findings" in said


def test_a_file_on_both_sides_is_named_with_its_twin(source: Path) -> None:
    (source / "test/Normal/copy.png").write_bytes((source / "train/Normal/fig_1.png").read_bytes())
    findings, said = _audited(source)
    (found,) = findings
    assert found["kind"] == label_audit.BOTH_SIDES
    assert (found["file"], found["other"]) == ("test/Normal/copy.png", "train/Normal/fig_1.png")
    assert "1 test pictures are" in said


@pytest.mark.parametrize("change", ["larger", "through JPEG"])
def test_a_training_picture_drawn_again_on_the_test_side_is_a_near_duplicate(source: Path, change: str) -> None:
    picture: Image.Image = Image.open(source / "train/Normal/fig_1.png")
    if change == "larger":
        picture = picture.resize((384, 256))
    else:
        picture.save(source.parent / "lossy.jpg", quality=90)
        picture = Image.open(source.parent / "lossy.jpg")
    picture.save(source / "test/Normal/again.png")
    found = [one for one in _audited(source)[0] if one["kind"] == label_audit.NEAR_DUPLICATE]
    assert [(one["file"], one["other"]) for one in found] == [("test/Normal/again.png", "train/Normal/fig_1.png")]
    assert 0 <= float(found[0]["figure"]) <= label_audit.NEAR


def test_one_picture_under_two_classes_is_found(source: Path) -> None:
    content = (source / "train/Normal/fig_2.png").read_bytes()
    (source / "train" / CLASSES[1].name / "fig_2b.png").write_bytes(content)
    kinds = [one["kind"] for one in _audited(source)[0]]
    assert label_audit.TWO_CLASSES in kinds


def test_pictures_in_the_wrong_folder_are_named_with_the_class_that_they_look_like(source: Path) -> None:
    for seed in (100, 101):
        _beat("L", seed).save(source / "train" / "Right Bundle Branch Block" / f"wrong_{seed}.png")
    findings, said = _audited(source)
    wrong = {one["file"].rpartition("/")[2]: one for one in findings if one["kind"] == label_audit.MISLABELLED}
    assert set(wrong) == {"wrong_100.png", "wrong_101.png"}
    assert {(one["label"], one["better"]) for one in wrong.values()} == {("RBBB", "LBBB")}
    assert all(float(one["figure"]) > 0.5 for one in wrong.values())
    assert "2 pictures look like another class" in said


def test_a_class_with_a_single_picture_does_not_stop_the_audit(source: Path) -> None:
    for path in sorted((source / "train" / CLASSES[2].name).iterdir())[1:]:
        path.unlink()
    for path in (source / "test" / CLASSES[2].name).iterdir():
        path.unlink()
    assert "findings are listed" in _audited(source)[1]
