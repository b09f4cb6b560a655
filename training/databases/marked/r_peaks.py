"""Where beats have their R peaks, in a lead at :data:`~ecg.beats.SAMPLING_RATE`."""

from __future__ import annotations

from typing import Final

import numpy as np
import wfdb.processing
from numpy.typing import ArrayLike, NDArray

from ecg.beats import SAMPLING_RATE

#: The R peak is the largest deflection this near to a detector's or a person's mark, seconds.
_NEAR: Final = 0.05


def find(lead: NDArray[np.float32]) -> NDArray[np.int64]:
    """R peaks of a lead, found by XQRS (wfdb) and put where its deflection is largest.

    Args:
        lead: ``[samples]``, millivolts.

    Returns:
        ``[beats]``, samples, ascending.
    """
    return refine(lead, wfdb.processing.xqrs_detect(lead.astype(np.float64), SAMPLING_RATE, verbose=False))


def refine(lead: NDArray[np.float32], marks: ArrayLike) -> NDArray[np.int64]:
    """The largest deflection near each mark, from the median around it.

    Args:
        lead: ``[samples]``, millivolts.
        marks: ``[beats]``, samples.

    Returns:
        ``[beats]``, samples, ascending, each once.
    """
    reach = int(_NEAR * SAMPLING_RATE)
    peaks = []
    for mark in np.asarray(marks, dtype=int):
        start = max(0, int(mark) - reach)
        near = lead[start : int(mark) + reach]
        around = lead[max(0, int(mark) - SAMPLING_RATE // 4) : int(mark) + SAMPLING_RATE // 4]
        peaks.append(start + int(np.abs(near - np.median(around)).argmax()))
    return np.unique(np.array(peaks, dtype=np.int64))
