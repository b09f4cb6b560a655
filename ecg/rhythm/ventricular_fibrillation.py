"""Ventricular flutter and fibrillation: waves of 2.5 to 6 a second without QRS complexes.

A sine of that rate has hardly any energy where QRS complexes have theirs, and any QRS complex has. So the ratio of the
two bands, in every lead that shows anything, tells them apart (a relative of the leakage of Kuo & Dillman 1978, Comput.
Cardiol. 5:347). Wide and fast ventricular tachycardia looks the same, and is treated the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.rhythm.stretches import Stretches, held, joined, lasting, where

#: Ratio of powers over four seconds at which a stretch is entered, and above which it goes on. Of MIT-BIH's seconds
#: without fibrillation a twentieth of a percent lie above the first; of those with it, three quarters.
_ENTER: Final = 10.0
_STAY: Final = 6.0
_SECONDS: Final = 4

#: Root mean square of the flutter band, millivolts, under which a lead shows nothing.
_VISIBLE: Final = 0.07

#: Seconds that a stretch lasts at least, and that two are apart at least.
_LEAST: Final = 3
_BREAK: Final = 2


def ventricular_fibrillation(flutter_power: NDArray[np.float32], qrs_power: NDArray[np.float32]) -> Stretches:
    """Stretches of ventricular flutter or fibrillation, ``[n, 2]``, in whole seconds from the recording's start.

    Args:
        flutter_power: ``[leads, seconds]``, square millivolts (:attr:`ecg.signal.filters.Filtered.flutter_power`).
        qrs_power: ``[leads, seconds]``, square millivolts.
    """
    if flutter_power.shape[1] < _SECONDS:
        return np.empty((0, 2), np.int64)
    flutter, qrs = _over_seconds(flutter_power), _over_seconds(qrs_power)
    visible = flutter > _VISIBLE**2
    ratio = np.where(visible, flutter / np.maximum(qrs, 1e-9), np.inf).min(axis=0)
    ratio[~visible.any(axis=0)] = 0
    return lasting(joined(where(held(ratio > _ENTER, ratio > _STAY)), _BREAK), _LEAST)


def _over_seconds(power: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean over the four seconds around the middle of each second, as far as there are any."""
    total = np.cumsum(np.pad(power.astype(np.float64), ((0, 0), (1, 0))), axis=1)
    places = np.arange(power.shape[1])
    first, last = np.maximum(places - _SECONDS // 2 + 1, 0), np.minimum(places + _SECONDS // 2 + 1, power.shape[1])
    return (total[:, last] - total[:, first]) / (last - first)
