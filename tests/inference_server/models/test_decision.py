import math

import pytest

from inference_server.classification import Verdict
from inference_server.models.decision import Thresholds, decide

THRESHOLDS = Thresholds(min_probability=(0.5, 0.2, 0.1), max_ood_score=10.0)


def test_the_only_plausible_class_is_confident() -> None:
    decision = decide([0.95, 0.04, 0.01], 3.0, THRESHOLDS)
    assert (decision.top, decision.prediction_set, decision.verdict) == (0, (0,), Verdict.CONFIDENT)


def test_several_plausible_classes_are_uncertain_and_named_most_probable_first() -> None:
    decision = decide([0.15, 0.25, 0.6], 3.0, THRESHOLDS)
    assert (decision.top, decision.prediction_set, decision.verdict) == (2, (2, 1), Verdict.UNCERTAIN)


def test_each_class_has_its_own_threshold() -> None:
    decision = decide([0.4, 0.1, 0.5], 3.0, THRESHOLDS)
    assert decision.prediction_set == (2,)


def test_no_plausible_class_is_uncertain_about_the_top_class() -> None:
    decision = decide([0.49, 0.19, 0.09], 3.0, THRESHOLDS)
    assert (decision.top, decision.prediction_set, decision.verdict) == (0, (0,), Verdict.UNCERTAIN)


def test_a_single_plausible_class_that_is_not_the_top_is_uncertain() -> None:
    decision = decide([0.45, 0.3, 0.05], 3.0, THRESHOLDS)
    assert (decision.top, decision.prediction_set, decision.verdict) == (0, (1,), Verdict.UNCERTAIN)


@pytest.mark.parametrize(("probability", "verdict"), [(0.95, Verdict.CONFIDENT), (0.9499, Verdict.UNCERTAIN)])
def test_a_class_may_need_more_than_to_be_the_only_plausible_one(probability: float, verdict: Verdict) -> None:
    strict = Thresholds(min_probability=(0.5, 0.2, 0.1), max_ood_score=10.0, min_confidence=(0.95, 0.0, 2.0))
    decision = decide([probability, 0.05, 0.0], 3.0, strict)
    assert (decision.prediction_set, decision.verdict) == ((0,), verdict)
    assert decide([0.01, 0.6, 0.05], 3.0, strict).verdict is Verdict.CONFIDENT
    assert decide([0.0, 0.0, 1.0], 3.0, strict).verdict is Verdict.UNCERTAIN  # above 1: never
    assert decide([1.0, 0.0, 0.0], 11.0, strict).verdict is Verdict.NOT_A_BEAT


@pytest.mark.parametrize("distance", [10.001, math.inf, math.nan])
def test_what_is_too_far_from_every_training_beat_is_no_beat(distance: float) -> None:
    assert decide([0.99, 0.01, 0.0], distance, THRESHOLDS).verdict is Verdict.NOT_A_BEAT


def test_the_largest_distance_itself_still_is_a_beat() -> None:
    assert decide([0.99, 0.01, 0.0], 10.0, THRESHOLDS).verdict is Verdict.CONFIDENT


@pytest.mark.parametrize("classes", [2, 6, 8])
def test_any_number_of_classes(classes: int) -> None:
    probabilities = [0.9] + [0.1 / (classes - 1)] * (classes - 1)
    thresholds = Thresholds(min_probability=(0.2,) * classes, max_ood_score=1.0)
    assert decide(probabilities, 0.0, thresholds).prediction_set == (0,)
