"""Whether a whole folder looks like another class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ecg.classes import CLASS_SETS, index_of_symbols
from training.datasets import folder_audit
from training.learning import predictions

ROOT = Path(__file__).resolve().parents[3]
KEPT = ROOT / "results" / "predictions"

#: A person's class counts from so many beats on.
_LEAST_BEATS = 8


@pytest.fixture(scope="module")
def answers_of_people() -> dict[tuple[str, int], np.ndarray]:
    """How often each class was answered to each person's beats of each class, by networks that do not know them."""
    index = index_of_symbols(CLASS_SETS["seven"])
    counts = {}
    for name in ("inter-patient/arrhythmia-4.inter-patient.npz", "validation/inter-patient.two-parts.npz"):
        kept = predictions.load(KEPT / name)
        answers = kept.probabilities.argmax(axis=1)
        truth = np.array([index.get(symbol, -1) for symbol in kept.symbols])
        for record in np.unique(kept.records):
            for row in range(len(index)):
                chosen = (kept.records == record) & (truth == row)
                if chosen.sum() >= _LEAST_BEATS:
                    counts[str(record), row] = np.bincount(answers[chosen], minlength=7)
    return counts


def test_the_table_is_what_the_kept_answers_say(answers_of_people: dict[tuple[str, int], np.ndarray]) -> None:
    for row, short in enumerate(folder_audit.CLASSES):
        shares = [counts / counts.sum() for (_, truth), counts in answers_of_people.items() if truth == row]
        assert folder_audit.ANSWERS[row] == pytest.approx(np.mean(shares, axis=0), abs=6e-4), short


def test_a_person_whom_the_network_does_not_know_is_rarely_taken_for_another_class(
    answers_of_people: dict[tuple[str, int], np.ndarray],
) -> None:
    taken = [
        person
        for person, counts in answers_of_people.items()
        if folder_audit.another_class(counts, person[1]) is not None
    ]
    assert len(answers_of_people) == 393
    assert len(taken) == 2


@pytest.mark.parametrize(
    ("label", "answers", "found"),
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
def test_what_a_network_usually_mistakes_is_no_finding(label: str, answers: dict[str, int], found: str | None) -> None:
    counts = np.array([answers.get(short, 0) for short in folder_audit.CLASSES])
    other = folder_audit.another_class(counts, folder_audit.CLASSES.index(label))
    assert (None if other is None else folder_audit.CLASSES[other]) == found
