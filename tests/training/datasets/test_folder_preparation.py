"""``prepare --from-folders`` as people call it."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from training.__main__ import app

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "samples"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The samples as a data set, whose PAC folder holds paced beats."""
    for short, holds in (("NORMAL", "NORMAL"), ("Premature Atrial Contractions", "PACED"), ("PVCs", "PVC")):
        pictures = sorted((SAMPLES / holds).iterdir())
        for number, path in enumerate(pictures):
            # Two pictures are too few to say that a whole folder is another class.
            partition = "test" if number % 4 == 0 and holds != "PACED" else "train"
            folder = tmp_path / "data" / partition / short
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / f"fig_{number}{path.suffix}")
    return tmp_path / "data"


def prepared(source: Path, *options: str) -> Result:
    words = ["prepare", "--from-folders", str(source), "--data", str(source.parent / "out")]
    return CliRunner().invoke(app, [*words, "--models", str(ROOT / "models"), *options])


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return " ".join(result.stderr.split())


def test_a_folder_that_holds_another_class_is_found_with_its_share(source: Path) -> None:
    words = said(prepared(source))
    sentence = "The whole folder train/Premature Atrial Contractions (PAC) looks like PACED: arrhythmia "
    assert sentence in words
    assert "of its" in words
    with (source.parent / "out" / "audit.csv").open() as lines:
        rows = [row for row in csv.DictReader(lines) if row["kind"] == "whole folder"]
    assert {(row["label"], row["better"]) for row in rows} == {("PAC", "PACED")}
    assert all(float(row["figure"]) > 0.5 for row in rows)


def test_programs_get_one_object(source: Path) -> None:
    (source / "train" / "NORMAL" / "note.txt").write_text("no picture")
    Image.new("L", (20, 20)).save(source / "train" / "NORMAL" / "scan.bmp")
    result = prepared(source, "--json")
    summary = json.loads(result.stdout)
    reasons = {entry["file"]: entry["reason"] for entry in summary["left_out"]["files"]}
    assert reasons == {
        "train/NORMAL/note.txt": "NOT_A_PICTURE",
        "train/NORMAL/scan.bmp": "IMAGE_UNSUPPORTED_FORMAT",
    }
    assert summary["left_out"]["total"] == 2
    assert summary["pictures"] == sum(entry["pictures"] for entry in summary["classes"])
    assert {entry["class"] for entry in summary["classes"]} == {"NORMAL", "PAC", "PVC"}
    assert any("looks like PACED" in sentence for sentence in summary["findings"]["sentences"])


def test_a_long_list_of_what_was_left_out_ends_with_how_many_more(source: Path) -> None:
    for number in range(200):
        (source / "train" / "NORMAL" / f"note {number}.txt").write_text("no picture")
    words = said(prepared(source))
    assert words.count("left out train/NORMAL/note") == 20
    assert "and 180 more" in words
    assert "200 files left out (200 NOT_A_PICTURE); " in words
    assert len((source.parent / "out" / "left-out.csv").read_text().splitlines()) == 201


def test_a_name_can_not_write_on_the_screen(source: Path) -> None:
    (source / "train" / "NORMAL" / "\x1b[2Jnote.txt").write_text("no picture")
    assert "\\x1b[2Jnote.txt" in said(prepared(source))


def test_without_a_model_nobody_is_asked_and_that_is_said(source: Path) -> None:
    assert "so no model was asked" in said(prepared(source, "--models", str(source.parent / "none")))


def test_the_class_of_a_folder_can_be_told(source: Path) -> None:
    (source / "train" / "PVCs").rename(source / "train" / "Extra")
    refused = prepared(source)
    assert refused.exit_code == 1
    assert "--map 'Extra=CLASS'" in " ".join(refused.output.split())
    assert "train/Extra (PVC): " in said(prepared(source, "--map", "Extra=PVC"))


def test_options_for_folders_are_for_folders() -> None:
    result = CliRunner().invoke(app, ["prepare", "--map", "Extra=PVC"])
    assert result.exit_code == 1
    assert "are for --from-folders" in " ".join(result.output.split())
