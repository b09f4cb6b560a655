"""Beats of one recording tell how often each class comes in it."""

from __future__ import annotations

import numpy as np

from inference_server.models.class_shares import with_own_shares

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
