"""QRS complexes of a traced line: how many there are, and where the R peak lies."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

Floats = NDArray[np.float64]

#: Points along the line at which it is looked at.
_POINTS: Final = 800
#: A peak is a complex if it stands out by this share of the highest one.
_PROMINENCE: Final = 0.45
#: Complexes nearer to the line's ends than this share of it are cut off, and are not counted.
_EDGE: Final = 0.05


class Waves(NamedTuple):
    """What stands out of a line."""

    complexes: int
    """Whole QRS complexes; 1 where they can't be told from other waves."""
    r_peak: float
    """x of the R peak (or of the S or Q wave, where that is the higher one) nearest to the middle, pixels."""
    narrow: float
    """Width of the complexes at half their height, as a share of the time between them; 1 where there is only one."""


def waves_of(x: Floats, y: Floats) -> Waves:
    """The complexes of a line whose points lie at ``x`` and ``y`` (pixels, y down, NaN where it is interrupted)."""
    finite = np.isfinite(y)
    places = np.linspace(x[0], x[-1], _POINTS)
    heights = -np.interp(places, x[finite], y[finite])
    heights -= np.median(heights)
    reach = max(float(heights.max()), -float(heights.min()))
    if reach <= 0:
        return Waves(0, float(places[_POINTS // 2]), 1.0)
    upward, rising = find_peaks(heights, prominence=_PROMINENCE * reach, width=0, rel_height=0.5)
    downward, falling = find_peaks(-heights, prominence=_PROMINENCE * reach, width=0, rel_height=0.5)
    peaks = np.concatenate([upward, downward])
    if not len(peaks):
        return Waves(1, float(places[int(np.abs(heights).argmax())]), 1.0)
    r_peak = float(places[peaks[int(np.abs(peaks - _POINTS / 2).argmin())]])
    # The direction in which more stands out: the other one has the same complexes' other waves.
    chosen, widths = max((upward, rising["widths"]), (downward, falling["widths"]), key=lambda found: len(found[0]))
    if len(chosen) < 2:
        return Waves(1, r_peak, 1.0)
    whole = (chosen > _EDGE * _POINTS) & (chosen < (1 - _EDGE) * _POINTS)
    narrow = float(np.median(widths)) / float(np.median(np.diff(chosen)))
    return Waves(int(np.count_nonzero(whole)), r_peak, narrow)
