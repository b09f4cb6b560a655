"""What filters see where nothing was recorded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def filled(values: NDArray[np.float32], longest: int) -> NDArray[np.float32]:
    """The same signals with straight lines in gaps of at most ``longest`` samples, ``[leads, samples]``; longer ones
    stay, and no value that was recorded changes.
    """
    missing = ~np.isfinite(values)
    if not longest or not missing.any():
        return values
    result = values.copy()
    for row, gaps in zip(result, missing, strict=True):
        holes, left, right = _beside(gaps)
        short = (left < holes) & (holes < right) & (right - left - 1 <= longest)
        holes, left, right = holes[short], left[short], right[short]
        row[holes] = row[left] + (row[right] - row[left]) * ((holes - left) / np.maximum(right - left, 1))
    return result


def bridged(values: NDArray[np.float32], longest: int) -> NDArray[np.float32]:
    """The same signals with a value everywhere, ``[leads, samples]``; no value that was recorded changes.

    Gaps of at most ``longest`` samples become straight lines, longer ones (and the ends) hold the nearest recorded
    sample, the earlier of two equally near, and a lead without any sample is 0. Only recorded samples at most
    ``longest`` away from a gap's sample decide how it is filled, but for the nearest one.
    """
    result = filled(values, longest)
    missing = ~np.isfinite(result)
    if not missing.any():
        return result
    result = result.copy() if result is values else result
    for row, gaps in zip(result, missing, strict=True):
        if gaps.all():
            row[:] = 0
            continue
        holes, left, right = _beside(gaps)
        row[holes] = np.where((np.abs(holes - left) <= np.abs(right - holes)), row[left], row[right])
    return result


def _beside(gaps: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Missing samples of a lead and the recorded ones before and after each, the first or last where there is none;
    no such samples where nothing was recorded.
    """
    known, holes = np.flatnonzero(~gaps), np.flatnonzero(gaps)
    if not len(known):
        return holes[:0], holes[:0], holes[:0]
    place = np.searchsorted(known, holes)
    return holes, known[np.maximum(place - 1, 0)], known[np.minimum(place, len(known) - 1)]
