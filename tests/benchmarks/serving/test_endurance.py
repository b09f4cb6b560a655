"""The endurance commands in small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.endurance import app
from benchmarks.serving.load import available
from tests.inference_server.pictures import picture
from tests.inference_server.tiny_models import write_model


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    (tmp_path / "samples").mkdir()
    for band in range(3):
        (tmp_path / "samples" / f"{band}.png").write_bytes(picture(band))
    return tmp_path / "samples"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    write_model(tmp_path / "models")
    return tmp_path / "models"


def run(*arguments: object) -> dict[str, Any]:
    ran = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    figures: dict[str, Any] = json.loads(ran.stdout)
    return figures


def test_a_stop_loses_no_call(repository: Path, samples: Path) -> None:
    figures = run("stop", "--times", 1, "--models", repository, "--samples", samples)
    assert figures["answered"] > 0
    assert figures["exit code 0"] == 1


def test_a_switch_loses_no_call(repository: Path, samples: Path) -> None:
    figures = run("switch", "--times", 2, "--models", repository, "--samples", samples)
    assert figures["versions that answered"] == 3


def test_a_killed_worker_loses_no_call_of_a_client_that_repeats(repository: Path, samples: Path) -> None:
    assert run("kill", "--times", 1, "--models", repository, "--samples", samples)["OK"] > 0


@pytest.mark.skipif(not available(), reason="needs h2load (Debian: nghttp2-client)")
def test_the_memory_is_bounded(repository: Path, samples: Path) -> None:
    figures = run("memory", "--calls", 4000, "--models", repository, "--samples", samples)
    assert figures["OK"] == 3800


def test_an_attack_that_does_not_exist_is_no_success() -> None:
    assert CliRunner().invoke(app, ["attack", "--only", "nobody"]).exit_code == 1


@pytest.mark.parametrize("name", ["rapid-reset-of-probes", "half-sent-messages", "ping-flood", "silence"])
def test_an_attack_changes_nothing_for_the_others(repository: Path, samples: Path, name: str) -> None:
    """How long they wait depends on what else the machine does, and is left to the command."""
    arguments = ["attack", "--seconds", "1", "--only", name, "--models", str(repository), "--samples", str(samples)]
    figures: dict[str, Any] = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    assaults = [outcome for title, outcome in figures.items() if title != "good"]
    assert len(assaults) == (2 if name == "half-sent-messages" else 1)
    for assault in assaults:
        assert assault["sent"] > 0
        assert assault["memory within its bound"]
        assert assault["health checks"] > 0
        assert assault["innocent calls answered"] > 0
        assert (assault["health checks failed"], assault["innocent calls not answered"]) == (0, [])
        assert assault["at rest again, s"] is not None


def test_broken_pictures_have_reasons(samples: Path) -> None:
    figures = run("fuzz", "--number", 400, "--samples", samples)
    assert {"pixels", "IMAGE_CORRUPT", "IMAGE_TRUNCATED"} <= set(figures)
