"""Stored predictions to the rows of a results table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecg.classes import CLASS_SETS
from training.evaluation import tables
from training.learning import predictions
from training.learning.predictions import Predictions
from training.recipes.provenance import RunConfig


def _predictions(symbols: str, *, wrong: int = 0, records: list[str] | None = None, **config: object) -> Predictions:
    """Predictions of a run to one beat for each symbol, the first ``wrong`` of them wrong."""
    run = RunConfig.model_validate({"name": "recipe", **config})
    count = len(CLASS_SETS[run.class_set])
    truth = predictions.label_indices(np.array(list(symbols)), run.class_set)
    predicted = np.where(np.arange(len(truth)) < wrong, truth + 1, truth) % count
    probabilities = np.where(predicted[:, None] == np.arange(count), 0.9, 0.1 / (count - 1)).astype(np.float32)
    names = np.array(records or ["100"] * len(symbols))
    return Predictions(run, names, np.arange(len(symbols)), np.array(list(symbols)), probabilities, majority=0)


def _rows_of(of_runs: list[Predictions], class_sets: Sequence[str] = ()) -> pd.DataFrame:
    """The rows without those of the majority baseline."""
    table = tables.score_rows(of_runs, class_sets)
    return table[table["network"] != tables.MAJORITY_BASELINE]


def _fold(fold: int, wrong: int = 0) -> Predictions:
    return _predictions("NNLLRRAAVV!!//EE", wrong=wrong, name=f"recipe.fold-{fold}", fold=fold, class_set="eight")


def test_each_fold_has_a_row_and_all_folds_together_one_more() -> None:
    table = _rows_of([_fold(0), _fold(1, wrong=4)])
    assert list(table["partition"]) == ["fold 0", "fold 1", "2 folds"]
    assert list(table["accuracy"]) == [1.0, 0.75, 0.875]
    assert list(table["n"]) == [16, 16, 32]
    assert set(table["recipe"]) == {"recipe"}


def test_a_single_fold_is_not_told_twice() -> None:
    assert list(_rows_of([_fold(3)])["partition"]) == ["fold 3"]


def test_smaller_class_sets_are_scored_beside_the_run_s_own() -> None:
    table = _rows_of([_fold(0)], ["seven", "six"])
    assert list(table["class_set"]) == ["eight", "seven", "six"]
    assert list(table["n"]) == [16, 14, 12]


def test_the_majority_baseline_is_scored_on_the_same_beats_and_stands_once() -> None:
    other = [
        _predictions("NNLLRRAAVV!!//EE", name=f"other.fold-{fold}", fold=fold, class_set="eight") for fold in (0, 1)
    ]
    table = tables.score_rows([_fold(0), _fold(1), *other])
    baseline = table[table["network"] == tables.MAJORITY_BASELINE]
    assert list(baseline["partition"]) == ["2 folds"]
    assert list(baseline["n"]) == [32]
    assert list(baseline["accuracy"]) == [0.125]
    assert list(baseline["NORMAL_Se"]) == [1.0]
    assert list(baseline["PVC_Se"]) == [0.0]


def test_two_recipes_are_never_joined() -> None:
    other = _predictions("NL", name="other.fold-1", fold=1)
    table = _rows_of([_fold(0), other])
    assert list(table["recipe"]) == ["recipe", "other"]
    assert list(table["partition"]) == ["fold 0", "fold 1"]


@pytest.mark.parametrize(
    ("changes", "network"),
    [
        ({}, "residual"),
        ({"members": 4}, "4 x residual"),
        ({"snapshot_ensemble": True, "start_from": "first.fold-1"}, "2 x residual"),
        ({"snapshot_ensemble": True, "start_from": "first.fold-1", "cross_fold_networks": 1}, "3 x residual"),
    ],
    ids=["one", "members", "a snapshot ensemble and its start", "the same across folds"],
)
def test_a_row_tells_how_many_networks_an_ensemble_has(changes: dict[str, Any], network: str) -> None:
    assert list(_rows_of([_predictions("NL", fold=1, name="recipe.fold-1", **changes)])["network"]) == [network]


def test_starts_are_no_results() -> None:
    half = _predictions("NL", name="recipe.half-0", protocol="beats-half")
    assert tables.score_rows([half]).empty


def test_inter_patient_is_told_by_database_together_and_by_aami_class() -> None:
    of_run = _predictions(
        "NVF!L",
        protocol="inter-patient",
        records=["100", "100", "100", "419", "ptbxl-00004"],
        sources=("mitdb", "vfdb"),
    )
    table = _rows_of([of_run])
    assert list(table["partition"]) == ["test, MIT-BIH", "test, VFDB", "test, PTB-XL", "test, all", "test, MIT-BIH"]
    assert list(table["class_set"]) == ["seven"] * 4 + ["aami"]
    assert list(table["n"]) == [2, 1, 1, 4, 3]  # the fusion beat counts for AAMI alone
    assert set(table["sources"]) == {"mitdb+vfdb"}


def test_the_aami_row_leaves_out_the_paced_records() -> None:
    of_run = _predictions("NV/", protocol="inter-patient", records=["100", "100", "104"])
    aami = _rows_of([of_run]).query("class_set == 'aami'")
    assert list(aami["n"]) == [2]


def test_a_run_in_aami_s_classes_has_the_aami_row_alone() -> None:
    of_run = _predictions("NLRejAaJSVEF/", protocol="inter-patient", class_set="aami", records=["100"] * 12 + ["104"])
    table = _rows_of([of_run])
    assert list(table["class_set"]) == ["aami"]
    (row,) = table.to_dict("records")
    # Fusion beats count, and nothing is right for them.
    assert (row["n"], row["accuracy"]) == (12, round(11 / 12, 4))
    assert (row["N_n"], row["SVEB_n"], row["VEB_n"], row["F_n"]) == (5, 4, 2, 1)


def test_each_power_of_the_prior_correction_has_its_row() -> None:
    validated = _predictions("NNNNNNNNAA")
    unsure = validated.probabilities.copy()
    unsure[8:] = [0.5, 0.02, 0.02, 0.4, 0.02, 0.02, 0.02]
    validated = replace(validated, probabilities=unsure, shares=np.array([0.8, 0.01, 0.01, 0.1, 0.06, 0.01, 0.01]))
    rows = tables.prior_correction_rows(validated)
    assert list(rows["prior_correction"]) == list(tables.PRIOR_CORRECTION_POWERS)
    assert (rows["beats"] == 10).all()
    assert (rows["accuracy"].iloc[0], rows["mean_Se"].iloc[0]) == (0.8, 0.5)
    assert (rows["accuracy"].iloc[10], rows["mean_Se"].iloc[10]) == (1.0, 1.0)
    assert rows["macro_f1"].iloc[0] == round((16 / 18 + 0) / 2, 4)
    assert [column for column in rows if column.endswith("_Se")] == ["mean_Se", "NORMAL_Se", "PAC_Se"]
    assert (rows["NORMAL_Se"].iloc[0], rows["PAC_Se"].iloc[0], rows["PAC_Se"].iloc[10]) == (1.0, 0.0, 1.0)


def test_the_prior_correction_stands_with_the_recipe() -> None:
    table = _rows_of([_predictions("NL", name="recipe.fold-2", fold=2, prior_correction=0.4)])
    assert list(table["recipe"]) == ["recipe prior correction 0.4"]


@pytest.mark.parametrize(
    ("config", "network"),
    [
        ({}, "residual"),
        ({"members": 3}, "3 x residual"),
        ({"members": 2, "snapshot_ensemble": True, "start_from": "first"}, "3 x residual"),
    ],
)
def test_the_networks_of_an_ensemble_are_counted(config: dict[str, Any], network: str) -> None:
    assert set(_rows_of([_predictions("NL", **config)])["network"]) == {network}


def test_each_held_out_person_has_a_row_and_all_of_them_one_more() -> None:
    people = [
        _predictions("LLN", wrong=wrong, name=f"r.without-{person}", protocol="leave-one-patient-out", held_out=person)
        for person, wrong in (("109", 0), ("111", 1))
    ]
    table = _rows_of(people)
    assert list(table["partition"]) == ["without 109", "without 111", "2 people"]
    assert set(table["recipe"]) == {"r"}
    assert table["accuracy"].iloc[-1] == pytest.approx(5 / 6, abs=1e-4)


def test_detection_tells_one_class_from_all_others_in_new_people() -> None:
    people = _predictions("!!!!NNNNVV", wrong=1, protocol="inter-patient", records=["419"] * 4 + ["100"] * 6)
    same_people = _predictions("!!NN", name="recipe.fold-0")
    (row,) = tables.detection_rows([people, same_people]).to_dict("records")
    assert (row["beats"], row["others"], row["records"]) == (4, 6, 1)
    assert row["sensitivity"] == 0.75
    assert row["called"] == 0.0
    assert row["auroc"] == pytest.approx(1 - 0.25 / 2, abs=0.01)  # the missed one is level with the others


@pytest.mark.parametrize(
    ("record", "source"), [("100", "MIT-BIH"), ("234", "MIT-BIH"), ("419", "VFDB"), ("609", "VFDB")]
)
def test_a_record_s_name_tells_its_database(record: str, source: str) -> None:
    assert tables.source_of(record) == source
    assert tables.source_of("ptbxl-00419") == "PTB-XL"


def test_tables_of_earlier_versions_are_read_under_todays_names(tmp_path: Path) -> None:
    stored = tmp_path / "table.csv"
    stored.write_text(
        "network,recipe,side\nseed,first balanced 0.5,fold 0\nnaive majority,,fold 0\nresidual,well balanced,fold 0\n"
    )
    table = tables.read(stored)
    assert list(table["network"]) == ["course_cnn", tables.MAJORITY_BASELINE, "residual"]
    assert list(table["recipe"].fillna("")) == ["first prior correction 0.5", "", "well balanced"]
    assert list(table["partition"]) == ["fold 0"] * 3
