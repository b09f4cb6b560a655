"""Fit the rule by which a beat is seen beside the others of its recording (:mod:`inference_server.models.second_look`).

It learns from whole recordings of which every beat is marked, by what networks that don't know the person said of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ecg.classes import PAC, PVC
from inference_server.models.recording_course import first_look
from inference_server.models.second_look import KINDS, NUMBERS, Rule, numbers_of
from training.databases.database import Truth
from training.databases.registry import DATABASES
from training.datasets.recordings.beat_set import Prepared
from training.datasets.recordings.labelling import CLASSES, CONDUCTED, NO_BEAT, bits
from training.learning.recordings.runs import key

_SHORTS: Final = [kind.short for kind in CLASSES]

#: At most so many beats of a recording and kind are looked at, evenly taken, and stand for all of them.
_MOST: Final = 400
#: A recording weighs as the root of its beats, of so many at most, times this over their number.
_WEIGHT: Final = 20.0
#: How little weights are held back (``C`` of scikit-learn).
_FREEDOM: Final = 0.1

_LABELS: Final = {
    **{label: 0 for label in range(1, CONDUCTED + 1) if not label & ~CONDUCTED},
    NO_BEAT: 0,
    bits(PAC): KINDS.index("supraventricular"),
    bits(PVC): KINDS.index("ventricular"),
}

Taken = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]


def fit(records: Sequence[Prepared], probabilities: Mapping[str, NDArray[np.float32]]) -> Rule | None:
    """The rule that recordings tell; None where they don't show every kind.

    Args:
        records: Everything that is prepared.
        probabilities: Calibrated, of the recordings that tell, by :func:`~training.learning.recordings.runs.key`.
    """
    taken = [
        _taken(record, probabilities[key(record)])
        for record in records
        if key(record) in probabilities and not record.is_edited and DATABASES[record.database].truth is Truth.BEATS
    ]
    if not taken:
        return None
    numbers, kinds, weights = (np.concatenate(column) for column in zip(*taken, strict=True))
    if len(np.unique(kinds)) < len(KINDS):
        return None
    known = np.isfinite(numbers)
    middle = np.array([np.median(numbers[known[:, place], place]) for place in range(len(NUMBERS))])
    spread = np.array([numbers[known[:, place], place].std() for place in range(len(NUMBERS))]) + 1e-3
    scale = Rule(middle, spread, np.empty((0, len(NUMBERS))), np.empty(0))
    fitted = LogisticRegression(C=_FREEDOM, max_iter=500, tol=1e-3)
    fitted.fit(scale.standardised(numbers), kinds, sample_weight=weights)
    return Rule(middle, spread, fitted.coef_, fitted.intercept_)


def _taken(record: Prepared, probabilities: NDArray[np.float32]) -> Taken:
    """Numbers, kinds and weights of the beats of a recording that are looked at."""
    course = record.course
    numbers = numbers_of(first_look(probabilities, course, _SHORTS), course.before, course.odd, course.families)
    kinds = np.array([_LABELS.get(label, -1) for label in range(256)])[record.allowed]
    count = max(int((kinds >= 0).sum()), 1)
    chosen, weights = [np.empty(0, np.int64)], [np.empty(0)]
    for kind in range(len(KINDS)):
        own = np.flatnonzero(kinds == kind)
        if len(own):
            chosen.append(own[np.linspace(0, len(own) - 1, min(_MOST, len(own))).round().astype(np.int64)])
            each = len(own) / len(chosen[-1]) * _WEIGHT * np.sqrt(min(count, _MOST)) / count
            weights.append(np.full(len(chosen[-1]), each))
    places = np.concatenate(chosen)
    return numbers[places], kinds[places], np.concatenate(weights)
