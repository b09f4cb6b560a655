"""How readable each lead is, second by second: flat, saturated, noisy, wandering, mains; what is missing is missing.

Thresholds are in millivolts of the signal at the working rate. Those of noise were set on synthetic noise added to
clean beats; ``python -m benchmarks.recordings quality`` prints what they say of the 2017 challenge's noisy recordings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.faults import UNREADABLE, Fault
from ecg.peaks.evidence import Evidence
from ecg.recording import Millivolts
from ecg.signal.gaps import bridged
from ecg.signal.grid import BLOCK_SECONDS

#: Peak to peak of a second in which nothing moves. The isoelectric line of a clean recorder still has 10 µV of noise.
_FLAT: Final = 0.008
#: A plateau: this many samples (83 ms) that differ by less than this, millivolts, at an extreme of the second that lies
#: this far from the block's median. T waves and wide beats are never so flat at their top.
_PLATEAU: Final = 30
_STILL: Final = 0.004
_FAR: Final = 1.0

#: What lies above 40 Hz, millivolts (mean amplitude a hertz, median over frequencies, so that mains don't count), and
#: as a share of the lead's usual QRS strength.
_MUSCLE: Final = 0.012
_MUSCLE_SHARE: Final = 0.05
#: Mean correlation of QRS complexes with those most like them under which they are taken for noise. Of the 2017
#: challenge's noisy recordings three quarters lie below it, of its others one in fifty.
_UNLIKE: Final = 0.72
#: QRS complexes stand out less than this many times from what lies between them.
_UNCLEAR: Final = 3.2
#: One second's median strength over the usual height of QRS complexes: between beats there are none.
_BUSY: Final = 0.3

_WANDER: Final = 1.0
_MAINS: Final = (50, 60)
#: Amplitude of mains, millivolts, and how many times it exceeds what is beside it.
_MAINS_LEAST: Final = 0.04
_MAINS_RATIO: Final = 4.0


@dataclass(frozen=True, slots=True)
class Quality:
    """Of the seconds of a block."""

    faults: NDArray[np.uint8]
    """``[leads, seconds]``: :class:`Fault` bits."""
    noise: NDArray[np.float32]
    """``[leads, seconds]``: strength of what lies between QRS complexes over that of QRS complexes; 0 is clean, 0.3 is
    as good as unreadable."""

    @property
    def readable(self) -> NDArray[np.bool_]:
        """``[leads, seconds]``: whether the lead can be read then."""
        return (self.faults & int(UNREADABLE)) == 0


def quality(evidence: Evidence) -> Quality:
    """Judge the seconds of a block."""
    block = evidence.filtered
    leads = len(block.millivolts)
    seconds = block.millivolts.reshape(leads, BLOCK_SECONDS, SAMPLING_RATE)
    missing = np.isnan(seconds).mean(axis=2) > 0.5
    known = bridged(block.millivolts, SAMPLING_RATE).reshape(seconds.shape)
    spectrum = np.abs(np.fft.rfft(known * np.hanning(SAMPLING_RATE), axis=2)) * (4 / SAMPLING_RATE)
    crest = evidence.crest[:, None]
    clearness, likeness = (
        np.repeat(values, BLOCK_SECONDS // values.shape[1], axis=1)
        for values in (evidence.clearness, evidence.likeness)
    )
    strength = np.median(block.strength.reshape(seconds.shape), axis=2)
    flat = np.ptp(known, axis=2) < _FLAT
    muscle = np.median(spectrum[:, :, 40:150], axis=2)
    noisy = (muscle > _MUSCLE) & (muscle > _MUSCLE_SHARE * crest)
    noisy |= (clearness < _UNCLEAR) | (strength > _BUSY * crest) | (likeness < _UNLIKE)
    faults = np.zeros(missing.shape, np.uint8)
    for fault, where in (
        (Fault.FLAT, flat),
        (Fault.SATURATED, _saturated(known, np.median(known, axis=(1, 2)))),
        (Fault.NOISE, noisy & ~flat),
        (Fault.BASELINE, _wanders(known)),
        (Fault.MAINS, _mains(spectrum)),
    ):
        faults[where] |= fault.value
    faults[missing] = Fault.MISSING
    return Quality(faults, np.where(missing, 1, np.minimum(strength / crest, 1)).astype(np.float32))


def _saturated(seconds: Millivolts, middle: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether a second has a plateau at one of its extremes, ``[leads, seconds]``."""
    still = np.abs(np.diff(seconds, axis=2)) < _STILL
    runs = np.lib.stride_tricks.sliding_window_view(still, _PLATEAU - 1, axis=2).all(axis=3)
    values = seconds[:, :, : runs.shape[2]]
    extreme = (values > seconds.max(axis=2, keepdims=True) - 2 * _STILL) | (
        values < seconds.min(axis=2, keepdims=True) + 2 * _STILL
    )
    flattened: NDArray[np.bool_] = (runs & extreme & (np.abs(values - middle[:, None, None]) > _FAR)).any(axis=2)
    return flattened


def _wanders(seconds: Millivolts) -> NDArray[np.bool_]:
    """Whether the baseline (medians of fifths of a second) moves far within three seconds, ``[leads, seconds]``."""
    leads, count, _ = seconds.shape
    baseline = np.median(seconds.reshape(leads, count, 5, -1), axis=3)
    low, high = (np.pad(f(baseline, axis=2), ((0, 0), (1, 1)), mode="edge") for f in (np.min, np.max))
    windows = [np.lib.stride_tricks.sliding_window_view(values, 3, axis=1) for values in (low, high)]
    moved: NDArray[np.bool_] = windows[1].max(axis=2) - windows[0].min(axis=2) > _WANDER
    return moved


def _mains(spectrum: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether 50 or 60 Hz stand out, ``[leads, seconds]``; the amplitude of a sine is its bin's value."""
    humming = np.zeros(spectrum.shape[:2], np.bool_)
    for frequency in _MAINS:
        line = spectrum[:, :, frequency - 1 : frequency + 2].max(axis=2)
        around = [*range(frequency - 6, frequency - 2), *range(frequency + 3, frequency + 7)]
        beside = np.median(spectrum[:, :, around], axis=2)
        humming |= (line > _MAINS_LEAST) & (line > _MAINS_RATIO * beside)
    return humming
