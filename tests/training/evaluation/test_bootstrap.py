"""Intervals: what they cover, and the random sequences on which the stored ones hang."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from training.evaluation import bootstrap

TEN = np.arange(10) / 10


def test_the_random_sequences_never_change() -> None:
    """With others, the stored tables could not be reprinted."""
    assert bootstrap.group_weights(10)[[0, -1]].tolist() == [
        [1, 0, 0, 0, 2, 3, 1, 1, 1, 1],
        [1, 1, 1, 3, 1, 1, 0, 1, 1, 0],
    ]
    assert bootstrap.beat_weights(10)[[0, -1]].tolist() == [
        [3, 1, 1, 1, 0, 1, 1, 0, 2, 0],
        [2, 0, 0, 0, 1, 1, 1, 0, 1, 4],
    ]
    assert bootstrap.cell_counts(np.array([90, 0, 10]))[[0, -1]].tolist() == [[89, 0, 11], [91, 0, 9]]


@pytest.mark.parametrize("weights", [bootstrap.group_weights, bootstrap.beat_weights], ids=["groups", "single beats"])
def test_a_resample_has_as_many_as_there_are_and_their_means_make_the_interval(
    weights: Callable[[int], np.ndarray],
) -> None:
    drawn = weights(len(TEN))
    assert drawn.shape == (bootstrap.RESAMPLES, len(TEN))
    assert (drawn.sum(axis=1) == len(TEN)).all()
    mean = bootstrap.interval(TEN.mean(), drawn @ TEN / len(TEN))
    # Normal approximation: 0.45 ± 1.96 · 0.287 / √10.
    assert (mean.value, mean.low, mean.high) == pytest.approx((0.45, 0.272, 0.628), abs=0.02)


def test_resamples_without_a_figure_take_no_part() -> None:
    assert bootstrap.interval(1.0, np.array([np.nan, 1.0, 1.0])) == bootstrap.Interval(1.0, 1.0, 1.0)
