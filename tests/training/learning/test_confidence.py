"""From which probability on an answer is confident, and what else stays plausible."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.classes import groups_of
from inference_server.classification import Verdict
from inference_server.models.decision import Thresholds, decide
from training.learning import confidence

SHORTS = ["NORMAL", "PAC", "PVC", "VF"]
GROUPS = groups_of(SHORTS)
NORMAL, PAC, PVC, VF = range(4)

Beat = tuple[int, int, float, str]
"""True class, predicted class, its probability, person."""


def _thresholds(beats: list[Beat], risk: float | tuple[float, ...] = 0.02) -> Thresholds:
    probabilities = np.array(
        [[p if label == predicted else (1 - p) / 3 for label in range(4)] for _, predicted, p, _ in beats], np.float32
    )
    truth = np.array([beat[0] for beat in beats])
    people = np.array([beat[3] for beat in beats])
    return confidence.thresholds(probabilities, truth, people, GROUPS, risk=risk)


def _crowd(truth: int, predicted: int, probability: float, people: int, beats: int = 1, start: int = 0) -> list[Beat]:
    return [
        (truth, predicted, probability, f"{truth}-{start + person}") for person in range(people) for _ in range(beats)
    ]


def test_normal_and_premature_atrial_are_one_group() -> None:
    assert GROUPS == ((NORMAL, PAC), (PVC,), (VF,))
    assert groups_of(["N", "SVEB", "VEB"]) == ((0,), (1,), (2,))


def test_a_group_is_answered_from_where_all_but_the_stated_risk_are_right() -> None:
    beats = _crowd(PVC, PVC, 0.9, 50) + _crowd(PVC, PVC, 0.7, 50, start=50) + _crowd(NORMAL, PVC, 0.6, 30)
    assert _thresholds(beats).min_confidence[PVC] == pytest.approx(0.7, abs=1e-5)
    assert _thresholds(beats, risk=0.3).min_confidence[PVC] == pytest.approx(0.6, abs=1e-5)


def test_each_group_may_have_a_risk_of_its_own() -> None:
    beats = _crowd(PVC, PVC, 0.9, 50) + _crowd(PVC, PVC, 0.7, 50, start=50) + _crowd(NORMAL, PVC, 0.6, 30)
    own, others = (_thresholds(beats, risks) for risks in ((0.02, 0.3, 0.02), (0.3, 0.02, 0.3)))
    assert own.min_confidence[PVC] == pytest.approx(0.6, abs=1e-5)
    assert others.min_confidence[PVC] == pytest.approx(0.7, abs=1e-5)


def test_taking_a_premature_atrial_beat_for_normal_is_right() -> None:
    beats = _crowd(NORMAL, NORMAL, 0.9, 40) + _crowd(PAC, NORMAL, 0.9, 40)
    decided = _thresholds(beats)
    assert decided.min_confidence[NORMAL] == decided.min_confidence[PAC] < 1
    answer = decide([0.92, 0.03, 0.04, 0.01], 0.0, decided)
    assert (answer.verdict, answer.prediction_set) == (Verdict.CONFIDENT, (NORMAL, PAC))


def test_nobody_with_many_beats_decides_for_those_with_few() -> None:
    # By beats 0.5 % are wrong, by people a third.
    beats = _crowd(PVC, PVC, 0.8, 40, beats=200) + _crowd(NORMAL, PVC, 0.8, 20, beats=2)
    assert _thresholds(beats).min_confidence[PVC] == confidence.NEVER
    # And the other way round: by people 1 % are wrong, by beats a third.
    beats = _crowd(PVC, PVC, 0.8, 200) + _crowd(NORMAL, PVC, 0.8, 2, beats=50)
    assert _thresholds(beats).min_confidence[PVC] == confidence.NEVER


def test_a_class_of_few_people_takes_the_threshold_of_all_answers_and_silences_nobody() -> None:
    many = _crowd(PVC, PVC, 0.9, 60) + _crowd(NORMAL, NORMAL, 0.8, 60)
    few = _crowd(VF, VF, 0.95, 3) + _crowd(VF, PVC, 0.5, 4, start=3)
    decided, without = _thresholds(many + few), _thresholds(many)
    assert decided.min_confidence[VF] == pytest.approx(0.8 + 0.2 / 3, abs=1e-5)
    assert decided.min_confidence[:3] == without.min_confidence[:3]


def test_what_is_never_right_often_enough_is_never_confident() -> None:
    beats = _crowd(PVC, PVC, 0.9, 30) + _crowd(NORMAL, PVC, 0.9, 30)
    assert _thresholds(beats).min_confidence[PVC] == confidence.NEVER


def test_uncertain_answers_name_the_truth_for_every_class_with_enough_people() -> None:
    generator = np.random.default_rng(0)
    beats = [
        (truth, truth if generator.random() < 0.7 else (truth + 2) % 4, float(generator.uniform(0.4, 0.8)), f"{person}")
        for person in range(60)
        for truth in (NORMAL, PVC)
        for _ in range(5)
    ]
    decided = _thresholds(beats)
    assert len(set(decided.min_probability)) == 1
    missed = {NORMAL: 0, PVC: 0}
    for truth, predicted, probability, _ in beats:
        probabilities = [probability if label == predicted else (1 - probability) / 3 for label in range(4)]
        answer = decide(probabilities, 0.0, decided)
        missed[truth] += answer.verdict is Verdict.UNCERTAIN and truth not in answer.prediction_set
    assert max(missed.values()) <= confidence.MISSED * 300


def test_nothing_known_leaves_everything_plausible_and_nothing_confident() -> None:
    decided = _thresholds(_crowd(PVC, PVC, 0.9, 5))
    assert set(decided.min_confidence) == {confidence.NEVER}
    assert set(decided.min_probability) == {0.0}


def test_a_model_file_names_the_groups_of_several_classes_only() -> None:
    metadata = confidence.decision_metadata(_thresholds(_crowd(PVC, PVC, 0.9, 30)), SHORTS, 12.34567)
    assert metadata["groups"] == [["NORMAL", "PAC"]]
    assert metadata["max_distance"] == 12.3457
    assert metadata["min_confidence"]["PVC"] == pytest.approx(0.9, abs=1e-5)
    assert list(metadata["min_probability"]) == SHORTS
