"""From a model's numbers to a verdict. Pure functions; the thresholds come out of the model file.

A model file that names groups of classes, which one picture can't tell apart, is answered in groups: how probable a
group is, is what its classes are together. From the least probability on at which answers of a group were right often
enough for people whom the network didn't know (selective classification, Geifman & El-Yaniv 2017), the answer is
confident, and every class of the group stays plausible. Else those groups are plausible that are probable enough, by
one bound for all, so that none is left out that is more probable than another.

Without groups, the prediction set is class-conditional conformal: training chooses for each class the least
probability that its own held-out beats reach often enough (Vovk 2012, "Conditional validity of inductive conformal
predictors"), so the set contains the true class at the stated rate, for every class that had enough held-out beats for
a threshold of its own.

What looks unlike every training beat gets no class at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inference_server.classification import Verdict


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What training found: when a class stays plausible, and when a picture is no beat."""

    min_probability: tuple[float, ...]
    """For each class, in the model's order: the least probability, 0 to 1, at which it stays plausible."""
    max_ood_score: float
    """The largest OOD score (the model's own unit) at which a picture still is a beat."""
    min_confidence: tuple[float, ...] = ()
    """For each class: the least probability from which it may be answered confidently, above 1 where it never may.
    Empty where the model file has none: then no class needs more than to be the only plausible one."""
    groups: tuple[tuple[int, ...], ...] = ()
    """All classes by their indices, those together that one picture can't tell apart. ``min_confidence`` is then that
    of their groups, and the least of ``min_probability`` the bound for all. Empty where the model file names none."""

    def never_confident(self) -> Thresholds:
        """The same for beats of a kind that nothing was measured of: whatever is answered, it is not confident."""
        return replace(self, min_confidence=(math.inf,) * len(self.min_probability))


@dataclass(frozen=True, slots=True)
class Decision:
    """Indices into the model's classes, and the verdict on them."""

    top: int
    """The most probable class."""
    prediction_set: tuple[int, ...]
    """The classes that stay plausible, most probable first; never empty. With groups, whole groups: more than one class
    beside ``CONFIDENT`` are those that one picture can't tell apart."""
    verdict: Verdict


def decide(probabilities: Sequence[float], ood_score: float, thresholds: Thresholds) -> Decision:
    """Judge one picture.

    Args:
        probabilities: the calibrated probability of each class, in the model's order.
        ood_score: how unlike the training beats the picture is; larger is stranger.
        thresholds: from the same model.

    Returns:
        ``NOT_A_BEAT`` beyond the largest OOD score (or when it is not a number). Otherwise, with groups: ``CONFIDENT``
        when the most probable group, that of the most probable class, is as probable as confident answers of it must
        be; else ``UNCERTAIN``. Without: ``CONFIDENT`` when the most probable class alone is plausible and as probable
        as confident answers of it must be, ``UNCERTAIN`` when it is not, or when several or none are plausible.
    """
    order = sorted(range(len(probabilities)), key=probabilities.__getitem__, reverse=True)  # of equals, the first first
    judge = _judge_groups if thresholds.groups else _judge_classes
    plausible, confident = judge(probabilities, order, thresholds)
    if not ood_score <= thresholds.max_ood_score:
        verdict = Verdict.NOT_A_BEAT
    else:
        verdict = Verdict.CONFIDENT if confident else Verdict.UNCERTAIN
    return Decision(top=order[0], prediction_set=plausible, verdict=verdict)


def _judge_classes(
    probabilities: Sequence[float], order: Sequence[int], thresholds: Thresholds
) -> tuple[tuple[int, ...], bool]:
    """The plausible classes, most probable first, and whether the answer is confident."""
    top = order[0]
    plausible = tuple(index for index in order if probabilities[index] >= thresholds.min_probability[index])
    enough = not thresholds.min_confidence or probabilities[top] >= thresholds.min_confidence[top]
    return plausible or (top,), plausible == (top,) and enough


def _judge_groups(
    probabilities: Sequence[float], order: Sequence[int], thresholds: Thresholds
) -> tuple[tuple[int, ...], bool]:
    """The same where groups of classes are answered."""
    together: list[float] = []
    for group in thresholds.groups:  # plainly: this is done for every picture
        probability = 0.0
        for index in group:
            probability += probabilities[index]
            if index == order[0]:
                top, of_top = group, len(together)
        together.append(probability)
    most = together[of_top]
    if most == max(together) and most >= thresholds.min_confidence[order[0]]:
        return tuple([index for index in order if index in top]), True
    # Whatever is at least as probable as the group of the most probable class is as plausible.
    least = min(*thresholds.min_probability, most)
    plausible = {
        index
        for group, probability in zip(thresholds.groups, together, strict=True)
        if probability >= least
        for index in group
    }
    return tuple([index for index in order if index in plausible]), False
