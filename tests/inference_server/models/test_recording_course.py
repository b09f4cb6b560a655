"""Beats of one recording tell how often each class comes in it, and which of them come in time."""

from __future__ import annotations

import numpy as np

from inference_server.models.recording_course import Course, CourseRule, by_course, with_own_shares
from inference_server.models.second_look import NUMBERS, Rule

SHARES = (0.9, 0.07, 0.03)
SHORTS = ("NORMAL", "PAC", "PVC")


def course(before: np.ndarray, families: np.ndarray | None = None) -> Course:
    count = len(before)
    return Course(before, np.zeros(count, np.bool_), np.zeros(count, np.int16) if families is None else families)


def by_families(weight: float) -> Rule:
    """Whatever its family is taken for a beat is."""
    weights = np.zeros((3, len(NUMBERS)))
    weights[1, list(NUMBERS).index("family_supraventricular")] = weight
    weights[2, list(NUMBERS).index("family_ventricular")] = weight
    return Rule(np.zeros(len(NUMBERS)), np.ones(len(NUMBERS)), weights, np.zeros(3))


def test_a_short_recording_stays_nearly_as_it_is() -> None:
    said = np.tile(np.array([0.4, 0.35, 0.25], np.float32), (2, 1))
    assert np.abs(with_own_shares(said, SHARES) - said).max() < 0.1


def test_doubtful_beats_are_of_the_class_that_is_frequent_in_the_recording() -> None:
    sure = np.tile(np.array([0.02, 0.97, 0.01], np.float32), (800, 1))
    doubtful = np.array([[0.55, 0.44, 0.01]], np.float32)
    assert with_own_shares(np.concatenate([sure, doubtful]), SHARES)[-1].argmax() == 1


def test_a_class_that_is_nowhere_else_in_a_long_recording_is_less_probable() -> None:
    sure = np.tile(np.array([0.98, 0.01, 0.01], np.float32), (3000, 1))
    doubtful = np.array([[0.45, 0.54, 0.01]], np.float32)
    adapted = with_own_shares(np.concatenate([sure, doubtful]), SHARES)
    assert adapted[-1, 1] < 0.54
    np.testing.assert_allclose(adapted.sum(axis=1), 1, atol=1e-6)


def test_no_beats_are_none() -> None:
    assert with_own_shares(np.empty((0, 3), np.float32), SHARES).shape == (0, 3)


def test_a_beat_that_comes_in_time_is_not_premature() -> None:
    said = np.tile(np.array([0.98, 0.01, 0.01], np.float32), (60, 1))
    said[[20, 40]] = 0.2, 0.79, 0.01
    before = np.full(60, 0.8, np.float32)
    before[40] = 0.6
    adapted = by_course(said, course(before), SHORTS, CourseRule(SHARES))
    assert adapted.argmax(axis=1)[[20, 40]].tolist() == [0, 1]
    np.testing.assert_allclose(adapted.sum(axis=1), 1, atol=1e-6)


def test_pauses_after_ventricular_beats_make_no_beat_early() -> None:
    kinds = np.array([[0.3, 0.69, 0.01], [0.01, 0.01, 0.98], [0.98, 0.01, 0.01]], np.float32)
    before = np.tile(np.array([0.8, 0.5, 1.1], np.float32), 20)
    adapted = by_course(np.tile(kinds, (20, 1)), course(before), SHORTS, CourseRule(SHARES))
    assert not (adapted.argmax(axis=1) == 1).any()


def test_a_beat_is_what_its_family_is_taken_for() -> None:
    said = np.tile(np.array([0.9, 0.05, 0.05], np.float32), (400, 1))
    said[300:] = 0.05, 0.05, 0.9
    said[[100, 350]] = 0.45, 0.05, 0.5
    families = np.repeat([0, 1], [300, 100]).astype(np.int16)
    rule = CourseRule(SHARES, by_families(3.0))
    seen = by_course(said, course(np.full(400, np.nan, np.float32), families), SHORTS, rule)
    assert seen.argmax(axis=1)[[100, 350]].tolist() == [0, 2]
    np.testing.assert_allclose(seen.sum(axis=1), 1, atol=1e-5)


def test_the_second_look_leaves_paced_beats_and_which_bundle_conducts_alone() -> None:
    shorts = ("NORMAL", "LBBB", "PAC", "PVC", "PACED")
    said = np.tile(np.array([0.2, 0.4, 0.1, 0.2, 0.1], np.float32), (300, 1))
    said[:200] = 0.01, 0.02, 0.01, 0.06, 0.9
    nothing = course(np.full(300, np.nan, np.float32))
    shares = (0.5, 0.2, 0.1, 0.1, 0.1)
    plain, seen = (by_course(said, nothing, shorts, CourseRule(shares, rule)) for rule in (None, by_families(-2.0)))
    np.testing.assert_allclose(seen[:, 4], plain[:, 4], atol=1e-5)
    np.testing.assert_allclose(seen[:, 1] / seen[:, 0], plain[:, 1] / plain[:, 0], rtol=1e-3)
    assert np.abs(seen - plain).max() > 0.05


def test_no_beats_have_no_course() -> None:
    nothing = np.empty((0, 3), np.float32)
    assert by_course(nothing, course(np.empty(0, np.float32)), SHORTS, CourseRule(SHARES, by_families(1.0))).shape == (
        0,
        3,
    )
