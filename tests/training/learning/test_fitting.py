from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from training.datasets.prepared_data import Dataset
from training.learning import fitting
from training.learning.run import RunError
from training.recipes import recipe_files
from training.recipes.provenance import RunConfig

CONFIG = RunConfig(name="small", network="course_cnn", epochs=2, batch_size=16, beats_per_patient_class_and_lead=20)


@pytest.fixture(scope="module")
def stopped(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs that was stopped after the first."""
    run = tmp_path_factory.mktemp("run")

    def stop(line: fitting.Epoch) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fitting.fit(CONFIG, data, run, stop)
    return run


def test_a_stopped_run_continues_after_its_last_whole_epoch(data: Dataset, stopped: Path) -> None:
    assert [line.epoch for line in fitting.read_history(stopped)] == [1]
    reported: list[int] = []
    best = fitting.fit(CONFIG, data, stopped, lambda line: reported.append(line.epoch))
    assert reported == [2]
    assert [line.epoch for line in fitting.read_history(stopped)] == [1, 2]
    assert best.is_file()
    fitting.fit(CONFIG, data, stopped, lambda line: reported.append(line.epoch))
    assert reported == [2]


def test_a_run_that_was_killed_before_its_epoch_counted_trains_it_once_more_from_where_it_began(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on top of itself: the weights are those of a run that nobody killed."""
    whole = fitting.fit(CONFIG, data, tmp_path / "whole", lambda line: None)

    def killed(run: Path, line: fitting.Epoch) -> None:
        if line.epoch == 2:
            raise KeyboardInterrupt
        append(run, line)

    append = fitting._append_history
    with monkeypatch.context() as patched:
        patched.setattr(fitting, "_append_history", killed)
        with pytest.raises(KeyboardInterrupt):
            fitting.fit(CONFIG, data, tmp_path / "killed", lambda line: None)
    again = fitting.fit(CONFIG, data, tmp_path / "killed", lambda line: None)
    steps = [
        int(keras.models.load_model(fitting.checkpoint(folder, 2)).optimizer.iterations)
        for folder in (whole.parent, again.parent)
    ]
    assert steps[0] == steps[1]
    assert len(list(again.parent.glob("epoch-*.keras"))) == 1


def test_the_effective_configuration_lies_beside_the_run(stopped: Path) -> None:
    assert recipe_files.read_run(stopped / "config.yaml") == CONFIG


def test_another_configuration_may_not_continue_a_run(data: Dataset, stopped: Path) -> None:
    with pytest.raises(RunError, match="another configuration"):
        fitting.fit(CONFIG.model_copy(update={"seed": 1}), data, stopped, lambda line: None)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_training_learns(precision: str, data: Dataset, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"epochs": 6, "precision": precision})
    lines: list[fitting.Epoch] = []
    fitting.fit(config, data, tmp_path / "run", lines.append)
    assert max(line.validation_accuracy for line in lines) > 0.8
    again = keras.models.load_model(fitting.checkpoint(tmp_path / "run", config.epochs))
    assert again.get_layer("features").compute_dtype == precision
    assert again.get_layer("features").kernel.dtype == "float32"


@pytest.mark.parametrize(("keep", "last"), [("best", False), ("last", True)])
def test_a_run_stores_the_epoch_that_the_recipe_names(
    keep: str, last: bool, data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([0.9, 0.5])  # the first epoch is the best one
    monkeypatch.setattr(fitting, "f1_score", lambda *_args, **_named: next(scores))
    config = RunConfig.model_validate(CONFIG.model_dump() | {"keep": keep})
    weights_file = fitting.fit(config, data, tmp_path / "run", lambda line: None)
    model = keras.models.load_model(fitting.checkpoint(tmp_path / "run", config.epochs))
    weights = model.get_weights()
    model.load_weights(weights_file)
    assert all(np.array_equal(own, other) for own, other in zip(model.get_weights(), weights, strict=True)) is last


def test_a_configuration_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("name: a\nlerning_rate: 1\n")
    with pytest.raises(recipe_files.ConfigurationError, match="lerning_rate"):
        recipe_files.read_run(path)
