"""Ventricular flutter and fibrillation: a logistic regression on what its waves look like, second by second.

:data:`ecg.features.waves.WAVES` says what is measured. A second's odds are the mean of those of the windows of the five
seconds around it; a stretch begins where they are clearly for fibrillation and goes on until they are clearly
against it. Wide and fast ventricular tachycardia looks the same, and is treated the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.rhythm.stretches import Stretches, held, joined, lasting, where

#: Fitted to VFDB (tachycardia, asystole and noise left out), MIT-BIH, the 2017 challenge, AFTDB, QTDB and LUDB;
#: ``python -m benchmarks.recordings rhythm`` fits them again and prints them.
_WEIGHTS: Final = (1.299, -0.846, -9.308, 13.967, 2.159, -3.613)
_CONSTANT: Final = -1.835

#: Logarithm of the odds at which a stretch is entered, and above which it goes on; the clear cases of one second
#: count no more than this.
_ENTER: Final = 3.0
_STAY: Final = -1.0
_CLEAR: Final = 8.0

#: Windows whose odds are averaged.
_AVERAGED: Final = 5

#: Seconds that a stretch lasts at least, and that two are apart at least.
_LEAST: Final = 3
_BREAK: Final = 2


def fibrillation_odds(
    waves: NDArray[np.float32], weights: tuple[float, ...] = _WEIGHTS, constant: float = _CONSTANT
) -> NDArray[np.float32]:
    """Logarithm of each second's odds for flutter or fibrillation, ``[seconds]``, no clearer than -8 and 8.

    Args:
        waves: ``[seconds, 6]`` (:func:`ecg.features.waves.wave_numbers`), ``nan`` where nothing is seen.
        weights: Of the numbers, in their order.
        constant: Added to what they sum up to.
    """
    odds = np.asarray(waves, np.float64) @ np.array(weights) + constant
    return np.clip(np.nan_to_num(odds, nan=-_CLEAR), -_CLEAR, _CLEAR).astype(np.float32)


def ventricular_fibrillation(odds: NDArray[np.float32]) -> Stretches:
    """Stretches of ventricular flutter or fibrillation, ``[n, 2]``, in whole seconds from the recording's start.

    Args:
        odds: ``[seconds]``, see :func:`fibrillation_odds`.
    """
    if not len(odds):
        return np.empty((0, 2), np.int64)
    padded = np.pad(odds.astype(np.float64), _AVERAGED // 2, mode="edge")
    mean = np.lib.stride_tricks.sliding_window_view(padded, _AVERAGED).mean(axis=1)
    return lasting(joined(where(held(mean > _ENTER, mean > _STAY)), _BREAK), _LEAST)
