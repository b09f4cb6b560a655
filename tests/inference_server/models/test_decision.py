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


#: NORMAL, PAC, PVC, LBBB: in one beat nobody can see whether it came early.
GROUPED = Thresholds(
    min_probability=(0.05,) * 4,
    max_ood_score=10.0,
    min_confidence=(0.9, 0.9, 0.8, 2.0),
    groups=((0, 1), (2,), (3,)),
)


@pytest.mark.parametrize("probabilities", [(0.6, 0.31, 0.05, 0.04), (0.31, 0.6, 0.05, 0.04), (0.9, 0.0, 0.06, 0.04)])
def test_a_group_is_answered_confidently_by_what_its_classes_are_together(probabilities: tuple[float, ...]) -> None:
    decision = decide(probabilities, 3.0, GROUPED)
    assert decision.verdict is Verdict.CONFIDENT
    assert set(decision.prediction_set) == {0, 1}
    assert decision.top == decision.prediction_set[0] == max(range(4), key=probabilities.__getitem__)


def test_each_group_has_its_own_confidence_threshold() -> None:
    assert decide([0.1, 0.05, 0.8, 0.05], 3.0, GROUPED).verdict is Verdict.CONFIDENT
    assert decide([0.6, 0.25, 0.1, 0.05], 3.0, GROUPED).verdict is Verdict.UNCERTAIN
    assert decide([0.0, 0.0, 0.0, 1.0], 3.0, GROUPED).verdict is Verdict.UNCERTAIN  # above 1: never
    assert decide([1.0, 0.0, 0.0, 0.0], 11.0, GROUPED).verdict is Verdict.NOT_A_BEAT


def test_uncertain_answers_name_whole_groups_most_probable_class_first() -> None:
    decision = decide([0.3, 0.001, 0.64, 0.04], 3.0, GROUPED)
    assert (decision.prediction_set, decision.verdict) == ((2, 0, 1), Verdict.UNCERTAIN)


def test_no_group_is_left_out_that_is_more_probable_than_a_plausible_one() -> None:
    strict = Thresholds((0.5,) * 4, 10.0, (2.0,) * 4, GROUPED.groups)
    # The most probable class is alone less probable than the two of another group together.
    decision = decide([0.3, 0.26, 0.34, 0.1], 3.0, strict)
    assert (decision.top, decision.prediction_set) == (2, (2, 0, 1))


def test_the_most_probable_class_is_never_contradicted_by_a_confident_group() -> None:
    eager = Thresholds((0.01,) * 4, 10.0, (0.5,) * 4, GROUPED.groups)
    decision = decide([0.28, 0.28, 0.44, 0.0], 3.0, eager)
    assert (decision.top, decision.verdict) == (2, Verdict.UNCERTAIN)
    assert set(decision.prediction_set) == {0, 1, 2}


@pytest.mark.parametrize("groups", [(), ((0,), (1, 2))])
def test_where_nothing_was_measured_no_answer_is_confident(groups: tuple[tuple[int, ...], ...]) -> None:
    measured = Thresholds((0.1, 0.1, 0.1), 10.0, min_confidence=(0.5, 0.5, 0.5), groups=groups)
    sure = [0.999, 0.001, 0.0]
    assert decide(sure, 3.0, measured).verdict is Verdict.CONFIDENT
    decision = decide(sure, 3.0, measured.never_confident())
    assert (decision.top, decision.prediction_set, decision.verdict) == (0, (0,), Verdict.UNCERTAIN)
    assert decide(sure, 11.0, measured.never_confident()).verdict is Verdict.NOT_A_BEAT
