"""Networks that learn from those before them."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError
from scipy.special import log_softmax, softmax

from training.datasets.prepared_data import Dataset
from training.learning import fitting, teaching
from training.learning.run import BEST, Run, RunError
from training.recipes import recipe_files
from training.recipes.provenance import RunConfig

CONFIG = RunConfig(
    name="small", network="course_cnn", epochs=2, batch_size=16, beats_per_patient_class_and_lead=20, generations=3
)


@pytest.fixture(scope="module")
def run(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three generations."""
    return fitting.fit(CONFIG, data, tmp_path_factory.mktemp("run"), lambda _line: None).parent


def _logits(folder: Path, data: Dataset) -> np.ndarray:
    opened = Run.open(folder, data)
    return fitting.predict_logits(opened.network(), data.pixels[0], opened.partitions.validation)


def test_each_generation_is_a_run_of_its_own(run: Path, data: Dataset) -> None:
    folders = [teaching.generation(run, 1), teaching.generation(run, 2), run]
    assert [recipe_files.read_run(folder / "config.yaml").generations for folder in folders] == [1, 2, 3]
    assert [len(fitting.read_history(folder)) for folder in folders] == [2, 2, 2]
    first, second, last = (_logits(folder, data) for folder in folders)
    assert not np.allclose(first, second)
    assert not np.allclose(second, last)


def test_finished_generations_are_not_trained_again(run: Path, data: Dataset) -> None:
    before = [(folder / BEST).stat().st_mtime_ns for folder in (teaching.generation(run, 1), run)]
    reported: list[fitting.Epoch] = []
    fitting.fit(CONFIG, data, run, reported.append)
    assert not reported
    assert before == [(folder / BEST).stat().st_mtime_ns for folder in (teaching.generation(run, 1), run)]
    assert fitting.finished_epochs(CONFIG, run) == 6


def test_a_run_that_was_stopped_in_a_later_generation_goes_on_there(data: Dataset, tmp_path: Path) -> None:
    lines: list[int] = []

    def stop(line: fitting.Epoch) -> None:
        lines.append(line.epoch)
        if len(lines) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fitting.fit(CONFIG, data, tmp_path, stop)
    progress: list[float] = []
    fitting.fit(CONFIG, data, tmp_path, lambda line: lines.append(line.epoch), progress.append)
    assert lines == [1, 2, 1, 2, 1, 2]
    assert 3 < min(progress) < 4
    assert max(progress) == 6


def test_another_configuration_is_told_before_earlier_generations_are_trained(run: Path, data: Dataset) -> None:
    reported: list[fitting.Epoch] = []
    with pytest.raises(RunError, match="another configuration"):
        fitting.fit(CONFIG.model_copy(update={"seed": 1}), data, run, reported.append)
    assert not reported


@pytest.mark.parametrize("damage", [None, b"", b"no weights"], ids=["missing", "empty", "something else"])
def test_a_teacher_without_usable_weights_is_told(data: Dataset, tmp_path: Path, damage: bytes | None) -> None:
    config = CONFIG.model_copy(update={"generations": 2, "epochs": 1})
    first = teaching.generation(tmp_path, 1)
    fitting.fit(teaching.recipe_of(config, 1), data, first, lambda _line: None)
    (first / BEST).unlink()
    if damage is not None:
        (first / BEST).write_bytes(damage)
    with pytest.raises(RunError, match="missing or damaged"):
        fitting.fit(config, data, tmp_path, lambda _line: None)


def test_trees_stand_beside_the_last_generation_alone(data: Dataset, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"generations": 2, "epochs": 1, "trees": 2})
    fitting.fit(config, data, tmp_path, lambda _line: None)
    assert [path.parent for path in tmp_path.rglob("trees.npz")] == [tmp_path]


def test_the_loss_is_that_of_the_label_and_of_what_teachers_say() -> None:
    generator = np.random.default_rng(1)
    logits, said = generator.normal(0, 2, (2, 5, 7)).astype(np.float32)
    labels = np.array([0, 3, 6, 2, 2])
    own = -log_softmax(logits, axis=1)[np.arange(5), labels]
    theirs = -(softmax(said / 2, axis=1) * log_softmax(logits / 2, axis=1)).sum(axis=1)
    targets = np.concatenate([labels[:, np.newaxis].astype(np.float32), said], axis=1)
    found = float(teaching.TaughtLoss()(tf.constant(targets), tf.constant(logits)))
    assert found == pytest.approx(float(np.mean(0.3 * own + 0.7 * 4 * theirs)), rel=1e-5)


def test_batches_hold_what_the_teachers_say_together(data: Dataset) -> None:
    teachers = [keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]) for _ in range(2)]
    pixels = np.ones((4, 2), np.float32)
    labels = np.array([2, 0, 1, 1], np.int64)
    batches = tf.data.Dataset.from_tensors((pixels, labels))
    ((same, targets),) = list(teaching.taught(batches, teachers).as_numpy_iterator())
    assert np.array_equal(same, pixels)
    assert np.array_equal(targets[:, 0], labels)
    assert targets[:, 1:] == pytest.approx(
        np.mean([teacher.predict(pixels, verbose=0) for teacher in teachers], axis=0)
    )
    assert teaching.taught(batches, []) is batches


def test_generations_begin_anew() -> None:
    with pytest.raises(ValidationError, match="begins anew"):
        RunConfig(name="a", generations=2, start_from="another")
