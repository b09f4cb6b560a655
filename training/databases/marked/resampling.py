"""Signals of any rate at the rate of all marked recordings, to the last bit as the first prepared data had them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from ecg.beats import SAMPLING_RATE
from ecg.digital import MISSING, DigitalSignal, Scale
from ecg.recording import Recording
from training.databases.database import RecordsError

#: Digits of a gain or baseline in a header; what a scale holds of them differs by the rounding of its reciprocal.
_DIGITS: Final = 12


def resampled(recording: Recording, leads: Sequence[str]) -> NDArray[np.float32]:
    """Some leads at :data:`~ecg.beats.SAMPLING_RATE`.

    Millivolts are computed and filtered in double precision: single precision before the filter would change last
    bits, and with them every prepared picture and every digest of a data set.

    Returns:
        ``[samples, leads]``, millivolts; what was not recorded is zero, so that it doesn't spread.

    Raises:
        RecordsError: the recording lacks a lead, or its rate is no whole number.
    """
    missing = [lead for lead in leads if lead not in recording.leads]
    if missing:
        raise RecordsError(f"A recording has the leads {', '.join(recording.leads)}, and no {', '.join(missing)}.")
    if recording.rate % 1:
        raise RecordsError(f"A recording has {recording.rate:g} samples a second, expected a whole number.")
    values = np.nan_to_num(_millivolts(recording, [recording.leads.index(lead) for lead in leads]))
    return resample_poly(values, SAMPLING_RATE, int(recording.rate), axis=0).astype(np.float32)


def _millivolts(recording: Recording, rows: Sequence[int]) -> NDArray[np.float64]:
    """``[samples, rows]``, ``nan`` where nothing was recorded."""
    signal = recording.signal
    if not isinstance(signal, DigitalSignal):
        return np.ascontiguousarray(recording.read()[rows].T.astype(np.float64))
    digital = signal.read_digital(0, signal.samples)
    values = np.empty((signal.samples, len(rows)))
    for column, row in enumerate(rows):
        gain, baseline = _gain_and_baseline(signal.scales[row])
        values[:, column] = (digital[row] - baseline) / gain
        values[digital[row] == MISSING, column] = np.nan
    return values


def _gain_and_baseline(scale: Scale) -> tuple[float, float]:
    """Digital units in a millivolt, and the digital value of zero, as the header has them."""
    return _stated(1 / scale.step), _stated(-scale.offset / scale.step)


def _stated(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
