"""A recipe is trained on a Ray cluster of two processes and comes back with its table and model."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import onnx
import pandas as pd
import pytest

pytest.importorskip("ray", reason="needs the extra submit")

from benchmarks.processes.free_ports import free_ports
from training.learning import fitting
from training.recipes import recipe_files
from training.recipes.provenance import RunConfig
from training.submission.record import Submission

ROOT = Path(__file__).resolve().parents[3]
CONFIG = RunConfig(
    name="elsewhere",
    network="residual",
    epochs=1,
    batch_size=17,
    beats_per_patient_class_and_lead=2,
    learning_rate=1e-4,
    augmented_fraction=0,
)

pytestmark = pytest.mark.xdist_group("two workers")


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Of all who belong to the cluster; nobody else has its token."""
    own = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    return {**os.environ, "PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0", **own}


@pytest.fixture(scope="module")
def address(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A head and one more node, with one CPU each."""
    (port,) = free_ports(1)
    # Not in pytest's own folder: names of sockets must be short.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder, ExitStack() as running:
        common = ["--num-cpus=1", "--object-store-memory=100000000", "--block"]
        nodes = (
            ["--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={folder}"],
            [f"--address=127.0.0.1:{port}"],
        )
        for words in nodes:
            command = [str(Path(sys.executable).with_name("ray")), "start", *words, *common]
            with Path(folder, "log").open("a") as log:
                node = subprocess.Popen(command, env=environment | {"TMPDIR": folder}, stdout=log, stderr=log)
            running.callback(node.wait, 60)
            running.callback(node.terminate)
            _wait_for_port(port)
        yield f"127.0.0.1:{port}"


def _wait_for_port(port: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.2)
    pytest.fail("The head does not listen.")


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    recipe_files.write(CONFIG, tmp_path / "elsewhere.yaml")
    return tmp_path / "elsewhere.yaml"


class Submitting:
    """The command, with all that it needs."""

    def __init__(self, recipe: Path, address: str, environment: dict[str, str]) -> None:
        self.runs = recipe.parent / "runs"
        self._words = [sys.executable, "-m", "training", "submit", str(recipe), "--address", address]
        self._environment = environment

    def start(self, data: Path, *options: str) -> subprocess.Popen[str]:
        words = [*self._words, "--data", str(data), "--runs", str(self.runs), "--workers", "2", *options]
        return subprocess.Popen(
            words, cwd=ROOT, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def run(self, data: Path, *options: str) -> tuple[int, str]:
        with self.start(data, *options) as program:
            _, errors = program.communicate(timeout=480)
        return program.returncode, errors


@pytest.fixture
def submitting(recipe: Path, address: str, environment: dict[str, str]) -> Submitting:
    return Submitting(recipe, address, environment)


def test_a_submission_that_was_stopped_is_picked_up_and_comes_back_whole(
    submitting: Submitting, prepared: Path
) -> None:
    runs = submitting.runs
    with submitting.start(prepared) as first:
        assert first.stderr is not None
        said = []
        for line in first.stderr:
            said.append(line)
            if "begins on the cluster" in line:
                break
        first.kill()
    under_way = Submission.stored(runs, "elsewhere")
    assert under_way is not None
    assert under_way.id in said[-1], said
    code, errors = submitting.run(prepared)
    assert code == 0, errors
    assert "epoch 1: loss" in errors
    assert len(fitting.read_history(runs / "elsewhere")) == 1
    assert len(pd.read_csv(runs / "elsewhere" / "scores.csv")) >= 1
    onnx.checker.check_model(onnx.load(runs / "elsewhere" / "models" / "elsewhere" / "1" / "model.onnx"))
    assert Submission.stored(runs, "elsewhere") is None
    code, errors = submitting.run(prepared)
    assert (code, "is there already" in errors) == (1, True)


def test_what_fails_there_is_said_here_and_can_be_ended(submitting: Submitting, tmp_path: Path) -> None:
    code, errors = submitting.run(tmp_path / "nothing")
    assert (code, "has failed" in errors) == (1, True), errors
    code, errors = submitting.run(tmp_path / "nothing", "--end")
    assert (code, "ended" in errors) == (0, True), errors
    assert Submission.stored(submitting.runs, "elsewhere") is None


def test_a_cluster_that_is_not_there_is_said(recipe: Path, environment: dict[str, str], tmp_path: Path) -> None:
    (port,) = free_ports(1)
    code, errors = Submitting(recipe, f"127.0.0.1:{port}", environment).run(tmp_path)
    assert (code, "Traceback" in errors) == (1, False)
