"""One block, filtered: where QRS complexes are, what beats look like, and how much fibrillation there could be.

All filters are symmetric, so they move nothing in time, and finite, so a block with its margins is all they see.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.signal import firwin

from ecg.beats import SAMPLING_RATE
from ecg.recording import Millivolts
from ecg.signal.gaps import bridged
from ecg.signal.grid import BLOCK, BLOCK_SECONDS, MARGIN

#: Where the energy of QRS complexes lies, narrow and wide, and that of P and T waves doesn't: centre and deviation,
#: hertz. Thakor et al. 1984 (IEEE Trans. Biomed. Eng. 31:702) find the best ratio at 17 Hz with a quality of 5 for
#: narrow ones; 12 to 14 Hz and 4.5 to 5.5 Hz find the beats of MIT-BIH equally well.
_QRS_BAND: Final = (13.0, 4.5)
#: Waves of ventricular flutter and fibrillation, 2.5 to 6 a second.
_FLUTTER_BAND: Final = (4.0, 1.2)

#: Samples of the moving averages that take noise away (28 ms twice) and the baseline (0.36 s twice).
_SMOOTH: Final = 5
_BASELINE: Final = 131

WAVES_RATE: Final = 45
"""Samples a second of :attr:`Filtered.waves`."""
#: Hertz up to which they go, taps, and samples of the moving average that takes the baseline (0.74 s twice).
_WAVES_HIGHEST: Final = 18.0
_WAVES_TAPS: Final = 129
_WAVES_BASELINE: Final = 265

#: Gaps up to this many samples are bridged with a line.
_SHORT_GAP: Final = 180

_LENGTH: Final = BLOCK + 2 * MARGIN
Signals = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Filtered:
    """A block without its margins. Leads come first everywhere; 0 in gaps, where nothing else is said."""

    millivolts: Millivolts
    """``[leads, BLOCK]``, as recorded, ``nan`` in gaps."""
    strength: Signals
    """``[leads, BLOCK]``, millivolts: envelope of the band of QRS complexes."""
    shape: Signals
    """``[leads, BLOCK]``, millivolts: the beat from about 1 to 35 Hz, without its baseline."""
    waves: Signals
    """``[leads, BLOCK / 8]``, millivolts from about 1 to 18 Hz at :data:`WAVES_RATE`: all that fibrillation has."""
    flutter_power: Signals
    """``[leads, BLOCK_SECONDS]``, square millivolts of each second: envelope of the band of flutter waves."""
    qrs_power: Signals
    """``[leads, BLOCK_SECONDS]``, square millivolts of each second: the same of the band of QRS complexes."""


def filtered(values: Millivolts) -> Filtered:
    """Filter what :func:`ecg.signal.grid.read_block` reads: ``[leads, BLOCK + 2 * MARGIN]``, millivolts."""
    whole = bridged(values, _SHORT_GAP)
    core = values[:, MARGIN:-MARGIN]
    missing = np.isnan(core)
    spectrum = rfft(whole - np.median(whole, axis=1, keepdims=True), axis=1)
    strength = _envelope(spectrum, _QRS_BAND)
    flutter = _envelope(spectrum, _FLUTTER_BAND)
    shape = irfft(spectrum * _shape_response(), _LENGTH, axis=1)[:, MARGIN:-MARGIN]
    waves = irfft(spectrum * _waves_response(), _LENGTH, axis=1)[:, MARGIN:-MARGIN]
    for signals in (strength, flutter, shape, waves):
        signals[missing] = 0
    every = SAMPLING_RATE // WAVES_RATE
    return Filtered(core.copy(), strength, shape, waves[:, ::every].copy(), _power(flutter), _power(strength))


def _envelope(spectrum: NDArray[np.complex64], band: tuple[float, float]) -> Signals:
    """Length of the band's analytic signal, ``[leads, BLOCK]``."""
    real, imaginary = _gabor_responses(*band)
    parts = [irfft(spectrum * response, _LENGTH, axis=1)[:, MARGIN:-MARGIN] for response in (real, imaginary)]
    return np.hypot(*parts)


def _power(signals: Signals) -> Signals:
    """Mean square of each second."""
    return np.square(signals).reshape(len(signals), BLOCK_SECONDS, -1).mean(axis=2)


@cache
def _gabor_responses(centre: float, deviation: float) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Frequency responses of a Gabor filter's real and imaginary part, without what passes a constant.

    A sine of the band's centre with amplitude 1 has an envelope of 1.
    """
    sigma = 1 / (2 * np.pi * deviation)
    reach = int(3.2 * sigma * SAMPLING_RATE)
    times = np.arange(-reach, reach + 1) / SAMPLING_RATE
    window = np.exp(-0.5 * (times / sigma) ** 2)
    taps = window * np.exp(2j * np.pi * centre * times)
    taps = 2 * (taps - window * taps.sum() / window.sum()) / window.sum()
    return _response(taps.real), _response(taps.imag)


@cache
def _shape_response() -> NDArray[np.complex64]:
    smooth = _average(_SMOOTH)
    return smooth * (1 - _average(_BASELINE))


@cache
def _waves_response() -> NDArray[np.complex64]:
    taps = firwin(_WAVES_TAPS, _WAVES_HIGHEST, fs=SAMPLING_RATE)
    return _response(taps) * (1 - _average(_WAVES_BASELINE))


def _average(samples: int) -> NDArray[np.complex64]:
    """Response of a moving average, applied twice."""
    return _response(np.full(samples, 1 / samples)) ** 2


def _response(taps: NDArray[np.float64]) -> NDArray[np.complex64]:
    """Frequency response of symmetric taps around 0."""
    reach = len(taps) // 2
    around = np.zeros(_LENGTH)
    around[np.arange(-reach, reach + 1)] = taps
    return rfft(around).astype(np.complex64)
