"""Which beats come in time: nothing of these is premature, whatever it looks like."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Intervals on each side that a beat's is compared with, and how many there must be.
_NEAR: Final = 24
_LEAST: Final = 4

#: The interval that is compared with: their ninth decile. Where most beats come early, the long ones tell.
_LONG: Final = 0.9

IN_TIME: Final = 0.85
"""A beat whose interval is this share of it, or more, is in time."""


def in_time(before: NDArray[np.float32], apart: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which beats certainly don't come early, ``[n]``; none of those of which it isn't known.

    Args:
        before: See :func:`long_intervals`.
        apart: Likewise.
    """
    with np.errstate(invalid="ignore"):
        late: NDArray[np.bool_] = before >= IN_TIME * long_intervals(before, apart)
    return late


def long_intervals(before: NDArray[np.float32], apart: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The long ones of the intervals around each beat, seconds, ``[n]``; ``nan`` where too few are known.

    Args:
        before: ``[n]``, seconds: the interval that ends with each beat; ``nan`` where unknown.
        apart: ``[n]``: beats that are ventricular, or look so; intervals that begin or end with one of them are no
            measure of what is early, as their pauses are long.
    """
    if not len(before):
        return np.empty(0, np.float32)
    measure = np.isfinite(before) & ~apart
    measure[1:] &= ~apart[:-1]
    padded = np.pad(np.where(measure, before, np.nan), _NEAR, constant_values=np.nan)
    rows = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEAR + 1), axis=1)  # nan comes last
    known = np.isfinite(rows).sum(axis=1)
    long = rows[np.arange(len(rows)), np.rint(_LONG * np.maximum(known - 1, 0)).astype(np.int64)]
    return np.where(known >= _LEAST, long, np.float32(np.nan))
