"""By how much a page without a grid lies askew: its traces, each of which mostly keeps to one level, say so."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ecg.pictures.pages.ink import Ink
from ecg.pictures.pages.rows import level_runs

Floats = NDArray[np.float64]

#: Rise in a pixel of what is tried, at first and then about the best of those.
_STEEPEST: Final = 0.6
_STEP: Final = 0.002
_FINER: Final = 10
#: How blurred levels are counted, mm, and by how many times as much ink must gather at its levels, and where these rise
#: by more than paper in a scanner does.
_BLUR: Final = 0.3
_CLEARER: Final = 1.1
_SCANNED: Final = 0.1
_FAR_CLEARER: Final = 2.0
#: Scanners and cameras leave fewer pixels that are exactly like the one beside them, share.
_SAME: Final = 0.8


def is_drawn(pixels: NDArray[np.uint8]) -> bool:
    """Whether a picture, ``[rows, columns, 3]``, is as a program drew it, not as a scanner or camera caught it."""
    return bool((pixels[:, 1:] == pixels[:, :-1]).all(axis=2).mean() >= _SAME)


def tilt_of(ink: Ink, millimetre: float) -> float:
    """Degrees counter-clockwise by which a page is turned that is about upright; 0 where nothing is sure.

    Args:
        ink: Of the page.
        millimetre: Pixels, roughly.
    """
    columns, middles = level_runs(ink, millimetre)
    if not len(columns):
        return 0.0
    x = columns - float(np.mean(columns))

    def best(slopes: Floats) -> float:
        return float(max(slopes, key=lambda slope: _gathered(middles - slope * x, millimetre)))

    rough = best(np.arange(-_STEEPEST, _STEEPEST + _STEP / 2, _STEP))
    slope = best(rough + np.arange(-_FINER, _FINER + 1) * _STEP / _FINER)
    clearer = _CLEARER if abs(slope) <= _SCANNED else _FAR_CLEARER
    if _gathered(middles - slope * x, millimetre) < clearer * _gathered(middles, millimetre):
        return 0.0
    return -float(np.degrees(np.arctan(slope)))


def _gathered(levels: Floats, millimetre: float) -> float:
    """How much ink lies at the same levels."""
    counts = np.bincount((levels - levels.min()).astype(np.int64)).astype(np.float64)
    return float((ndimage.gaussian_filter1d(counts, _BLUR * millimetre, mode="constant") ** 2).sum())
