"""The command line."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from inference_server.classification import DISCLAIMER
from tests.inference_server.environment import bare
from tests.inference_server.pictures import picture
from tests.inference_server.server_process import ServerProcess
from tests.inference_server.tiny_models import CLASSES


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "inference_server", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=bare(**environment),
    )


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    contents = {
        "normal.png": picture(0),
        "pvc.jpg": picture(4, form="JPEG"),
        "cut.png": picture()[:100],
        "text.png": b"text",
        "empty.png": b"",
        "missing.png": None,
    }
    for name, content in contents.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
    return [str(tmp_path / name) for name in contents]


@pytest.mark.parametrize("where", ["in process", "running server"])
def test_json_has_one_object_a_line(pictures: list[str], models: Path, server: ServerProcess, where: str) -> None:
    options = ["--models", str(models)] if where == "in process" else ["--address", server.address]
    ran = run("classify", "--json", *options, *pictures)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["file"] for line in lines] == pictures
    assert lines[0] == {
        "file": pictures[0], "class": "NORMAL", "probability": 1.0, "verdict": "CONFIDENT", "plausible": ["NORMAL"]
    }  # fmt: skip
    assert lines[1]["class"] == "PVC"
    reasons = [line["error"]["reason"] for line in lines[2:]]
    assert reasons == ["IMAGE_TRUNCATED", "IMAGE_UNSUPPORTED_FORMAT", "IMAGE_EMPTY", "FILE_NOT_FOUND"]
    assert all(set(line) == {"file", "error"} and line["error"]["message"] for line in lines[2:])
    assert ran.returncode == 1
    assert DISCLAIMER in ran.stderr


def test_all_answered_is_exit_code_0(pictures: list[str], models: Path) -> None:
    ran = run("classify", *pictures[:2], BEATLENS_MODELS=str(models))
    assert ran.returncode == 0, ran.stderr


def test_the_table_names_class_probability_and_verdict(pictures: list[str], models: Path) -> None:
    ran = run("classify", *pictures[:3], BEATLENS_MODELS=str(models))
    header, normal, pvc, cut = ran.stdout.splitlines()
    assert header.split() == ["file", "class", "probability", "verdict"]
    assert normal.split() == [pictures[0], "NORMAL", "(Normal)", "100.0%", "CONFIDENT"]
    assert "PVC (Premature Ventricular Contraction)" in pvc
    assert "IMAGE_TRUNCATED" in cut
    assert ran.returncode == 1


def test_an_uncertain_row_names_what_stays_plausible(tmp_path: Path, models: Path) -> None:
    (tmp_path / "blank.png").write_bytes(picture(ink="white"))
    ran = run("classify", str(tmp_path / "blank.png"), BEATLENS_MODELS=str(models))
    assert "UNCERTAIN (NORMAL, LBBB, RBBB, PAC, PVC, VF, PACED)" in ran.stdout


def test_the_lead_is_named_by_an_option_and_told_with_the_answer(
    pictures: list[str], models: Path, server: ServerProcess
) -> None:
    for options in (["--models", str(models)], ["--address", server.address]):
        ran = run("classify", "--json", "--lead", "Lead II", *options, pictures[0])
        answer = json.loads(ran.stdout)
        assert (answer["lead"], answer["lead_knowledge"], answer["verdict"]) == ("II", "NONE", "UNCERTAIN")
    ran = run("classify", "--lead", "ii", "--models", str(models), pictures[0])
    assert "how often it is right in II was not measured" in ran.stdout
    assert run("classify", "--lead", "heart", "--models", str(models), pictures[0]).returncode == 2


@pytest.mark.parametrize("where", ["in process", "running server"])
def test_folders_are_searched_and_answered_in_order(
    tmp_path: Path, models: Path, server: ServerProcess, where: str
) -> None:
    (tmp_path / "PVC").mkdir()
    for number in range(30):
        (tmp_path / "PVC" / f"{number:02}.png").write_bytes(picture(number % 7))
    options = ["--models", str(models)] if where == "in process" else ["--address", server.address]
    ran = run("classify", "--json", *options, str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["file"] for line in lines] == [str(tmp_path / "PVC" / f"{number:02}.png") for number in range(30)]
    assert [line["class"] for line in lines] == [CLASSES[number % 7][0] for number in range(30)]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder as people have them."""
    bitmap = io.BytesIO()
    Image.open(io.BytesIO(picture(4))).save(bitmap, "BMP")
    contents = {
        "good.png": picture(0),
        "beat.jfif": picture(4, form="JPEG"),
        "deeper/BEAT.JPG": picture(4, form="JPEG"),
        "no suffix": picture(0),
        "note.txt": b"text",
        "[bold]note.txt": b"text",
        "Thumbs.db": b"",
        "__MACOSX/._good.png": b"",
        "scan.bmp": bitmap.getvalue(),
        "broken.webp": b"RIFF\0\0\0\0WEBPVP8 ",
        "text.png": b"text",
    }
    for name, content in contents.items():
        (tmp_path / "mixed" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mixed" / name).write_bytes(content)
    (tmp_path / "mixed" / os.fsdecode(b"K\xf6ln.png")).write_bytes(picture(0))
    os.mkfifo(tmp_path / "mixed" / "pipe")
    return tmp_path / "mixed"


@pytest.mark.parametrize("where", ["in process", "running server"])
def test_nothing_in_a_folder_is_left_out_without_a_word(
    mixed: Path, models: Path, server: ServerProcess, where: str
) -> None:
    options = ["--models", str(models)] if where == "in process" else ["--address", server.address]
    ran = run("classify", "--json", *options, str(mixed))
    lines = {line["file"].removeprefix(f"{mixed}/"): line for line in map(json.loads, ran.stdout.splitlines())}
    assert {name for name, line in lines.items() if "class" in line} == {
        "good.png",
        "beat.jfif",
        "deeper/BEAT.JPG",
        "no suffix",
        "scan.bmp",
        os.fsdecode(b"K\xf6ln.png"),
    }
    assert {name: line["left_out"]["reason"] for name, line in lines.items() if "left_out" in line} == {
        "note.txt": "NOT_A_PICTURE",
        "[bold]note.txt": "NOT_A_PICTURE",
        "pipe": "NOT_A_FILE",
    }
    refused = {name: line["error"]["reason"] for name, line in lines.items() if "error" in line}
    assert refused == {"text.png": "IMAGE_UNSUPPORTED_FORMAT", "broken.webp": "IMAGE_CORRUPT"}
    assert lines["scan.bmp"]["class"] == lines["beat.jfif"]["class"] == "PVC"
    assert set(lines) == {path.relative_to(mixed).as_posix() for path in mixed.rglob("*") if not path.is_dir()} - {
        "Thumbs.db",
        "__MACOSX/._good.png",
    }
    assert "3 files left out (2 NOT_A_PICTURE, 1 NOT_A_FILE)" in ran.stderr


def test_the_screen_names_what_was_left_out(mixed: Path, models: Path) -> None:
    ran = run("classify", str(mixed), BEATLENS_MODELS=str(models))
    assert f"left out {mixed}/[bold]note.txt: The file is a text." in ran.stderr
    assert f"{mixed}/K\\udcf6ln.png" in ran.stdout
    assert ran.returncode == 1  # text.png says that it is a picture


def test_a_long_list_of_what_was_left_out_ends_with_how_many_more(tmp_path: Path, models: Path) -> None:
    for number in range(50):
        (tmp_path / f"note {number}.txt").write_text("no picture")
    (tmp_path / "beat.png").write_bytes(picture(0))
    ran = run("classify", str(tmp_path), BEATLENS_MODELS=str(models))
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count("left out /") == 20
    assert "and 30 more" in ran.stderr
    assert "50 files left out (50 NOT_A_PICTURE)" in ran.stderr


def test_a_folder_without_pictures_is_an_error(tmp_path: Path, models: Path) -> None:
    ran = run("classify", str(tmp_path), BEATLENS_MODELS=str(models))
    assert ran.returncode == 1
    assert f"{tmp_path} has no pictures." in ran.stderr


def test_a_server_that_is_not_there(pictures: list[str]) -> None:
    ran = run("classify", "--json", "--address", "127.0.0.1:1", pictures[0])
    assert json.loads(ran.stdout)["error"]["reason"] == "SERVER_UNAVAILABLE"
    assert ran.returncode == 1


def test_a_repository_without_a_model(tmp_path: Path) -> None:
    ran = run("classify", "x.png", "--models", str(tmp_path))
    assert ran.returncode == 1
    assert ran.stderr.strip() == f"There is no usable model in {tmp_path / 'arrhythmia'}."


def test_help_is_there() -> None:
    ran = run("classify", "--help")
    assert ran.returncode == 0
    for word in ("PICTURE", "--address", "--json", "--models"):
        assert word in ran.stdout
