"""Whether a whole folder looks like another class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.datasets import folder_audit
from training.evaluation import out_of_fold
from training.evaluation.people import ALIKE, People
from training.learning import predictions

ROOT = Path(__file__).resolve().parents[3]
RESULTS = ROOT / "results"

#: A person's class counts from so many beats on.
_LEAST_BEATS = 8


@pytest.fixture(scope="module")
def predictions_of_people() -> dict[tuple[str, int], np.ndarray]:
    """How often each class was predicted for each person's beats of each class, by networks that do not know them."""
    folds = [predictions.load(path) for path in sorted((RESULTS / "predictions" / "people-5fold").glob("*.npz"))]
    people = People.of(out_of_fold.calibrated(folds))
    people = people.only(dict(people.by_lead())[ALIKE])
    assert people.shorts == folder_audit.CLASSES
    who, place = np.unique(people.whose.people, return_inverse=True)
    table = np.zeros((len(who), 7, 7), np.int64)
    np.add.at(table, (place, people.truth, people.predicted), 1)
    counts = {(str(name), row): table[number, row] for number, name in enumerate(who) for row in range(7)}
    return {person: counts for person, counts in counts.items() if counts.sum() >= _LEAST_BEATS}


def test_the_table_is_what_the_stored_counts_say(predictions_of_people: dict[tuple[str, int], np.ndarray]) -> None:
    for row, short in enumerate(folder_audit.CLASSES):
        shares = [counts / counts.sum() for (_, truth), counts in predictions_of_people.items() if truth == row]
        assert folder_audit.PREDICTED_SHARES[row] == pytest.approx(np.mean(shares, axis=0), abs=6e-4), short


def test_a_person_whom_the_network_does_not_know_is_rarely_taken_for_another_class(
    predictions_of_people: dict[tuple[str, int], np.ndarray],
) -> None:
    taken = [
        person
        for person, counts in predictions_of_people.items()
        if folder_audit.another_class(counts, person[1]) is not None
    ]
    assert len(predictions_of_people) == 1_175
    assert len(taken) == 18


@pytest.mark.parametrize(
    ("label", "predicted", "suspected"),
    [
        ("PAC", {"PACED": 34, "PAC": 6}, "PACED"),  # what the old course data set's folder held
        ("PAC", {"NORMAL": 40}, None),  # which is what a network says to premature atrial beats
        ("PAC", {"NORMAL": 2}, None),
        ("LBBB", {"NORMAL": 97, "LBBB": 3}, None),
        ("NORMAL", {"PVC": 30, "NORMAL": 2}, "PVC"),
        ("VF", {"NORMAL": 30}, "NORMAL"),
        ("PACED", {"PVC": 1}, None),
    ],
)
def test_what_a_network_usually_mistakes_is_no_finding(
    label: str, predicted: dict[str, int], suspected: str | None
) -> None:
    counts = np.array([predicted.get(short, 0) for short in folder_audit.CLASSES])
    other = folder_audit.another_class(counts, folder_audit.CLASSES.index(label))
    assert (None if other is None else folder_audit.CLASSES[other]) == suspected
