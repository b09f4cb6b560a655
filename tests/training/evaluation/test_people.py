"""By beat and by person, by database, by lead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.training.out_of_fold import Row, fold_of
from training.__main__ import app
from training.evaluation import people
from training.evaluation.people import LEAD_II, PeopleError

#: One with much on record, wrong in all, and three with little, right in most; another database; another lead.
FOLDS = [
    fold_of([Row("mitdb-207", "LBBB", "NORMAL", beats=20), Row("ptbxl-1", "LBBB", "LBBB", beats=3)], 0),
    fold_of(
        [
            Row("ptbxl-2", "LBBB", "LBBB", beats=3),
            Row("ptbxl-2", "LBBB", "NORMAL", beats=1),
            Row("ptbxl-3", "NORMAL", "NORMAL", beats=4),
            Row("ptbxl-3", "NORMAL", "LBBB", beats=4, lead="V1"),
            Row("ptbxl-4", "NORMAL", "NORMAL", beats=2, lead="V5"),
        ],
        1,
    ),
]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return people.table(FOLDS).set_index(["leads", "database", "class"])


def test_beats_and_people_are_counted_apart(table: pd.DataFrame) -> None:
    row = table.loc[LEAD_II, "all", "LBBB"]
    assert (row["people"], row["beats"]) == (3, 27)
    assert row["Se"] == pytest.approx(6 / 27, abs=1e-4)
    assert row["person_Se"] == pytest.approx(2 / 3, abs=1e-4)
    assert row["+P"] == 1
    assert row["person_Se_low"] < row["person_Se"] < row["person_Se_high"]


def test_leads_are_told_apart_from_any_lead(table: pd.DataFrame) -> None:
    assert table.loc[LEAD_II, "ptbxl", "NORMAL"]["Se"] == 1
    assert table.loc["alike", "all", "NORMAL"]["beats"] == 6
    assert table.loc["any lead", "ptbxl", "NORMAL"]["Se"] == pytest.approx(0.6)
    # As many beats of the one person are right as wrong: what is counted is the first class.
    assert table.loc["any lead", "all", "NORMAL"]["people"] == 2


def test_each_database_has_its_own_rows(table: pd.DataFrame) -> None:
    assert table.loc[LEAD_II, "mitdb", "LBBB"]["Se"] == 0
    assert table.loc[LEAD_II, "ptbxl", "LBBB"]["Se"] == pytest.approx(6 / 7, abs=1e-4)
    assert (LEAD_II, "mitdb", "NORMAL") not in table.index


def test_of_all_classes_together_f1_is_their_mean(table: pd.DataFrame) -> None:
    row = table.loc[LEAD_II, "all", "all"]
    of_classes = [table.loc[LEAD_II, "all", short]["F1"] for short in ("NORMAL", "LBBB")]
    assert row["F1"] == pytest.approx(sum(of_classes) / 2, abs=1e-4)
    assert row["Se"] == pytest.approx(10 / 31, abs=1e-4)
    assert row["F1_low"] <= row["F1"] <= row["F1_high"]


def test_the_majority_baseline_stands_beside(table: pd.DataFrame) -> None:
    row = table.loc[LEAD_II, "all", "majority baseline"]
    assert row["Se"] == pytest.approx(4 / 31, abs=1e-4)
    assert row["person_Se"] == pytest.approx(1 / 4, abs=1e-4)


def test_predictions_that_do_not_say_whose_they_are_are_refused() -> None:
    with pytest.raises(PeopleError, match="whose"):
        people.table([replace(fold, whose=None) for fold in FOLDS])


def test_the_command_prints_stores_and_compares(tmp_path: Path) -> None:
    files = [tmp_path / f"{fold.config.name}.npz" for fold in FOLDS]
    for fold, file in zip(FOLDS, files, strict=True):
        fold.save(file)
    words = ["people", *map(str, files)]
    stored = tmp_path / "people.csv"
    assert CliRunner().invoke(app, [*words, "--out", str(stored)]).exit_code == 0
    assert CliRunner().invoke(app, [*words, "--check", str(stored)]).exit_code == 0
    assert CliRunner().invoke(app, [*words[:2], "--check", str(stored)]).exit_code == 1
    confident = CliRunner().invoke(app, [*words, "--confident"])
    assert confident.exit_code == 0
    assert "answered" in confident.output
