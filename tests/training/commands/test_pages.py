"""Commands about drawn pages: what they refuse before anything is drawn or trained."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from training.__main__ import app
from training.pages.plans import Pool

run = CliRunner()


@pytest.mark.parametrize(("option", "known"), [("--layout", "3x4"), ("--medium", "scan")])
def test_layouts_and_media_that_are_none_are_refused_with_those_that_are(
    option: str, known: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pool, "of", lambda _partition: Pool((), ()))
    result = run.invoke(app, ["pages", str(tmp_path / "pages"), option, "nothing"])
    assert result.exit_code == 2
    assert "'nothing' is none of" in result.output
    assert known in result.output
    assert not (tmp_path / "pages").exists()


def test_a_partition_that_is_none_is_named(tmp_path: Path) -> None:
    result = run.invoke(app, ["pages", str(tmp_path / "pages"), "--partition", "everything"])
    assert result.exit_code == 1
    assert "There is no partition 'everything'" in result.output


def test_nothing_is_trained_on_a_folder_without_pages(tmp_path: Path) -> None:
    result = run.invoke(app, ["pages-train", "--data", str(tmp_path), "--run", str(tmp_path / "run")])
    assert result.exit_code == 1
    assert str(tmp_path) in result.output.replace("\n", "")
    assert not (tmp_path / "run").exists()


def test_a_run_that_was_not_finished_is_not_exported(tmp_path: Path) -> None:
    folders = ["--data", str(tmp_path), "--scored", str(tmp_path), "--models", str(tmp_path / "models")]
    result = run.invoke(app, ["pages-export", "--run", str(tmp_path / "run"), *folders])
    assert result.exit_code == 1
    assert not (tmp_path / "models").exists()
