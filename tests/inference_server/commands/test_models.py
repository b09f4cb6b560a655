from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from inference_server.commands.application import app
from tests.inference_server.tiny_models import write_model


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for version in ("1", "2"):
        write_model(tmp_path, version=version)
    return tmp_path


def models(repository: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["models", *arguments, "--models", str(repository)])


def rows(result: Result) -> dict[str, list[str]]:
    return {line.split()[0]: line.split() for line in result.stdout.splitlines()[1:]}


def test_list_shows_the_versions_and_who_answers(repository: Path) -> None:
    listed = rows(models(repository, "list"))
    assert listed["1"][1:3] == ["usable", "NORMAL"]
    assert listed["2"][1:4] == ["usable", "newest", "NORMAL"]


def test_a_pin_is_set_shown_and_taken_away(repository: Path) -> None:
    assert models(repository, "pin", "1").exit_code == 0
    assert rows(models(repository, "list"))["1"][2] == "pinned"
    assert models(repository, "unpin").exit_code == 0
    assert rows(models(repository, "list"))["2"][2] == "newest"


def test_verify_fails_and_says_why(repository: Path) -> None:
    assert models(repository, "verify").exit_code == 0
    write_model(repository, version="3", metadata={"scores": None})
    result = models(repository, "verify")
    assert result.exit_code == 1
    assert "refused: model.onnx lacks metadata: scores." in result.stdout
    assert rows(result)["2"][2] == "newest"


def test_a_broken_or_missing_version_is_not_pinned(repository: Path) -> None:
    result = models(repository, "pin", "9")
    assert result.exit_code == 1
    assert "metadata.json is missing" in result.stderr


def test_an_empty_repository_is_said(tmp_path: Path) -> None:
    result = models(tmp_path, "verify")
    assert result.exit_code == 1
    assert "There is no version" in result.stderr
