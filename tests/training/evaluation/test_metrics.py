from __future__ import annotations

import numpy as np
import pytest

from training.evaluation import metrics

RECORDS = np.array(["1", "1", "2", "2", "3", "3", "3", "3"])
TRUTH = np.array([0, 0, 0, 0, 1, 1, 1, 1])
PREDICTED = np.array([0, 0, 0, 1, 1, 1, 0, 1])


def test_each_figure_is_the_textbooks() -> None:
    scores = metrics.score_classes(TRUTH, PREDICTED, ["A", "B", "C"], RECORDS, by_record=False)
    assert scores.accuracy.value == pytest.approx(6 / 8)
    a = scores.classes["A"]
    assert (a.sensitivity, a.positive_predictivity, a.f1) == pytest.approx((3 / 4, 3 / 4, 0.75))
    assert scores.confusion.tolist() == [[3, 1, 0], [1, 3, 0], [0, 0, 0]]


def test_a_class_without_beats_has_no_figures_and_no_part_in_macro_f1() -> None:
    scores = metrics.score_classes(TRUTH, PREDICTED, ["A", "B", "C"], RECORDS, by_record=False)
    assert scores.classes["C"].sensitivity is None
    assert scores.classes["C"].f1 is None
    assert scores.macro_f1.value == pytest.approx(0.75)


def test_intervals_hold_the_value_and_widen_when_records_are_drawn() -> None:
    generator = np.random.default_rng(0)
    records = np.repeat([str(number) for number in range(20)], 200)
    right = np.repeat(generator.random(20) < 0.7, 200)  # each record all right or all wrong
    truth = np.zeros(4000, dtype=np.int64)
    predicted = np.where(right, 0, 1)
    by_beat = metrics.score_classes(truth, predicted, ["A", "B"], records, by_record=False).accuracy
    by_record = metrics.score_classes(truth, predicted, ["A", "B"], records, by_record=True).accuracy
    assert by_beat.low <= by_beat.value <= by_beat.high
    assert by_record.high - by_record.low > 5 * (by_beat.high - by_beat.low)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    probabilities = np.tile(np.array([[0.9, 0.1]], dtype=np.float32), (100, 1))
    truth = np.array([0] * 70 + [1] * 30)
    assert metrics.expected_calibration_error(probabilities, truth) == pytest.approx(0.2, abs=1e-6)


def test_aami_classes_follow_ec57() -> None:
    symbols = np.array(["N", "L", "R", "e", "j", "A", "a", "J", "S", "V", "E", "F", "!", "N"])
    records = np.array(["100"] * 13 + ["102"])
    names = [None if index < 0 else metrics.AAMI_CLASSES[index] for index in metrics.aami_truth(symbols, records)]
    assert names == ["N"] * 5 + ["SVEB"] * 4 + ["VEB"] * 2 + ["F", None, None]


def test_our_classes_collapse_to_aami() -> None:
    names = ["NORMAL", "LBBB", "PAC", "PVC", "PACED"]
    collapsed = metrics.aami_classes_of(np.arange(5), names)
    assert [metrics.AAMI_CLASSES[index] for index in collapsed] == ["N", "N", "SVEB", "VEB", "Q"]


def test_a_table_row_has_the_identity_and_every_classs_figures() -> None:
    scores = metrics.score_classes(TRUTH, PREDICTED, ["A", "B", "C"], RECORDS, by_record=False)
    row = metrics.table_row(scores, protocol="beats-10fold", network="residual")
    assert row["protocol"] == "beats-10fold"
    assert (row["n"], row["records"], row["accuracy"]) == (8, 3, 0.75)
    assert (row["A_Se"], row["A_+P"], row["A_F1"], row["C_F1"], row["ece"]) == (0.75, 0.75, 0.75, None, None)
