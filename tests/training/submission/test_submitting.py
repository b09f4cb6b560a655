"""A recipe is trained on a Ray cluster of two nodes and comes back with its table and model."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import onnx
import pandas as pd
import pytest

pytest.importorskip("ray", reason="needs the extra submit")

from benchmarks.processes.ray_cluster import RayCluster
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
def cluster() -> Iterator[RayCluster]:
    """A head and one more node, of one CPU each."""
    with RayCluster(1, head_cpus=1) as running:
        yield running


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
def submitting(recipe: Path, cluster: RayCluster) -> Submitting:
    return Submitting(recipe, cluster.address, cluster.environment)


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


def test_a_cluster_that_is_not_there_is_said(recipe: Path, free_port: int, tmp_path: Path) -> None:
    code, errors = Submitting(recipe, f"127.0.0.1:{free_port}", dict(os.environ)).run(tmp_path)
    assert (code, "Traceback" in errors) == (1, False)
