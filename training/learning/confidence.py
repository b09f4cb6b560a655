"""When an answer is confident, and what else stays plausible: decided on people whom the network does not know.

The predictions are out-of-fold, so every person was asked about by a network that has not seen them. Classes that the
picture of one beat can't tell apart are answered together (:func:`ecg.classes.groups_of`).

1. **Confidence** (selective classification, Geifman & El-Yaniv 2017). Of each group, the least probability from which
   confident answers are right in all but :data:`RISK` of the cases, counted by beats and counted by people, of whom
   each weighs the same: someone with half an hour on record must not decide for those with ten seconds. Where the
   answers of a group come from fewer than :data:`LEAST_PEOPLE` people, the threshold is that of all groups' together.
2. **Plausible kinds**. Among the other beats, the largest probability from which on a group is plausible such that, of
   each group with enough people and of all together, all but :data:`MISSED` of the beats have their own among the
   plausible ones, every person weighing the same. It is one for all groups, so that a list of them is in the order of
   their probabilities and none of them is left out that is more probable than another.

A group's threshold hangs on its own answers alone, so that no class is silenced by another's rarity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference_server.models.decision import Thresholds

#: How many of the confident answers may be wrong, of each group and of all together.
RISK: Final = 0.04

#: In how many of the beats that are not answered confidently the true group may be missing among the plausible ones.
MISSED: Final = 0.10

#: Fewer people show nothing about others.
LEAST_PEOPLE: Final = 20

#: Confidence threshold of a group that is never answered confidently: more than any probability.
NEVER: Final = 2.0

#: Decimals of stored thresholds.
_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class _Beats:
    """Beats in groups; rows correspond."""

    probabilities: NDArray[np.float64]
    """``[N, G]``."""
    truth: NDArray[np.int64]
    """Place of the true group, ``[N]``."""
    top: NDArray[np.int64]
    """Place of the most probable group, −1 where the most probable class is of another: ``[N]``."""
    person: NDArray[np.int64]
    """A number for each person, ``[N]``."""

    @property
    def confidence(self) -> NDArray[np.float64]:
        """Probability of the most probable group, ``[N]``."""
        return self.probabilities.max(axis=1)


def thresholds(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    people: NDArray[np.str_],
    groups: Sequence[tuple[int, ...]],
    *,
    risk: float | Sequence[float] = RISK,
) -> Thresholds:
    """The thresholds of a model whose recipe predicted so for people whom it did not know; none on the OOD score.

    Args:
        probabilities: calibrated, ``[N, C]``.
        truth: class index of each beat, ``[N]``.
        people: whose beats they are, ``[N]``.
        groups: all classes by their places, see :func:`ecg.classes.groups_of`.
        risk: how many of the confident answers may be wrong, of all groups or of each.
    """
    beats = _grouped(probabilities, truth, people, groups)
    confidence = np.full(probabilities.shape[1], NEVER)
    for place, (group, wrong) in enumerate(zip(groups, np.broadcast_to(risk, len(groups)).tolist(), strict=True)):
        own = beats.top == place
        enough = len(np.unique(beats.person[own])) >= LEAST_PEOPLE
        confidence[list(group)] = _least_confidence(beats, own if enough else beats.top >= 0, wrong)
    unsure = beats.confidence < confidence[[groups[place][0] for place in beats.top.tolist()]]
    unsure |= beats.top < 0
    bound = _least_probability(beats, unsure)
    return Thresholds(
        min_probability=(bound,) * probabilities.shape[1],
        max_ood_score=np.inf,
        min_confidence=tuple(confidence.tolist()),
        groups=tuple(groups),
    )


def decision_metadata(decided: Thresholds, shorts: Sequence[str], max_ood_score: float) -> dict[str, Any]:
    """The ``decision`` entry of a model file, as ``inference_server.models.onnx_model`` reads it.

    Args:
        decided: of :func:`thresholds`.
        shorts: the classes' short names, in output order.
        max_ood_score: from which on a picture is no beat.
    """
    return {
        "min_probability": dict(zip(shorts, decided.min_probability, strict=True)),
        "min_confidence": dict(zip(shorts, decided.min_confidence, strict=True)),
        "max_distance": round(max_ood_score, 4),
        "groups": [[shorts[index] for index in group] for group in decided.groups if len(group) > 1],
    }


def _grouped(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    people: NDArray[np.str_],
    groups: Sequence[tuple[int, ...]],
) -> _Beats:
    place_of = np.empty(probabilities.shape[1], dtype=np.int64)
    for place, group in enumerate(groups):
        place_of[list(group)] = place
    together = np.stack([probabilities[:, list(group)].sum(axis=1) for group in groups], axis=1).astype(np.float64)
    top = place_of[probabilities.argmax(axis=1)]
    top[together[np.arange(len(top)), top] < together.max(axis=1)] = -1
    _, person = np.unique(people, return_inverse=True)
    return _Beats(together, place_of[truth], top, person)


def _weights(beats: _Beats, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
    """Every beat weighs the same; every person with a true group does, whatever the number of their beats."""
    _, kind, counts = np.unique(
        np.stack([beats.person[rows], beats.truth[rows]]), axis=1, return_inverse=True, return_counts=True
    )
    return np.ones(len(rows)), 1.0 / counts[kind.ravel()]


def _least_confidence(beats: _Beats, chosen: NDArray[np.bool_], risk: float) -> float:
    """The least confidence from which the chosen beats' answers are right in all but ``risk``, whatever is counted."""
    rows = np.flatnonzero(chosen)
    rows = rows[np.argsort(-beats.confidence[rows], kind="stable")]
    confidence, right = beats.confidence[rows], beats.truth[rows] == beats.top[rows]
    # Equally confident answers stand or fall together.
    good = np.append(np.diff(confidence) != 0, True) if len(rows) else np.zeros(0, dtype=bool)
    for weights in _weights(beats, rows):
        good &= np.cumsum(weights * right) >= (1 - risk) * np.cumsum(weights)
    good &= _people_so_far(beats.person[rows]) >= LEAST_PEOPLE
    ends = np.flatnonzero(good)
    return _rounded_down(confidence[ends[-1]]) if len(ends) else NEVER


def _people_so_far(person: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many people there are up to each row, ``[N]``."""
    first = np.zeros(len(person), dtype=np.int64)
    first[np.unique(person, return_index=True)[1]] = 1
    return np.cumsum(first)


def _least_probability(beats: _Beats, unsure: NDArray[np.bool_]) -> float:
    """The bound from which on groups are plausible where no answer is confident."""
    bounds = []
    of_each = [beats.truth == place for place in range(beats.probabilities.shape[1])]
    for chosen in (np.ones(len(unsure), dtype=bool), *of_each):
        rows = np.flatnonzero(unsure & chosen)
        if len(np.unique(beats.person[rows])) >= LEAST_PEOPLE:
            true_group = beats.probabilities[rows, beats.truth[rows]]
            bounds.append(_weighted_quantile(true_group, _weights(beats, rows)[1], MISSED))
    return _rounded_down(min(bounds)) if bounds else 0.0


def _weighted_quantile(values: NDArray[np.float64], weights: NDArray[np.float64], share: float) -> float:
    """The largest value below which less than ``share`` of the weight lies."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(below, share, side="right").clip(max=len(order) - 1)])


def _rounded_down(value: float) -> float:
    """A threshold may lose strictness by rounding, never what it promises."""
    unit = 10.0**_DECIMALS
    return float(np.floor(value * unit) / unit)
