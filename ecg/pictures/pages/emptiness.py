"""Pictures in which nothing is drawn, told without looking for anything: most of what reading costs is saved."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.pages.thresholds import LEAST_INK

#: Side of the squares in which pixels are compared, pixels: shade hardly changes within.
_CELL: Final = 32


def is_empty(pixels: NDArray[np.uint8]) -> bool:
    """Whether nowhere anything stands out of what is beside it as much as the faintest ink does of its paper.

    It is sure where it says so: of a noisy blank sheet it doesn't.

    Args:
        pixels: ``[rows, columns, 3]``.
    """
    rows, columns = pixels.shape[:2]
    for top in range(0, rows, _CELL):
        # One row and column more, so that an edge between two squares is in one of them.
        band = pixels[top : top + _CELL + 1]
        high, low = band.max(axis=0), band.min(axis=0)
        for left in range(0, columns, _CELL):
            beside = slice(left, left + _CELL + 1)
            lightest = high[beside].max(axis=0).astype(np.int64)
            gap = lightest - low[beside].min(axis=0)
            # Ink's depth is a share of the light that its paper reflects (:func:`ecg.pictures.ink.paper.evenly_lit`).
            if (255 * gap >= LEAST_INK * np.maximum(lightest, 1)).any():
                return False
    return True
