"""Commands about the model for whole recordings, as far as they need no database."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from training.__main__ import app

ROOT = Path(__file__).resolve().parents[3]
NAME = "arrhythmia-recording"
run = CliRunner()


def test_a_database_of_which_no_beats_are_prepared_is_named(tmp_path: Path) -> None:
    result = run.invoke(app, ["recordings", "prepare", "--databases", "mitdb,elsewhere", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "No beats are prepared of elsewhere." in result.output


def test_the_card_is_written_from_the_file_and_the_tables(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "models" / NAME / "3", tmp_path / NAME / "3")
    result = run.invoke(app, ["recordings", "card", "--models", str(tmp_path), "--results", str(ROOT / "results")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / NAME / "MODEL_CARD.md").read_text() == (ROOT / "models" / NAME / "MODEL_CARD.md").read_text()


# Another test may have begun to compute with TensorFlow, whose threads then can't be bounded any more.
@pytest.mark.parametrize("command", [["tables"], ["export", "--threads=0"]], ids=lambda command: command[0])
def test_tables_and_export_say_what_was_not_prepared(command: list[str], tmp_path: Path) -> None:
    result = run.invoke(app, ["recordings", *command, "--data", str(tmp_path), "--runs", str(tmp_path / "runs")])
    assert result.exit_code == 1, result.output
    assert str(tmp_path) in result.output.replace("\n", "")
