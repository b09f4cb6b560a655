"""Five folds by person: everybody tests once, nobody is in two partitions, and people count, not beats."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from ecg.classes import CLASS_SETS
from training.databases import people
from training.datasets import people_folds
from training.datasets.splits import SplitError, split

_SYMBOLS = [beat_class.symbol for beat_class in CLASS_SETS["seven"]]
_PEOPLE = 40
_BEATS = 6


def _table(group: str = "ludb-{}") -> pd.DataFrame:
    """Forty people in thirty groups with beats of two classes each, in two leads."""
    rows = [
        {
            "patient": f"ludb-{number}",
            "record": f"ludb-{number}",
            "sample": 300 * beat,
            "symbol": _SYMBOLS[number % 7] if beat % 2 else "N",
            "lead": lead,
            "primary": lead == "II",
            "partition": "train",
            "group": group.format(number % 30),
        }
        for number, beat, lead in itertools.product(range(_PEOPLE), range(_BEATS), ("II", "V1"))
    ]
    return pd.DataFrame(rows)


def _labels(table: pd.DataFrame) -> np.ndarray:
    return table["symbol"].map({symbol: label for label, symbol in enumerate(_SYMBOLS)}).to_numpy(dtype=np.int64)


def test_everybody_tests_once_in_every_lead_and_nobody_is_in_two_partitions() -> None:
    table = _table()
    tested = []
    for fold in range(people.FOLDS):
        partitions = split(table, _labels(table), "people-5fold", fold=fold)
        groups = [set(table["group"].iloc[rows]) for rows in (partitions.train, partitions.validation, partitions.test)]
        assert sum(map(len, groups)) == len(set.union(*groups)) == 30
        tested += partitions.test.tolist()
    assert sorted(tested) == list(range(len(table)))


def test_folds_are_those_that_are_written_down() -> None:
    table = _table()
    partitions = split(table, _labels(table), "people-5fold", fold=3)
    assert {people.fold_of(group) for group in table["group"].iloc[partitions.test]} == {3}


def test_people_validate_for_each_class_but_never_many_of_one() -> None:
    table = _table()
    labels = _labels(table)
    partitions = people_folds.divide(table, labels, 0, 0)
    for label in range(7):
        own = table[labels == label].assign(partition=partitions[labels == label])
        carriers = own[own["partition"] != "test"].groupby("partition")["patient"].nunique()
        assert carriers.get("validation", 0) <= max(1, 0.2 * carriers.sum())
    assert (partitions == "validation").any()


def test_members_of_an_ensemble_validate_on_different_people() -> None:
    table = _table()
    validating = [
        set(table["group"][people_folds.divide(table, _labels(table), 0, member) == "validation"])
        for member in range(2)
    ]
    assert validating[0] != validating[1]


def test_at_most_so_many_beats_of_a_person_class_and_lead_take_part_spread_evenly() -> None:
    count = 3 * people_folds.BEATS
    table = pd.concat([_table().iloc[:1]] * count, ignore_index=True).assign(sample=np.arange(count))
    taken = np.flatnonzero(people_folds.within_cap(table, np.zeros(count, dtype=np.int64)))
    assert len(taken) == people_folds.BEATS
    assert (taken[0], taken[-1]) == (0, count - 1)
    assert np.diff(taken).max() <= 4


def test_synthetic_beats_crowd_nobody_out_and_train_only_with_their_person() -> None:
    table = _table()
    synthetic = table.assign(record="left0-" + table["record"].str.removeprefix("ludb-"))
    both = pd.concat([table, synthetic], ignore_index=True)
    partitions = split(both, _labels(both), "people-5fold", fold=0)
    assert (partitions.test < len(table)).all()
    assert (partitions.validation < len(table)).all()
    trained = both.iloc[partitions.train]
    untrained = set(table["patient"].iloc[np.concatenate([partitions.test, partitions.validation])])
    assert trained["record"].str.startswith("left0-").any()
    assert not untrained & set(trained["patient"])


def test_data_that_do_not_say_who_stays_together_are_refused() -> None:
    table = _table(group="")
    with pytest.raises(SplitError, match="Prepare it once more"):
        split(table, _labels(table), "people-5fold")
    with pytest.raises(SplitError, match="Fold 5"):
        split(_table(), _labels(_table()), "people-5fold", fold=5)
