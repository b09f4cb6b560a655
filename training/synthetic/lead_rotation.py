"""Recordings as other electrodes and other recorders would have taken them.

Two leads are two views of the same beats. Any weighted sum of both is a view from between them, in which conducted and
ectopic beats look otherwise than in either, as they do in another person; a short filter changes the shape of all
complexes alike. What a beat is does not change, nor does how it differs from its neighbours.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

from ecg.beats import SAMPLING_RATE
from training.databases.marked import MarkedRecording

#: How many of the recordings are filtered, and the filter: so many taps, so many samples (17 ms) apart.
_FILTERED = 0.3
_TAPS, _TAP_SAMPLES = 7, 6

#: Samples on each side that a filter looks at.
FILTER_REACH = _TAPS // 2 * _TAP_SAMPLES

#: Of single beats, how many keep the leads they were taken in, and how many are filtered: more than of recordings.
_SEEN_AS_TAKEN = 0.2
_FILTERED_BEATS = 0.6

#: Amplitude is multiplied by up to this or divided by up to it; it drifts from one value to the next every 30 s.
_GAIN = 1.6
_GAIN_SECONDS = 30

#: Baseline wander (amplitude in mV, Hz) and white muscle noise (standard deviation in mV), each up to so much.
_WANDER_MV, _WANDER_HZ = 0.2, (0.15, 0.5)
_MUSCLE_MV = 0.03

#: Detectors of R peaks are off by up to this many samples (8 ms).
_PEAK_JITTER = 3

#: At most this many beats of each symbol are marked, by chance.
BEATS_OF_A_SYMBOL = 150


def rotate(recording: MarkedRecording, generator: np.random.Generator) -> MarkedRecording:
    """The recording in as many leads as before, each a weighted sum of all, with another gain, filter and noise.

    R peaks are where a detector might have put them. All beats stay marked.
    """
    signal = recording.signal.astype(np.float64)
    weights = generator.normal(size=(signal.shape[1], signal.shape[1]))
    weights /= np.sqrt((weights**2).sum(axis=0, keepdims=True))
    signal = signal @ weights
    if generator.random() < _FILTERED:
        signal = convolve1d(signal, _filter(generator), axis=0, mode="nearest")
    spread = np.log(_GAIN)
    signal *= np.exp(drift(len(signal), generator, (-spread, spread), seconds=_GAIN_SECONDS))[:, None]
    time = np.arange(len(signal)) / SAMPLING_RATE
    wander = np.sin(2 * np.pi * (generator.uniform(*_WANDER_HZ) * time + generator.uniform()))
    signal += generator.uniform(0, _WANDER_MV) * wander[:, None]
    signal += generator.uniform(0, _MUSCLE_MV) * generator.standard_normal(signal.shape)
    moved = recording.peaks + generator.integers(-_PEAK_JITTER, _PEAK_JITTER + 1, size=len(recording.peaks))
    # Flutter waves may lie closer than the jitter.
    peaks = np.maximum.accumulate(np.clip(moved, 0, len(signal) - 1))
    rotated_signal = signal.astype(np.float32)
    if recording.every_peak is None:
        return replace(recording, signal=rotated_signal, samples=peaks)
    marked = peaks[np.searchsorted(recording.every_peak, recording.samples)]
    return replace(recording, signal=rotated_signal, samples=marked, every_peak=peaks)


def rotated_windows(windows: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """Single beats with rotated leads, each by an angle of its own: what :func:`rotate` does to a whole recording.

    Gain, wander and noise are left to :func:`training.pictures.augmentation.augment`.

    Args:
        windows: ``[leads, N, S]``, the same beats in all leads.

    Returns:
        ``[leads, N, S - 2 * FILTER_REACH]``: of most beats weighted sums of their leads, of the others
        (:data:`_SEEN_AS_TAKEN`) the leads themselves; some of either filtered. Each lead keeps its baseline, the median
        of its window: sums of baselines would leave the paper.
    """
    leads, count, length = windows.shape
    baselines = np.median(windows, axis=2, keepdims=True)
    weights = generator.normal(size=(count, leads, leads)).astype(np.float32)
    weights /= np.sqrt((weights**2).sum(axis=2, keepdims=True))
    weights[generator.random(count) < _SEEN_AS_TAKEN] = np.eye(leads)
    rotated = np.einsum("nvl,lns->vns", weights, windows - baselines)
    for beat in np.flatnonzero(generator.random(count) < _FILTERED_BEATS):
        rotated[:, beat] = convolve1d(rotated[:, beat], _filter(generator), axis=1)
    return (rotated + baselines)[..., FILTER_REACH : length - FILTER_REACH]


def rotated(recording: MarkedRecording, generator: np.random.Generator) -> MarkedRecording:
    """:func:`rotate`, with a few beats of each symbol marked."""
    rotated = rotate(recording, generator)
    shuffled = generator.permutation(len(rotated.samples))
    place = np.empty(len(shuffled), dtype=np.int64)
    for symbol in np.unique(rotated.symbols):
        own = shuffled[rotated.symbols[shuffled] == symbol]
        place[own] = np.arange(len(own))
    return rotated.marking(np.flatnonzero(place < BEATS_OF_A_SYMBOL))


def _filter(generator: np.random.Generator) -> NDArray[np.float64]:
    """Taps by chance, more in the middle."""
    taps = generator.normal(size=_TAPS)
    taps /= np.sqrt((taps**2).sum())
    taps[_TAPS // 2] += generator.uniform(0.5, 1.5)
    spread = np.zeros((_TAPS - 1) * _TAP_SAMPLES + 1)
    spread[::_TAP_SAMPLES] = taps
    return spread


def drift(
    count: int, generator: np.random.Generator, bounds: tuple[float, float], *, seconds: int
) -> NDArray[np.float64]:
    """A value within the bounds that goes evenly to another one every so many seconds: ``[count]``."""
    step = seconds * SAMPLING_RATE
    corners = generator.uniform(*bounds, size=count // step + 2)
    return np.interp(np.arange(count), np.arange(len(corners)) * step, corners)
