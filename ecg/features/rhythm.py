"""Thirteen numbers about when a beat came: its intervals beside those around it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE

NAMES: Final[dict[str, str]] = {
    "rr_before": "interval from the beat before, seconds",
    "rr_after": "interval to the next beat, seconds",
    "rr_usual": "median interval of the minutes around, seconds",
    "before_to_usual": "rr_before / rr_usual",
    "after_to_usual": "rr_after / rr_usual",
    "before_to_after": "rr_before / rr_after",
    "before_to_previous": "rr_before over the interval before it",
    "both_to_usual": "(rr_before + rr_after) / (2 rr_usual): 1 after a compensatory pause",
    "before_to_nearest": "rr_before over the median of the sixteen nearest intervals",
    "irregularity": "median change from one interval to the next among the sixteen nearest, over their median",
    "previous_to_usual": "the interval before rr_before, over rr_usual",
    "next_to_usual": "the interval after rr_after, over rr_usual",
    "early_share": "share of the sixteen nearest intervals shorter than 0.85 rr_usual",
}

EARLY: Final = 0.85
"""An interval shorter than this share of the usual one ends with an early beat."""

#: The nearest intervals: this many up to the beat, and from it on.
_NEAREST: Final = 8


def usual_interval(intervals: NDArray[np.float64]) -> float:
    """Median of the known intervals, ``nan`` without any."""
    known = intervals[np.isfinite(intervals)]
    return float(np.median(known)) if len(known) else float("nan")


def rhythm_features(intervals: NDArray[np.float64], own: slice) -> NDArray[np.float32]:
    """The numbers of :data:`NAMES` for some of the beats, ``[n, 13]``; ``nan`` where an interval isn't known.

    Args:
        intervals: ``[beats + 1]``, seconds: the interval that ends with each beat of the minutes around, and the one
            after the last; ``nan`` where unknown.
        own: Which of the beats are wanted.
    """
    places = np.arange(own.start, own.stop)
    if not len(places):
        return np.empty((0, len(NAMES)), np.float32)
    usual = usual_interval(intervals)
    padded = np.pad(intervals, _NEAREST, constant_values=np.nan)
    nearest = padded[places[:, None] + np.arange(1, 2 * _NEAREST + 1)]
    previous, before, after, following = (padded[places + _NEAREST + step] for step in (-1, 0, 1, 2))
    middle = _median(nearest)
    columns = [
        before,
        after,
        np.full(len(places), usual),
        before / usual,
        after / usual,
        before / after,
        before / previous,
        (before + after) / (2 * usual),
        before / middle,
        _median(np.abs(np.diff(nearest, axis=1))) / middle,
        previous / usual,
        following / usual,
        (nearest < EARLY * usual).sum(axis=1) / np.maximum(np.isfinite(nearest).sum(axis=1), 1),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def intervals_of(samples: NDArray[np.int64], recorded: NDArray[np.bool_], first_second: int) -> NDArray[np.float64]:
    """The interval that ends with each beat, seconds, ``[n + 1]``, ``nan`` first and last and across what is missing.

    Args:
        samples: ``[n]``, ascending, at 360 Hz.
        recorded: Whether any lead shows something, a second each.
        first_second: The recording's second with which ``recorded`` begins.
    """
    result = np.full(len(samples) + 1, np.nan)
    if len(samples) > 1:
        seconds = np.clip(samples // SAMPLING_RATE - first_second, 0, len(recorded) - 1)
        lost = np.concatenate([[0], np.cumsum(~recorded)])
        whole = lost[seconds[1:] + 1] == lost[seconds[:-1]]
        result[1:-1] = np.where(whole, np.diff(samples) / SAMPLING_RATE, np.nan)
    return result


def _median(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median of the known values of each row, ``nan`` without any."""
    ordered = np.sort(rows, axis=1)
    known = np.isfinite(ordered).sum(axis=1)
    line = np.arange(len(rows))
    low, high = np.maximum(known - 1, 0) // 2, np.minimum(known // 2, rows.shape[1] - 1)
    return np.where(known > 0, (ordered[line, low] + ordered[line, high]) / 2, np.nan)
