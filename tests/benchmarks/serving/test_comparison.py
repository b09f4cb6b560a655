"""The comparison as a command, at its smallest; needs h2load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.processes.programs import BeatlensServer, Program
from benchmarks.processes.project import newest
from benchmarks.serving.comparison import Bench, Shape
from benchmarks.serving.load import LoadError, available, framed
from benchmarks.serving.rivals import Series
from tests.inference_server.pictures import picture
from tests.inference_server.tiny_models import write_model

pytestmark = pytest.mark.skipif(not available(), reason="needs h2load (Debian: nghttp2-client)")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    write_model(tmp_path / "models")
    return tmp_path / "models"


def test_the_floor_runs_the_version_that_is_served(tmp_path: Path) -> None:
    for version in ("2", "10", "9"):
        (tmp_path / "arrhythmia" / version).mkdir(parents=True)
    assert newest(tmp_path) == tmp_path / "arrhythmia" / "10"


def test_the_command_compares_prints_and_writes(repository: Path, tmp_path: Path) -> None:
    samples, page = tmp_path / "samples", tmp_path / "performance.md"
    samples.mkdir()
    for band in range(3):
        (samples / f"{band}.png").write_bytes(picture(band))
    command = [sys.executable, "-m", "benchmarks.serving", "--models", str(repository), "--samples", str(samples)]
    command += ["--quick", "--rounds", "1", "--seconds", "0.2", "--json", "--write", str(page)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert ran.returncode == 0, ran.stderr
    figures = json.loads(ran.stdout)
    assert all(measured["pictures_per_second"] > 0 for measured in figures["floor"])
    for measured in (*figures["shapes"], *figures["rivals"]):
        assert measured["ratio"][0] > 0
        assert 0 < measured["p50"][0] <= measured["p99"][0]
        assert measured["cpu_seconds"][0] > 0
    (overload,) = figures["overload"]["rounds"]
    assert overload["answered"] > 0
    assert overload["crossed"] == overload["unexpected"] == 0
    assert {(rival["title"], rival["failed"][0]) for rival in figures["rivals"]} == {
        ("plain gRPC server", 0),
        ("old way", 0),
    }
    assert page.read_text().startswith("# Performance\n")
    assert "| batches of 32 | 4 | 4 |" in page.read_text()


def test_a_call_that_fails_inside_an_http_success_ends_the_run(repository: Path, tmp_path: Path) -> None:
    echo = "import sys; print(1, flush=True); [print('{\"pictures_per_second\": 1}', flush=True) for _ in sys.stdin]"
    with (
        BeatlensServer(tmp_path / "log", models=repository) as server,
        Program("-c", echo) as floor,
    ):
        bench = Bench(server, floor, b"not a picture", seconds=0.1)
        floor.read()
        with pytest.raises(LoadError, match="were answered"):
            bench.measure(Shape("one", "ClassifyImage", 1, 2, 1), Series("one", 2, 1))


def test_messages_are_framed_for_grpc() -> None:
    assert framed(b"ab", b"") == b"\0\0\0\0\2ab\0\0\0\0\0"
