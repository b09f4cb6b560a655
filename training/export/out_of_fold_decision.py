"""What a model file takes from the predictions for all people by networks that don't know them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
        "lead_answers": lead_answers(folds, shorts, without or frozenset()),
    }
    if without is None:
        return figures
    thresholds = confident_answers.decided_on(_scaled(folds, without), without=without)
    limit = metadata["decision"]["max_distance"]
    return figures | {"decision": confidence.decision_metadata(thresholds, shorts, limit)}


def lead_answers(folds: Sequence[Predictions], shorts: Sequence[str], without: frozenset[str]) -> list[dict[str, Any]]:
    """The entry ``lead_answers`` of a model file: with thresholds of their own for leads that nothing was learned from.

    A group of classes whose confident answers were right too rarely there, or measured on too few people, has none.

    Args:
        shorts: the classes' short names, in output order.
        without: people who have no say in the thresholds.
    """
    known = _scaled(folds, without)
    entries = confident_answers.of_leads(out_of_fold_scaling.calibrated(folds))
    for entry in entries:
        if entry["learned"]:
            continue
        (lead,) = entry["leads"]
        decided = confident_answers.decided_on(known, without=without, in_leads=confident_answers.in_lead(lead))
        measured = {short for group in entry["confident_answers"] for short in group["classes"]}
        enough = [
            least if short in measured else confidence.NEVER
            for short, least in zip(shorts, decided.min_confidence, strict=True)
        ]
        decision = confidence.decision_metadata(replace(decided, min_confidence=tuple(enough)), shorts, math.inf)
        del decision["max_distance"]  # the file's own holds in every lead
        entry["decision"] = decision
    return entries


def _scaled(folds: Sequence[Predictions], without: frozenset[str]) -> list[Predictions]:
    """The predictions calibrated on all people but ``without``, as the model's own are."""
    then = out_of_fold_scaling.scaling_of(folds, without=without)
    return [out_of_fold_scaling.scaled(fold, then) for fold in folds]


def recipe_of(fold: Predictions) -> str:
    """The recipe's name, which stands in the names of its folds."""
    return fold.config.name.rpartition(".fold-")[0] or fold.config.name
