"""What a network sees of a beat. Each representation turns a recording into pixels, one row per beat and lead.

``trace`` is what users upload: the line, R − 96 … R + 95. ``spectrogram`` and ``context`` need the recording itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.signal import stft

from inference_server.images import canonical
from training.augmentation import augment, vary_geometry
from training.records import SAMPLING_RATE, WINDOW_BEFORE, Recording, cut_windows, within
from training.rendering import CLASSIC, Geometry, draw
from training.styles import paint, random_style

#: Canonical picture size, pixels (half the classic 128 × 192).
HEIGHT, WIDTH = 64, 96

#: Augmented pictures that share one varied geometry or style.
_GROUP = 16

#: Samples that the strips of ``context`` show before the R peak and from it on: 1.2 s, in which the distances to the
#: neighbours can be measured, and 4.8 s, which show what is usual for the rhythm.
CONTEXT_HALVES = (432, 1728)

#: A strip is drawn from at most this many samples (4.5 for each of its pixels); longer ones take every n-th.
_STRIP_SAMPLES = 864
_CONTEXT_CHANNELS = 1 + len(CONTEXT_HALVES)

#: STFT of ``spectrogram``: Hann window of 64 samples (178 ms), a column every 2 samples (5.6 ms), zero-padded so that
#: a row is 0.94 Hz; the 64 rows reach 59 Hz. Grey is the power in decibels, from the beat's maximum (0)
#: down 60 dB (255).
STFT_WINDOW, STFT_HOP, STFT_LENGTH = 64, 2, 384
SPECTROGRAM_RANGE_DB = 60.0

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Representation:
    """How signals become pixels."""

    name: str
    channels: int
    half: int
    """Samples that it needs before the R peak and from it on, without augmentation."""
    margin: int
    """Further samples on both sides that augmentation may ask for."""
    plain: Callable[[NDArray[np.float32]], Pixels]
    """``[N, 2 * half]`` millivolts to ``[N, HEIGHT, WIDTH, channels]``."""
    varied: Callable[[NDArray[np.float32], np.random.Generator, int], Pixels]
    """The same for augmented signals; the last argument is the variant's number, from 1."""

    def pictures(self, recording: Recording, generator: np.random.Generator | None = None, variant: int = 0) -> Pixels:
        """Pixels of every beat of ``recording``, in the order of :func:`training.records.cut_beats`."""
        samples = recording.samples[within(recording)]
        reach = self.half + self.margin
        stored = np.concatenate(
            [cut_windows(recording.signal[:, channel], samples, reach) for channel in range(len(recording.leads))]
        )
        if generator is None:
            return self.plain(stored[:, self.margin : self.margin + 2 * self.half])
        return self.varied(augment(stored, generator, half=self.half), generator, variant)


def to_canonical(pictures: Pixels) -> Pixels:
    """Drawn pictures ``[N, h, w]`` through the server's own canonicalisation: ``[N, HEIGHT, WIDTH, 1]``."""
    return np.stack([canonical(Image.fromarray(picture), height=HEIGHT, width=WIDTH) for picture in pictures])


def _trace(signals: NDArray[np.float32]) -> Pixels:
    return _empty(1) if not len(signals) else to_canonical(draw(signals))


def _varied_trace(signals: NDArray[np.float32], generator: np.random.Generator, variant: int) -> Pixels:
    """Odd variants vary the geometry, even ones the whole style, groups of beats at a time."""
    parts = [_empty(1)]
    for start in range(0, len(signals), _GROUP):
        group, geometry = signals[start : start + _GROUP], vary_geometry(generator)
        if variant % 2:
            parts.append(to_canonical(draw(group, geometry)))
        else:
            painted = paint(group, random_style(generator, geometry), generator)
            parts.append(np.stack([canonical(one, height=HEIGHT, width=WIDTH) for one in painted]))
    return np.concatenate(parts)


def _spectrogram(signals: NDArray[np.float32]) -> Pixels:
    if not len(signals):
        return _empty(1)
    _, _, spectrum = stft(
        signals - signals.mean(axis=1, keepdims=True),
        fs=SAMPLING_RATE,
        nperseg=STFT_WINDOW,
        noverlap=STFT_WINDOW - STFT_HOP,
        nfft=STFT_LENGTH,
        padded=False,
    )
    power = 20 * np.log10(np.abs(spectrum[:, :HEIGHT, :WIDTH]) + 1e-6)
    below = (power.max(axis=(1, 2), keepdims=True) - power) / SPECTROGRAM_RANGE_DB
    grey = np.rint(255 * np.clip(below, 0, 1)).astype(np.uint8)
    return grey[:, ::-1, :, None]


def _varied_spectrogram(signals: NDArray[np.float32], _generator: np.random.Generator, _variant: int) -> Pixels:
    return _spectrogram(signals)


def _context(signals: NDArray[np.float32], geometry: Geometry = CLASSIC) -> Pixels:
    """The beat as in ``trace``, and as further channels the strips of which it is the middle."""
    if not len(signals):
        return _empty(_CONTEXT_CHANNELS)
    middle = CONTEXT_HALVES[-1]
    # Strips have no margins, so that the neighbours get every column.
    strip = replace(geometry, left=0.0, right=float(geometry.width))
    parts = [(WINDOW_BEFORE, geometry), *((half, strip) for half in CONTEXT_HALVES)]
    drawn = []
    for half, paper in parts:
        every = max(1, 2 * half // _STRIP_SAMPLES)
        drawn.append(to_canonical(draw(signals[:, middle - half : middle + half : every], paper)))
    return np.concatenate(drawn, axis=-1)


def _varied_context(signals: NDArray[np.float32], generator: np.random.Generator, _variant: int) -> Pixels:
    starts = range(0, len(signals), _GROUP)
    groups = [_context(signals[start : start + _GROUP], vary_geometry(generator)) for start in starts]
    return np.concatenate([_empty(_CONTEXT_CHANNELS), *groups])


def _empty(channels: int) -> Pixels:
    return np.empty((0, HEIGHT, WIDTH, channels), dtype=np.uint8)


REPRESENTATIONS: dict[str, Representation] = {
    one.name: one
    for one in (
        Representation("trace", 1, WINDOW_BEFORE, 32, _trace, _varied_trace),
        Representation("spectrogram", 1, WINDOW_BEFORE, 32, _spectrogram, _varied_spectrogram),
        Representation("context", _CONTEXT_CHANNELS, CONTEXT_HALVES[-1], 192, _context, _varied_context),
    )
}
