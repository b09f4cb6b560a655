"""What a model file takes from the predictions for all people by networks that don't know them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from training.evaluation import confident_answers
from training.evaluation import out_of_fold as out_of_fold_scaling
from training.learning import confidence
from training.learning.predictions import Predictions


def decided_on(
    folds: Sequence[Predictions], metadata: Mapping[str, Any], without: frozenset[str] | None
) -> dict[str, object]:
    """The entries of a model file that out-of-fold predictions decide, in place of those in ``metadata``.

    Args:
        without: people who have no say in the thresholds; None where these were decided already.
    """
    shorts = [beat_class["short"] for beat_class in metadata["classes"]]
    calibrated = out_of_fold_scaling.calibrated(folds)
    figures = {
        "scores": metadata["scores"] | confident_answers.class_scores(calibrated),
        "confident_answers": confident_answers.of_groups(calibrated),
    }
    if without is None:
        return figures
    then = out_of_fold_scaling.scaling_of(folds, without=without)
    known = [out_of_fold_scaling.scaled(fold, then) for fold in folds]
    thresholds = confident_answers.decided_on(known, without=without)
    limit = metadata["decision"]["max_distance"]
    return figures | {"decision": confidence.decision_metadata(thresholds, shorts, limit)}


def recipe_of(fold: Predictions) -> str:
    """The recipe's name, which stands in the names of its folds."""
    return fold.config.name.rpartition(".fold-")[0] or fold.config.name
