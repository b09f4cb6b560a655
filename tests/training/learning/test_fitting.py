from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from ecg.classes import CLASS_SETS
from training.datasets.prepared_data import Dataset
from training.datasets.splits import split
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


@pytest.fixture
def drawn(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Labels of all rows, and the rows of one epoch with at most five beats of a person, class and lead."""
    labels = data.labels(CLASS_SETS["seven"])
    partitions = split(data.table, labels, "beats-10fold", seed=CONFIG.seed)
    config = CONFIG.model_copy(update={"beats_per_patient_class_and_lead": 5})
    return labels, fitting.draw_epoch(data.table, labels, partitions, config, epoch=0)


def test_an_epoch_keeps_the_cap_per_person_class_and_lead(data: Dataset, drawn: tuple[np.ndarray, np.ndarray]) -> None:
    _, rows = drawn
    counts = data.table.iloc[rows].groupby(["patient", "symbol", "lead"]).size()
    assert counts.max() == 5
    assert len(rows) == len(set(rows))


def test_classes_are_spread_over_the_whole_epoch(data: Dataset) -> None:
    """A class with few beats must not end up in the epoch's tail, where it would be all the network remembers."""
    labels = data.labels(CLASS_SETS["seven"])
    partitions = split(data.table, labels, "beats-10fold", seed=0)
    few = np.isin(labels, [5, 6])
    thinned = partitions.train[~few[partitions.train] | (np.arange(len(partitions.train)) % 7 == 0)]
    config = CONFIG.model_copy(update={"beats_per_patient_class_and_lead": 4})
    rows = fitting.draw_epoch(
        data.table, labels, type(partitions)(thinned, partitions.validation, partitions.test), config, epoch=0
    )
    place = np.arange(len(rows)) / len(rows)
    common = ~few[rows]
    assert abs(place[common].mean() - 0.5) < 0.1


def test_epochs_differ_and_a_seed_repeats_them(data: Dataset) -> None:
    labels = data.labels(CLASS_SETS["seven"])
    partitions = split(data.table, labels, "beats-10fold", seed=0)
    first, again, second = (
        fitting.draw_epoch(data.table, labels, partitions, CONFIG, epoch=epoch) for epoch in (0, 0, 1)
    )
    assert (first == again).all()
    assert not np.array_equal(first, second)


def test_a_configuration_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("name: a\nlerning_rate: 1\n")
    with pytest.raises(recipe_files.ConfigurationError, match="lerning_rate"):
        recipe_files.read_run(path)


def test_moved_pictures_stay_on_white_paper() -> None:
    pixels = np.arange(1, 13, dtype=np.uint8).reshape(1, 3, 4, 1)
    assert (fitting.moved(pixels, 0, 0) == pixels).all()
    assert fitting.moved(pixels, 1, -1)[0, ..., 0].tolist() == [[255] * 4, [2, 3, 4, 255], [6, 7, 8, 255]]
    assert fitting.moved(pixels, -2, 3)[0, ..., 0].tolist() == [[255, 255, 255, 9], [255] * 4, [255] * 4]


def test_an_epoch_may_have_so_many_beats_of_each_class(data: Dataset) -> None:
    labels = data.labels(CLASS_SETS["seven"])
    partitions = split(data.table, labels, "inter-patient")
    config = CONFIG.model_copy(update={"beats_per_class": {"NORMAL": 300, "PVC": 20}})
    drawn = labels[fitting.draw_epoch(data.table, labels, partitions, config, epoch=0)]
    assert dict(zip(*np.unique(drawn, return_counts=True), strict=True)) == {0: 300, 4: 20}


@pytest.mark.parametrize("fraction", [0, 0.3, 1])
def test_an_epoch_may_have_so_many_synthetic_beats_where_a_class_has_both(data: Dataset, fraction: float) -> None:
    table = data.table.copy()
    # Every second beat of one class comes from another recording; all other classes have none of these.
    chosen = np.flatnonzero((table["symbol"] == "L").to_numpy())[::2]
    table.loc[chosen, "record"] = [f"left0-{record}" for record in table.loc[chosen, "record"]]
    labels = data.labels(CLASS_SETS["seven"])
    partitions = split(data.table, labels, "beats-10fold", seed=CONFIG.seed)
    config = CONFIG.model_copy(update={"beats_per_class": 400, "synthetic_fraction": fraction})
    rows = fitting.draw_epoch(table, labels, partitions, config, epoch=0)
    share = np.isin(rows, chosen)[labels[rows] == 1].mean()
    assert share == pytest.approx(fraction, abs=0.08)
    assert set(np.unique(labels[rows], return_counts=True)[1]) == {400}


def test_networks_of_an_ensemble_draw_other_beats(data: Dataset) -> None:
    labels = data.labels(CLASS_SETS["seven"])
    partitions = split(data.table, labels, "inter-patient")
    first, second = (
        fitting.draw_epoch(data.table, labels, partitions, CONFIG.model_copy(update={"member": member}), epoch=0)
        for member in (0, 1)
    )
    assert not np.array_equal(first, second)


def test_an_epoch_may_have_each_class_equally_often_and_people_by_the_root_of_their_beats(data: Dataset) -> None:
    labels = data.labels(CLASS_SETS["seven"])
    partitions = split(data.table, labels, "inter-patient")
    config = CONFIG.model_copy(update={"beats_per_class": 400})
    rows = fitting.draw_epoch(data.table, labels, partitions, config, epoch=0)
    assert set(rows) <= set(partitions.train)
    present, counts = np.unique(labels[rows], return_counts=True)
    assert set(present) == set(labels[partitions.train])
    assert set(counts) == {400}
    label = present[0]
    patients = data.table["patient"].to_numpy(dtype=str)
    owned = dict(
        zip(*np.unique(patients[partitions.train][labels[partitions.train] == label], return_counts=True), strict=True)
    )
    drawn = dict(zip(*np.unique(patients[rows][labels[rows] == label], return_counts=True), strict=True))
    expected = 400 * np.sqrt(list(owned.values())) / np.sqrt(list(owned.values())).sum()
    assert [drawn.get(name, 0) for name in owned] == pytest.approx(expected, abs=60)
    assert list(rows) != list(fitting.draw_epoch(data.table, labels, partitions, config, epoch=1))
