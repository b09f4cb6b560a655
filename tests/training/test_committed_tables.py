"""Every table of runs in the repository is what the kept answers beside it say."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.databases import divisions
from training.evaluation import served_model, tables
from training.learning import predictions

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results"

#: The folder of answers, and the smaller class sets that its table scores as well.
TABLES = {
    "beats-10fold": ["seven", "six"],
    "chronological-70-30": ["six"],
    "inter-patient": [],
    "leave-one-patient-out": [],
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_reprinted_from_the_kept_answers(name: str) -> None:
    kept = [predictions.load(path) for path in sorted((RESULTS / "predictions" / name).glob("*.npz"))]
    assert served_model.differences(tables.score_rows(kept, TABLES[name]), RESULTS / f"{name}.csv") == []


def test_the_balanced_table_is_reprinted_from_the_kept_answers() -> None:
    chained = sorted((RESULTS / "predictions" / "beats-10fold").glob("beats-10fold.last-chained*.npz"))
    kept = [predictions.load(path).balanced(0.5) for path in chained]
    assert served_model.differences(tables.score_rows(kept), RESULTS / "beats-10fold.balanced.csv") == []


@pytest.mark.parametrize(
    "name",
    [
        f"inter-patient.{recipe}"
        for recipe in ("everybody", "everybody-long", "blocked", "blocked-and-long", "two-parts")
    ],
)
def test_the_power_of_the_decision_for_new_people_is_the_best_one_for_those_who_validate(name: str) -> None:
    kept = predictions.load(RESULTS / "predictions" / "validation" / f"{name}.npz")
    tests = {*divisions.TEST_RECORDS, *divisions.FIBRILLATION_TEST_RECORDS}
    assert not tests & set(kept.records)
    found = tables.balance_rows(kept)
    assert served_model.differences(found, RESULTS / f"{name}.balance.csv") == []
    power = found["balance"][found["macro_f1"].idxmax()]
    path = RESULTS / "predictions" / "inter-patient" / f"{name}.npz"
    decided = tables.score_rows([predictions.load(path).balanced(power)])
    assert served_model.differences(decided, RESULTS / f"{name}.balanced.csv") == []


@pytest.mark.parametrize("side", ["inter-patient", "validation"])
def test_what_recipes_answer_together_is_the_mean_of_what_is_kept_of_them(side: str) -> None:
    folder = RESULTS / "predictions" / side
    names = ("blocked", "everybody-long", "blocked-and-long")
    *parts, together = [predictions.load(folder / f"inter-patient.{name}.npz") for name in names]
    found = predictions.across_recipes(parts, together.config.name)
    assert found.config == together.config
    assert found.probabilities == pytest.approx(together.probabilities, abs=1e-3)  # kept in half precision


def test_the_table_of_fibrillation_is_reprinted_from_the_kept_answers() -> None:
    kept = [predictions.load(path) for path in sorted((RESULTS / "predictions" / "inter-patient").glob("*.npz"))]
    assert served_model.differences(tables.detection_rows(kept), RESULTS / "fibrillation.csv") == []
