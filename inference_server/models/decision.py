"""From a model's numbers to a verdict. Pure functions; the thresholds come out of the model file.

The prediction set is class-conditional conformal: training chooses for each class the least probability that its own
held-out beats reach often enough (Vovk 2012, "Conditional validity of inductive conformal predictors"), so the set
contains the true class at the stated rate, for every class that had enough held-out
beats for a threshold of its own. What looks unlike every training beat gets no class at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Decision:
    """Indices into the model's classes, and the verdict on them."""

    top: int
    """The most probable class."""
    prediction_set: tuple[int, ...]
    """The classes that stay plausible, most probable first; never empty."""
    verdict: Verdict


def decide(probabilities: Sequence[float], ood_score: float, thresholds: Thresholds) -> Decision:
    """Judge one picture.

    Args:
        probabilities: the calibrated probability of each class, in the model's order.
        ood_score: how unlike the training beats the picture is; larger is stranger.
        thresholds: from the same model.

    Returns:
        ``NOT_A_BEAT`` beyond the largest OOD score (or when it is not a number); otherwise ``CONFIDENT`` when the most
        probable class alone is plausible and as probable as confident answers of it must be, ``UNCERTAIN`` when it is
        not, or when several or none are plausible. With none, the prediction set names the most probable class.
    """
    order = sorted(range(len(probabilities)), key=probabilities.__getitem__, reverse=True)  # of equals, the first first
    top = order[0]
    plausible = tuple(index for index in order if probabilities[index] >= thresholds.min_probability[index])
    enough = not thresholds.min_confidence or probabilities[top] >= thresholds.min_confidence[top]
    if not ood_score <= thresholds.max_ood_score:
        verdict = Verdict.NOT_A_BEAT
    elif plausible == (top,) and enough:
        verdict = Verdict.CONFIDENT
    else:
        verdict = Verdict.UNCERTAIN
    return Decision(top=top, prediction_set=plausible or (top,), verdict=verdict)
