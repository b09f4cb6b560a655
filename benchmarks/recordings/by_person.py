"""Shares of windows or seconds with intervals by person."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.evaluation.bootstrap import group_weights, interval

COLUMNS: Final = ("of", "people", "%", "95 % by person", "mean of people")
"""What :func:`share` makes."""


def share(right: NDArray[np.bool_], people: NDArray[np.str_]) -> list[object]:
    """How many items, of how many people, percent of them that are right, its interval when people are drawn with
    replacement, and the mean of each person's own percentage.
    """
    if not len(right):
        return [0, 0, None, "-", None]
    _, place = np.unique(people, return_inverse=True)
    totals = np.stack([np.bincount(place, weights=right), np.bincount(place)])
    count = totals.shape[1]
    drawn = group_weights(count) @ totals.T
    with np.errstate(invalid="ignore", divide="ignore"):
        low_and_high = interval(100 * float(right.mean()), 100 * drawn[:, 0] / drawn[:, 1])
    mean = 100 * float((totals[0] / totals[1]).mean())
    return [len(right), count, low_and_high.value, f"{low_and_high.low:.2f} to {low_and_high.high:.2f}", mean]
