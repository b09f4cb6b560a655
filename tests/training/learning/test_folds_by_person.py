"""``people-5fold``: its runs, and what they predict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from training.databases import people
from training.datasets.prepared_data import Dataset
from training.datasets.splits import SplitError, divide
from training.learning import cross_validation, fitting, predictions
from training.recipes.provenance import RunConfig

RECIPE = RunConfig(
    name="tiny",
    protocol="people-5fold",
    leads="alike",
    epochs=1,
    batch_size=32,
    beats_per_patient_class_and_lead=6,
    augmented_fraction=0,
)


def test_five_folds_by_person_are_five_runs_without_halves_to_start_from() -> None:
    assert [(run.name, run.fold) for run in cross_validation.runs_of(RECIPE)] == [
        (f"tiny.fold-{fold}", fold) for fold in range(5)
    ]
    with pytest.raises(SplitError, match="Only beats-10fold has halves"):
        cross_validation.runs_of(RECIPE, start=RECIPE.model_copy(update={"name": "start"}))
    with pytest.raises(SplitError, match="no other fold's networks"):
        cross_validation.require_cross_fold_ensemble(RECIPE)


def test_people_5fold_predicts_every_lead_and_says_whose_beats_they_are(data: Dataset, tmp_path: Path) -> None:
    person = (data.table["sample"] // 300 % 40).astype(str)
    table = data.table.assign(patient="ludb-" + person, record="ludb-" + person, group="ludb-" + person)
    of_many = replace(data, table=table, digest="5" * 64)
    fitting.fit(RECIPE, of_many, tmp_path / RECIPE.name, lambda _line: None)
    predicted = predictions.predict(tmp_path / RECIPE.name, of_many)
    assert predicted.whose is not None
    assert set(predicted.whose.leads) == set(data.table["lead"]) > {"MLII"}
    assert set(predicted.whose.databases) == {"ludb"}
    assert {people.fold_of(group) for group in predicted.whose.people} == {0}
    assert (predicted.truth >= 0).all()
    partitions = divide(of_many, RECIPE)
    assert set(table["lead"].iloc[partitions.train]) == {"MLII", "V5"}
