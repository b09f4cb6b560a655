"""Out-of-fold predictions calibrated on people whom the networks don't know: how frequent classes are among people.

Training draws rare classes often, and the few people who validate say little of how often they occur. All people of all
folds say more: their predictions come from networks that don't know them, so a bias for each class, fitted to them,
fits nobody in particular. Every person weighs the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from training.datasets import lead_groups
from training.evaluation.people import People, PeopleError
from training.learning import calibration
from training.learning.calibration import Scaling
from training.learning.predictions import STEP, Predictions

#: Stored probabilities are multiples of twice this.
_LEAST_PROBABILITY = STEP / 2


def scaling_of(folds: Sequence[Predictions], *, without: Collection[str] = ()) -> Scaling:
    """What out-of-fold probabilities need on top of their own calibration, in the leads that networks learn from.

    Args:
        folds: predictions of folds by person.
        without: people who have no say.

    Raises:
        PeopleError: the predictions don't say whose beats they are for, or nobody is left.
    """
    people = People.of(folds)
    asked = lead_groups.look_alike(people.whose.leads) & ~np.isin(people.whose.people, sorted(without))
    if not asked.any():
        raise PeopleError("Nobody is left to calibrate on.")
    people = people.only(asked)
    _, person, beats = np.unique(people.whose.people, return_inverse=True, return_counts=True)
    logits = _logits(people.probabilities)
    return calibration.fit_scaling(logits, people.truth, weights=1.0 / beats[person])


def calibrated(folds: Sequence[Predictions]) -> list[Predictions]:
    """Each fold's predictions, calibrated on the people of the others.

    Raises:
        PeopleError: there is one fold only, or the predictions don't say whose beats they are for.
    """
    if len(folds) < 2:
        raise PeopleError("A fold is calibrated on the people of others; there is only one.")
    return [scaled(fold, scaling_of([other for other in folds if other is not fold])) for fold in folds]


def scaled(predicted: Predictions, scaling: Scaling) -> Predictions:
    """The predictions with ``scaling`` on top of their own calibration."""
    logits = _logits(predicted.probabilities) / scaling.temperature + np.array(scaling.bias)
    return replace(predicted, probabilities=softmax(logits, axis=1).astype(np.float32))


def for_logits(folds: Sequence[Predictions], then: Scaling) -> Scaling:
    """``then``, of the folds' probabilities, as a scaling of logits: those of networks of one recipe are alike.

    Args:
        folds: by networks of the same recipe.
        then: see :func:`scaling_of`.

    Raises:
        PeopleError: the predictions don't say what their logits were divided by.
    """
    temperatures = [fold.temperature for fold in folds if fold.temperature is not None]
    if len(temperatures) < len(folds):
        raise PeopleError("These predictions don't say what their logits were divided by. Predict once more.")
    usual = float(np.exp(np.mean(np.log(temperatures))))
    return Scaling(usual * then.temperature, then.bias)


def _logits(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.log(np.maximum(probabilities, _LEAST_PROBABILITY)).astype(np.float32)
