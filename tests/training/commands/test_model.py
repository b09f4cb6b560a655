"""Commands about models that are served: what they say, and when they end with an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.inference_server.tiny_models import write_model
from training.__main__ import app
from training.export import promotion

ROOT = Path(__file__).resolve().parents[3]
run = CliRunner()


def _model(folder: Path, version: str, score: float) -> Path:
    return write_model(folder, version=version, metadata={"scores": json.dumps({promotion.SCORE: score})})


def test_promote_says_what_was_compared(tmp_path: Path) -> None:
    served, candidate = _model(tmp_path / "models", "1", 0.5), _model(tmp_path / "candidates", "2", 0.6)
    result = run.invoke(app, ["promote", str(candidate), str(served), "--force"])
    assert result.exit_code == 0, result.output
    assert f"{promotion.SCORE} 0.6 (before 0.5)" in result.output
    assert (served.parent / "2" / "model.onnx").is_file()


def test_promote_refuses_what_is_worse(tmp_path: Path) -> None:
    served, candidate = _model(tmp_path / "models", "1", 0.5), _model(tmp_path / "candidates", "2", 0.4)
    result = run.invoke(app, ["promote", str(candidate), str(served)])
    assert result.exit_code == 1
    assert "0.4000" in result.output
    assert not (served.parent / "2").exists()


def test_describe_finds_every_figure_in_the_served_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = run.invoke(app, ["describe"])
    assert result.exit_code == 0, result.output
    assert result.output.count("tells every figure") == 2
