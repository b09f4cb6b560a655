from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from training.learning import calibration


def _calibrated(count: int, classes: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax is the true chance of each label."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (count, classes))
    chances = softmax(logits, axis=1).cumsum(axis=1)
    labels = (generator.random((count, 1)) > chances).sum(axis=1)
    return logits.astype(np.float32), labels


def test_temperature_undoes_overconfidence() -> None:
    logits, labels = _calibrated(20_000)
    scaling = calibration.fit_scaling(3 * logits, labels)
    assert scaling.temperature == pytest.approx(3.0, rel=0.05)
    assert scaling.bias == pytest.approx((0, 0, 0, 0), abs=0.1)


def test_biases_undo_that_training_drew_classes_evenly() -> None:
    logits, labels = _calibrated(20_000)
    shift = np.array([0.0, 1.0, -1.0, 0.5])
    scaling = calibration.fit_scaling((logits - shift).astype(np.float32), labels)
    bias = np.array(scaling.bias)
    assert bias - bias[0] == pytest.approx(shift, abs=0.15)


def test_a_class_that_validation_hardly_shows_keeps_its_logit() -> None:
    logits, labels = _calibrated(20_000)
    validated = (labels != 3) | (np.cumsum(labels == 3) <= calibration.LEAST_BEATS_FOR_BIAS - 1)
    assert calibration.fit_scaling(logits[validated], labels[validated]).bias[3] == 0.0


def test_no_class_has_a_bias_where_one_has_no_validation_beats() -> None:
    logits, labels = _calibrated(20_000)
    validated = labels != 3
    scaling = calibration.fit_scaling((2 * logits)[validated], labels[validated])
    assert scaling.bias == (0.0, 0.0, 0.0, 0.0)
    assert scaling.temperature > 1.2


def test_biases_can_be_left_out_where_others_than_those_who_validate_are_asked_about() -> None:
    logits, labels = _calibrated(20_000)
    shift = np.array([0.0, 1.0, -1.0, 0.5])
    scaling = calibration.fit_scaling((2 * logits - shift).astype(np.float32), labels, biases=False)
    assert scaling.bias == (0.0, 0.0, 0.0, 0.0)
    assert scaling.temperature > 1.5


def test_thresholds_are_rounded_down_and_never_to_nothing() -> None:
    entry = calibration.decision_metadata(["A", "B"], [1.23456789e-9, 0.1234567], [0.0, 0.0], 7.0)
    least = entry["min_probability"]
    assert isinstance(least, dict)
    assert least == pytest.approx({"A": 1.23456e-9, "B": 0.123456})
    assert 0 < least["A"] <= 1.23456789e-9


def test_a_class_stays_plausible_for_its_own_beats_as_often_as_promised() -> None:
    logits, labels = _calibrated(20_000)
    probabilities = softmax(logits, axis=1)
    thresholds = np.array(calibration.class_thresholds(probabilities, labels, coverage=0.9))
    fresh_logits, fresh_labels = _calibrated(20_000, seed=1)
    fresh = softmax(fresh_logits, axis=1)
    for label in range(4):
        own = fresh[fresh_labels == label, label]
        assert (own >= thresholds[label]).mean() == pytest.approx(0.9, abs=0.02)


def test_a_class_with_few_calibration_beats_takes_the_common_threshold() -> None:
    probabilities = np.full((200, 2), 0.5, dtype=np.float32)
    probabilities[:, 0] = np.linspace(0.001, 1.0, 200)
    labels = np.zeros(200, dtype=np.int64)
    labels[-3:] = 1
    own, borrowed = calibration.class_thresholds(probabilities, labels, coverage=0.95)
    assert own == pytest.approx(0.05, abs=0.01)
    assert borrowed == pytest.approx(0.05, abs=0.01)


def test_the_ood_score_is_small_among_training_features_and_large_elsewhere() -> None:
    generator = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0]])
    labels = np.repeat([0, 1], 500)
    features = (centres[labels] + generator.normal(0, [1.0, 0.1, 1.0], (1000, 3))).astype(np.float32)
    space = calibration.fit_feature_space(features, labels, 2)
    limit = calibration.ood_limit(calibration.ood_score(features, space), rejected=0.01)
    assert (calibration.ood_score(features, space) > limit).mean() == pytest.approx(0.01, abs=0.002)
    # A step of 2 along the narrow axis is twenty standard deviations, along a wide one it is two.
    narrow, wide = np.array([[0, 2, 0]], dtype=np.float32), np.array([[0, 0, 2]], dtype=np.float32)
    assert calibration.ood_score(narrow, space) > limit > calibration.ood_score(wide, space)


def test_decision_metadata_names_every_class() -> None:
    entry = calibration.decision_metadata(["A", "B"], [0.25, 0.5], [0.0, calibration.NEVER], 7.0)
    assert entry == {
        "min_probability": {"A": 0.25, "B": 0.5},
        "min_confidence": {"A": 0.0, "B": 2.0},
        "max_distance": 7.0,
    }


def _lone(groups: list[tuple[int, int, float, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of three classes and true labels from (predicted, true, confidence, how many)."""
    probabilities, labels = [], []
    for predicted, true, confidence, count in groups:
        row = np.full(3, (1 - confidence) / 2, dtype=np.float32)
        row[predicted] = confidence
        probabilities += [row] * count
        labels += [true] * count
    return np.array(probabilities), np.array(labels)


def test_a_class_is_confident_from_where_its_lone_predictions_are_right_often_enough() -> None:
    probabilities, labels = _lone(
        [(0, 0, 0.9, 100), (0, 1, 0.8, 10), (0, 0, 0.8, 90), (1, 1, 0.95, 40), (1, 0, 0.95, 40)]
    )
    floors = calibration.confidence_thresholds(probabilities, labels, [0.5, 0.5, 0.5])
    assert floors[0] == pytest.approx(0.9)  # all 100 right from there on, 10 of 200 wrong from 0.8 on
    assert floors[1] == calibration.NEVER
    # The third class was never predicted; of all predictions, no share of the surest is right often enough.
    assert floors[2] == calibration.NEVER


def test_a_class_that_was_hardly_predicted_takes_the_threshold_of_all() -> None:
    probabilities, labels = _lone([(0, 0, 0.9, 200), (0, 1, 0.7, 50), (2, 2, 0.99, 3)])
    floors = calibration.confidence_thresholds(probabilities, labels, [0.5, 0.5, 0.5])
    assert floors == pytest.approx([0.9, 0.9, 0.9])


def test_predictions_with_other_plausible_classes_say_nothing_about_confidence() -> None:
    probabilities, labels = _lone([(0, 0, 0.9, 100), (0, 1, 0.9, 100)])
    probabilities[100:] = [0.9, 0.1, 0.0]
    floors = calibration.confidence_thresholds(probabilities, labels, [0.5, 0.09, 0.5])
    assert floors[0] == pytest.approx(0.9)
