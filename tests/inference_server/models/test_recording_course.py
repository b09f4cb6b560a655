"""Beats of one recording tell how often each class comes in it, and which of them come in time."""

from __future__ import annotations

import numpy as np

from inference_server.models.recording_course import Course, by_course, with_own_shares

SHARES = (0.9, 0.07, 0.03)


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
    shorts, shares = ("NORMAL", "PAC", "PVC"), (0.9, 0.07, 0.03)
    said = np.tile(np.array([0.98, 0.01, 0.01], np.float32), (60, 1))
    said[[20, 40]] = 0.2, 0.79, 0.01
    before = np.full(60, 0.8, np.float32)
    before[40] = 0.6
    adapted = by_course(said, Course(before, np.zeros(60, np.bool_)), shorts, shares)
    assert adapted.argmax(axis=1)[[20, 40]].tolist() == [0, 1]
    np.testing.assert_allclose(adapted.sum(axis=1), 1, atol=1e-6)


def test_pauses_after_ventricular_beats_make_no_beat_early() -> None:
    shorts, shares = ("NORMAL", "PAC", "PVC"), (0.9, 0.07, 0.03)
    kinds = np.array([[0.3, 0.69, 0.01], [0.01, 0.01, 0.98], [0.98, 0.01, 0.01]], np.float32)
    before = np.tile(np.array([0.8, 0.5, 1.1], np.float32), 20)
    adapted = by_course(np.tile(kinds, (20, 1)), Course(before, np.zeros(60, np.bool_)), shorts, shares)
    assert not (adapted.argmax(axis=1) == 1).any()
