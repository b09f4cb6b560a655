"""Two processes that train together do what one does alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.processes.free_ports import free_ports
from training.__main__ import app
from training.datasets.prepared_data import Dataset
from training.learning import fitting
from training.learning.distributed import Team, TeamError
from training.recipes import recipe_files
from training.recipes.provenance import RunConfig

#: A network without dropout, whose chance differs between workers.
CONFIG = RunConfig(
    name="together",
    network="course_cnn",
    epochs=1,
    batch_size=17,  # odd, so that the shares differ
    beats_per_patient_class_and_lead=2,
    learning_rate=1e-4,
    augmented_fraction=0,
    generations=2,
)


def _told(index: int, ports: list[int]) -> str:
    workers = [f"127.0.0.1:{port}" for port in ports]
    return json.dumps({"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}})


@pytest.mark.xdist_group("two workers")
def test_two_processes_reach_the_loss_of_one(data: Dataset, prepared: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "together.yaml"
    recipe_files.write(CONFIG, recipe)
    command = [sys.executable, "-m", "training", "train", "--config", str(recipe), "--data", str(prepared)]
    command += ["--runs", str(tmp_path / "runs"), "--strategy", "multiworker", "--threads", "1"]
    ports = free_ports(2)
    workers = [
        subprocess.Popen(
            command,
            env=os.environ | {"TF_CONFIG": _told(index, ports)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for index in range(2)
    ]
    try:
        fitting.fit(CONFIG, data, tmp_path / "alone", lambda _line: None)
        outputs = [worker.communicate(timeout=480)[0] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert [worker.returncode for worker in workers] == [0, 0], "\n".join(outputs)
    for part in ("", "generation-1"):
        (alone,) = fitting.read_history(tmp_path / "alone" / part)
        for folder in ("together", "together.worker-1"):
            (line,) = fitting.read_history(tmp_path / "runs" / folder / part)
            assert line.loss == pytest.approx(alone.loss, rel=1e-3)
            assert line.validation_loss == pytest.approx(alone.validation_loss, rel=1e-3)
    assert (tmp_path / "runs" / "together" / "predictions.npz").is_file()


@pytest.mark.parametrize(
    "tf_config",
    [
        "",
        "{",
        "[]",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "chief", "index": 0}}',
    ],
)
def test_without_a_sensible_list_of_workers_it_says_what_to_set(
    tf_config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CONFIG", tf_config)
    with pytest.raises(TeamError, match="TF_CONFIG must name the workers"):
        Team.join()


def test_an_unknown_strategy_is_refused(tmp_path: Path) -> None:
    recipe = tmp_path / "run.yaml"
    recipe_files.write(CONFIG, recipe)
    result = CliRunner().invoke(app, ["train", "--config", str(recipe), "--strategy", "tpu"])
    assert result.exit_code == 2
    assert "tpu" in result.output
