"""Which beats an epoch shows, and how."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.classes import CLASS_SETS
from training.datasets.prepared_data import Dataset
from training.datasets.splits import split
from training.learning.epochs import draw_epoch, moved
from training.recipes.provenance import RunConfig

CONFIG = RunConfig(name="small", network="course_cnn", epochs=2, batch_size=16, beats_per_patient_class_and_lead=20)


@pytest.fixture
def drawn(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Labels of all rows, and the rows of one epoch with at most five beats of a person, class and lead."""
    labels = data.labels(CLASS_SETS["seven"])
    partitions = split(data.table, labels, "beats-10fold", seed=CONFIG.seed)
    config = CONFIG.model_copy(update={"beats_per_patient_class_and_lead": 5})
    return labels, draw_epoch(data.table, labels, partitions, config, epoch=0)


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
    rows = draw_epoch(
        data.table, labels, type(partitions)(thinned, partitions.validation, partitions.test), config, epoch=0
    )
    place = np.arange(len(rows)) / len(rows)
    common = ~few[rows]
    assert abs(place[common].mean() - 0.5) < 0.1


def test_epochs_differ_and_a_seed_repeats_them(data: Dataset) -> None:
    labels = data.labels(CLASS_SETS["seven"])
    partitions = split(data.table, labels, "beats-10fold", seed=0)
    first, again, second = (draw_epoch(data.table, labels, partitions, CONFIG, epoch=epoch) for epoch in (0, 0, 1))
    assert (first == again).all()
    assert not np.array_equal(first, second)


def test_moved_pictures_stay_on_white_paper() -> None:
    pixels = np.arange(1, 13, dtype=np.uint8).reshape(1, 3, 4, 1)
    assert (moved(pixels, 0, 0) == pixels).all()
    assert moved(pixels, 1, -1)[0, ..., 0].tolist() == [[255] * 4, [2, 3, 4, 255], [6, 7, 8, 255]]
    assert moved(pixels, -2, 3)[0, ..., 0].tolist() == [[255, 255, 255, 9], [255] * 4, [255] * 4]


def test_an_epoch_may_have_so_many_beats_of_each_class(data: Dataset) -> None:
    labels = data.labels(CLASS_SETS["seven"])
    partitions = split(data.table, labels, "inter-patient")
    config = CONFIG.model_copy(update={"beats_per_class": {"NORMAL": 300, "PVC": 20}})
    drawn = labels[draw_epoch(data.table, labels, partitions, config, epoch=0)]
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
    rows = draw_epoch(table, labels, partitions, config, epoch=0)
    share = np.isin(rows, chosen)[labels[rows] == 1].mean()
    assert share == pytest.approx(fraction, abs=0.08)
    assert set(np.unique(labels[rows], return_counts=True)[1]) == {400}


@pytest.mark.parametrize("changed", [{"member": 1}, {"generations": 2}], ids=["members", "generations"])
def test_networks_of_an_ensemble_and_generations_draw_other_beats(data: Dataset, changed: dict[str, int]) -> None:
    labels = data.labels(CLASS_SETS["seven"])
    partitions = split(data.table, labels, "inter-patient")
    first, second = (
        draw_epoch(data.table, labels, partitions, config, epoch=0)
        for config in (CONFIG, CONFIG.model_copy(update=changed))
    )
    assert not np.array_equal(first, second)


def test_an_epoch_may_have_each_class_equally_often_and_people_by_the_root_of_their_beats(data: Dataset) -> None:
    labels = data.labels(CLASS_SETS["seven"])
    partitions = split(data.table, labels, "inter-patient")
    config = CONFIG.model_copy(update={"beats_per_class": 400})
    rows = draw_epoch(data.table, labels, partitions, config, epoch=0)
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
    assert list(rows) != list(draw_epoch(data.table, labels, partitions, config, epoch=1))
