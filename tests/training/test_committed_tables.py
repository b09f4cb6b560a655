"""Every table of runs in the repository is what the stored predictions beside it say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from training.evaluation import confident_answers, out_of_fold, people, served_model, tables
from training.learning import predictions
from training.learning.predictions import Predictions

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results"

#: The folder of predictions, and the smaller class sets that its table scores as well.
TABLES: dict[str, list[str]] = {
    "beats-10fold": ["seven", "six"],
    "inter-patient": [],
}

#: By person, in five folds: the predictions, and the recipe whose tables they are.
PEOPLE = ("people-5fold", "arrhythmia-7")

#: Kilobytes that all stored predictions of three protocols may take: a new file replaces one.
PREDICTIONS_KB = 2_100


def _stored(protocol: str) -> list[Predictions]:
    return [predictions.load(path) for path in sorted((RESULTS / "predictions" / protocol).glob("*.npz"))]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_reprinted_from_the_stored_predictions(name: str) -> None:
    assert served_model.differences(tables.score_rows(_stored(name), TABLES[name]), RESULTS / f"{name}.csv") == []


def test_no_stored_predictions_are_without_a_table() -> None:
    assert {folder.name for folder in (RESULTS / "predictions").iterdir()} == {*TABLES, PEOPLE[0]}


def test_tables_by_person_are_reprinted_from_the_stored_predictions() -> None:
    protocol, recipe = PEOPLE
    folds = out_of_fold.calibrated(_stored(protocol))
    assert served_model.differences(people.table(folds), RESULTS / f"{recipe}.people.csv") == []
    assert served_model.differences(confident_answers.table(folds), RESULTS / f"{recipe}.confident.csv") == []


def test_what_a_file_tells_of_leads_is_counted_in_the_stored_predictions() -> None:
    protocol, recipe = PEOPLE
    counted = confident_answers.of_leads(out_of_fold.calibrated(_stored(protocol)))
    name, _, version = recipe.rpartition("-")
    told = json.loads((ROOT / "models" / name / version / "metadata.json").read_text())["lead_answers"]
    assert [{key: value for key, value in entry.items() if key != "decision"} for entry in told] == counted


def test_the_prior_corrected_table_is_reprinted_from_the_stored_predictions() -> None:
    corrected = [stored.prior_corrected(0.5) for stored in _stored("beats-10fold")]
    assert served_model.differences(tables.score_rows(corrected), RESULTS / "beats-10fold.balanced.csv") == []


def test_the_table_of_fibrillation_is_reprinted_from_the_stored_predictions() -> None:
    table = tables.detection_rows(_stored("inter-patient"))
    assert served_model.differences(table, RESULTS / "fibrillation.csv") == []


def test_a_new_file_of_predictions_replaces_one() -> None:
    sizes = [path.stat().st_size for path in ROOT.glob("[!.]*/**/*.npz") if "var" not in path.parts]
    assert sum(sizes) <= PREDICTIONS_KB * 1000
