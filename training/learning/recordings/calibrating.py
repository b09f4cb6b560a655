"""What is fitted on people whom the networks don't know: scaling of the logits, and thresholds of the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.classes import NORMAL
from inference_server.models.decision import Thresholds
from inference_server.models.recording_course import CourseRule, by_course
from training.datasets.recordings.beat_set import Prepared
from training.datasets.recordings.labelling import CLASSES, CONDUCTED
from training.learning import confidence
from training.learning.calibration import Scaling, fit_scaling
from training.learning.recordings import second_look
from training.learning.recordings.runs import Logits, key

_SHORTS: Final = [kind.short for kind in CLASSES]

#: Probabilities are told from 0 by it where their logarithm is taken.
_TINY: Final = 1e-12

RISK_OF_OTHERS: Final = 0.1
"""How many of the confident answers other than normal may be wrong, of each class. What is called normal nobody looks
at again, so that less of it may (:data:`training.learning.confidence.RISK`).
"""

#: At most so many beats of a person and label are counted, evenly taken.
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """Beats with what a network that doesn't know their people said of them."""

    logits: NDArray[np.float32]
    """``[n, classes]``."""
    truth: NDArray[np.int64]
    """``[n]``: place of the class; of conducted beats whose class isn't told, the most probable conducted one."""
    people: NDArray[np.str_]
    """``[n]``."""


def known(records: tuple[Prepared, ...], logits: Logits) -> Known:
    """The beats whose class is known, of those that were asked about."""
    parts = []
    for record in records:
        if record.is_edited or key(record) not in logits:
            continue
        said = logits[key(record)]
        labels = _taken(record.allowed)
        own = said[labels]
        masked = np.where(record.allowed[labels][:, None] >> np.arange(len(CLASSES)) & 1, own, -np.inf)
        parts.append((own, np.argmax(masked, axis=1), np.full(len(own), record.facts["person"])))
    return Known(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _taken(allowed: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Which beats of a record are counted."""
    certain = [1 << place for place in range(len(CLASSES))]
    chosen = []
    for label in (*certain, CONDUCTED):
        own = np.flatnonzero(allowed == label)
        if len(own):
            chosen.append(own[np.linspace(0, len(own) - 1, min(_MOST, len(own))).round().astype(np.int64)])
    return np.sort(np.concatenate([np.empty(0, np.int64), *chosen]))


def scaling(beats: Known) -> Scaling:
    """Temperature, and a bias for each class: training draws the rare ones more often than they come."""
    return fit_scaling(beats.logits, beats.truth)


def probabilities(logits: NDArray[np.float32], scaled: Scaling) -> NDArray[np.float32]:
    """Calibrated, ``[n, classes]``."""
    values = logits / scaled.temperature + np.array(scaled.bias)
    values = np.exp(values - values.max(axis=1, keepdims=True))
    result: NDArray[np.float32] = (values / values.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is fitted to beats whose class is known."""

    scaling: Scaling
    course: CourseRule
    """Shares of the classes among them, one that has none counts as one beat; and how a beat is seen beside others."""

    @classmethod
    def of(cls, records: tuple[Prepared, ...], logits: Logits) -> Calibration:
        """By what networks that don't know their people said of some of the records."""
        beats = known(records, logits)
        counts = np.maximum(np.bincount(beats.truth, minlength=len(CLASSES)), 1)
        scaled = scaling(beats)
        said = {name: probabilities(values, scaled) for name, values in logits.items()}
        return cls(scaled, CourseRule(tuple((counts / counts.sum()).tolist()), second_look.fit(records, said)))

    def of_recordings(self, records: tuple[Prepared, ...], logits: Logits) -> dict[str, NDArray[np.float32]]:
        """Calibrated probabilities of all beats of recordings that were asked about, by the course of each."""
        return {
            key(record): by_course(
                probabilities(logits[key(record)], self.scaling), record.course, _SHORTS, self.course
            )
            for record in records
            if key(record) in logits and not record.is_edited
        }


def thresholds(records: tuple[Prepared, ...], said: Mapping[str, NDArray[np.float32]]) -> Thresholds:
    """When an answer is confident, and what else is plausible; see :mod:`training.learning.confidence`.

    Args:
        records: Everything that is prepared.
        said: Probabilities of each record's beats, by networks that don't know their people.
    """
    alone = tuple((place,) for place in range(len(CLASSES)))
    beats = known(records, {name: np.log(values + _TINY) for name, values in said.items()})
    risks = [confidence.RISK if kind == NORMAL else RISK_OF_OTHERS for kind in CLASSES]
    return confidence.thresholds(np.exp(beats.logits), beats.truth, beats.people, alone, risk=risks)


def cross_fitted(records: tuple[Prepared, ...], folds: Mapping[str, Logits]) -> dict[str, NDArray[np.float32]]:
    """Calibrated probabilities of all people, each fold's by what the other folds' people say of the networks.

    Args:
        records: Everything that is prepared.
        folds: What each fold's network said of those whom it doesn't know.
    """
    result: dict[str, NDArray[np.float32]] = {}
    for own, logits in folds.items():
        others: Logits = {}
        for name, said in folds.items():
            others |= said if name != own else {}
        calibration = Calibration.of(records, others)
        result |= calibration.of_recordings(records, logits)
    return result
