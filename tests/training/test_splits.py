from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from training import splits
from training.classes import CLASS_SETS
from training.datasets import Dataset
from training.records import patient_of
from training.splits import Split, SplitError, split


def _beats(data: Dataset, rows: np.ndarray) -> set[tuple[str, int]]:
    return set(data.table.iloc[rows][["record", "sample"]].itertuples(index=False, name=None))


def _patients(records: Sequence[str]) -> set[str]:
    return {patient_of(record) for record in records}


@pytest.fixture(scope="module")
def labels(data: Dataset) -> np.ndarray:
    return data.labels(CLASS_SETS["seven"])


@pytest.fixture(scope="module")
def folded(data: Dataset, labels: np.ndarray) -> list[Split]:
    return [split(data.table, labels, "beats-10fold", fold=fold, seed=1) for fold in range(splits.FOLDS)]


def test_no_person_is_on_two_sides_of_inter_patient() -> None:
    train, test = _patients(splits.TRAINING_RECORDS), _patients(splits.TEST_RECORDS)
    assert not train & test
    known = {*splits.TRAINING_RECORDS, *splits.FIBRILLATION_TRAINING_RECORDS, *splits.VALIDATION_RECORDS}
    assert not known & {*splits.TEST_RECORDS, *splits.FIBRILLATION_TEST_RECORDS}
    assert "201" in test
    assert "201" not in splits.TRAINING_RECORDS


def test_inter_patient_uses_every_record_but_the_one_left_out() -> None:
    assert len({*splits.TRAINING_RECORDS, *splits.TEST_RECORDS, *splits.LEFT_OUT_RECORDS}) == 48


def test_inter_patient_divides_by_record(data: Dataset, labels: np.ndarray) -> None:
    sides = split(data.table, labels, "inter-patient")
    records = data.table["record"].to_numpy(dtype=str)
    assert set(records[sides.train]) == {"101"}
    assert set(records[sides.validation]) == {"112"}
    assert set(records[sides.test]) == {"100"}


def test_the_two_leads_of_a_beat_never_part(data: Dataset, folded: list[Split]) -> None:
    for sides in folded:
        train, validation, test = (_beats(data, rows) for rows in (sides.train, sides.validation, sides.test))
        assert not train & test
        assert not train & validation
        assert not validation & test


def test_ten_folds_test_every_beat_exactly_once(data: Dataset, labels: np.ndarray, folded: list[Split]) -> None:
    tested = np.concatenate([sides.test for sides in folded])
    primary = data.table["primary"].to_numpy(dtype=bool)
    assert sorted(tested) == list(np.flatnonzero((labels >= 0) & primary))


def test_folds_are_stratified(labels: np.ndarray, folded: list[Split]) -> None:
    for sides in folded:
        counts = np.bincount(labels[sides.test], minlength=7)
        assert counts.max() - counts.min() <= 1


def test_only_primary_leads_are_scored_and_all_leads_train(data: Dataset, folded: list[Split]) -> None:
    primary = data.table["primary"].to_numpy(dtype=bool)
    sides = folded[0]
    assert primary[sides.test].all()
    assert primary[sides.validation].all()
    assert 0 < primary[sides.train].sum() < len(sides.train)


def test_a_seed_gives_the_same_division_again(data: Dataset, labels: np.ndarray, folded: list[Split]) -> None:
    again = split(data.table, labels, "beats-10fold", fold=0, seed=1)
    other = split(data.table, labels, "beats-10fold", fold=0, seed=2)
    assert (again.test == folded[0].test).all()
    assert not np.array_equal(other.test, folded[0].test)


def test_unlabelled_beats_take_no_part(labels: np.ndarray, folded: list[Split]) -> None:
    for rows in (folded[0].train, folded[0].validation, folded[0].test):
        assert (labels[rows] >= 0).all()


@pytest.mark.parametrize(
    ("protocol", "fold", "sentence"),
    [("by-moon", 0, "no protocol"), ("beats-10fold", 10, "Fold 10"), ("as-given", 0, "class folders")],
)
def test_what_does_not_fit_is_said(data: Dataset, labels: np.ndarray, protocol: str, fold: int, sentence: str) -> None:
    with pytest.raises(SplitError, match=sentence):
        split(data.table, labels, protocol, fold=fold)


def test_a_side_without_beats_is_an_error(data: Dataset, labels: np.ndarray) -> None:
    table: pd.DataFrame = data.table.assign(record="101")
    with pytest.raises(SplitError, match="has no beats"):
        split(table, labels, "inter-patient")
