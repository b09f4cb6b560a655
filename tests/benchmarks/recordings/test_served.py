"""The benchmarks of served recordings in small."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.endurance import app as endurance
from benchmarks.recordings.__main__ import app as benchmarks
from benchmarks.recordings.made import made, same
from tests.inference_server.pictures import picture
from tests.inference_server.tiny_models import write_model
from tests.inference_server.tiny_recording_models import write_recording_model


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    write_model(tmp_path / "models")
    write_recording_model(tmp_path / "models")
    return tmp_path / "models"


def test_kills_lose_no_beat(repository: Path) -> None:
    arguments = ["recordings", "--recordings", "2", "--hours", "0.5", "--times", "1", "--models", str(repository)]
    ran = CliRunner().invoke(endurance, arguments, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["equal"] == 4


def test_a_repository_without_a_model_for_recordings_is_named(tmp_path: Path) -> None:
    for app, word in ((endurance, "recordings"), (benchmarks, "wire")):
        ran = CliRunner().invoke(app, [word, "--models", str(tmp_path)])
        assert ran.exit_code == 2


def test_the_wire_is_compared_with_one_process(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "beat.png").write_bytes(picture(3))
    arguments = ["wire", "--hours", "0.1", "--days", "0.01", "--seconds", "0.5", "--models", str(repository)]
    ran = CliRunner().invoke(benchmarks, [*arguments, "--samples", str(tmp_path)], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    assert "True" in ran.stdout
    assert "0.01 days" in ran.stdout
    assert "beside recordings" in ran.stdout


def test_the_same_seed_makes_the_same_recording() -> None:
    one, other = made(0.01, 3), made(0.01, 3)
    assert same(one.read(), other.read())
    assert not same(one.read(), made(0.01, 4).read())


def test_what_could_not_be_measured_is_equal_to_itself_and_to_nothing_else() -> None:
    unknown = (np.array([1.0, np.nan]), math.nan)
    assert same(unknown, (np.array([1.0, np.nan]), math.nan))
    assert not same(unknown, (np.array([np.nan, 1.0]), math.nan))
    assert not same(unknown, (np.array([1.0, np.nan]), 0.0))
    assert not same(unknown, (np.array([1.0, np.nan], np.float32), math.nan))
