"""What filters see where nothing was recorded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def bridged(values: NDArray[np.float32], longest: int) -> NDArray[np.float32]:
    """The same signals with a value everywhere, ``[leads, samples]``; no value that was recorded changes.

    Gaps of at most ``longest`` samples become straight lines, longer ones (and the ends) hold the nearest recorded
    sample, the earlier of two equally near, and a lead without any sample is 0. Only recorded samples at most
    ``longest`` away from a gap's sample decide how it is filled, but for the nearest one.
    """
    missing = ~np.isfinite(values)
    if not missing.any():
        return values
    result = values.copy()
    for row, gaps in zip(result, missing, strict=True):
        if not gaps.any():
            continue
        known = np.flatnonzero(~gaps)
        if not len(known):
            row[:] = 0
            continue
        holes = np.flatnonzero(gaps)
        place = np.searchsorted(known, holes)
        left, right = known[np.maximum(place - 1, 0)], known[np.minimum(place, len(known) - 1)]
        nearest = np.where((np.abs(holes - left) <= np.abs(right - holes)), row[left], row[right])
        short = (left < holes) & (holes < right) & (right - left - 1 <= longest)
        share = (holes - left) / np.maximum(right - left, 1)
        line = row[left] + (row[right] - row[left]) * share
        row[holes] = np.where(short, line, nearest)
    return result
