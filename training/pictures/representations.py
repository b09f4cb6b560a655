"""What a network sees of a beat. Each representation turns a recording into pixels, one row per beat and lead.

``trace`` is what users upload: the line, R − 96 … R + 95; ``ink`` is what is read of such pictures, in any window and
layout. ``spectrogram`` and ``context`` need the recording itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.signal import stft

from ecg.beats import MARGIN, SAMPLING_RATE, WINDOW_BEFORE, cut_windows
from ecg.pictures import context
from ecg.pictures.canonical import canonical
from ecg.pictures.canvas import HEIGHT, WIDTH, Pixels, to_canonical
from ecg.pictures.rendering import draw
from training.databases.marked import MarkedRecording, within
from training.pictures import ink_readings
from training.pictures.augmentation import OTHER_PEOPLE, SignalAugmentation, augment, vary_geometry
from training.pictures.styles import paint, random_style
from training.synthetic import lead_rotation

#: Augmented pictures that share one varied geometry or style.
_GROUP = 16

#: STFT of ``spectrogram``: Hann window of 64 samples (178 ms), a column every 2 samples (5.6 ms), zero-padded so that
#: a row is 0.94 Hz; the 64 rows reach 59 Hz. Grey is the power in decibels, from the beat's maximum (0)
#: down 60 dB (255).
STFT_WINDOW, STFT_HOP, STFT_LENGTH = 64, 2, 384
SPECTROGRAM_RANGE_DB = 60.0


@dataclass(frozen=True, slots=True)
class Variant:
    """How beats are augmented."""

    number: int
    """From 1; odd variants vary the geometry, even ones the whole style."""
    generator: np.random.Generator
    lead_rotation: bool = False
    """Whether most beats have rotated leads (:func:`training.synthetic.lead_rotation.rotated_windows`)."""


class Representation(Protocol):
    """How recordings become pixels."""

    @property
    def name(self) -> str:
        """What configurations call it."""

    @property
    def channels(self) -> int:
        """Pictures of one beat and lead."""

    def pictures(self, recording: MarkedRecording, variant: Variant | None = None) -> Pixels:
        """Every beat in every lead, ``[rows, HEIGHT, WIDTH, channels]``; rows as in ``cut_beats``.

        Plain ones, or an augmented ``variant`` of them.
        """


@dataclass(frozen=True, slots=True)
class Window:
    """Sees the picture's window alone."""

    name: str
    plain: Callable[[NDArray[np.float32]], Pixels]
    """``[N, 192]`` millivolts to ``[N, HEIGHT, WIDTH, 1]``."""
    varied: Callable[[NDArray[np.float32], np.random.Generator, int], Pixels]
    """The same for augmented signals; the last argument is the variant's number, from 1."""
    channels: int = 1

    def pictures(self, recording: MarkedRecording, variant: Variant | None = None) -> Pixels:
        """See :class:`Representation`."""
        samples = recording.samples[within(recording)]
        more = 0 if variant is None else MARGIN + (lead_rotation.FILTER_REACH if variant.lead_rotation else 0)
        windows = _windows(recording, samples, WINDOW_BEFORE + more)
        if variant is None:
            return self.plain(_rows(windows))
        if variant.lead_rotation:
            varied = augment(
                _rows(lead_rotation.rotated_windows(windows, variant.generator)), variant.generator, OTHER_PEOPLE
            )
        else:
            varied = augment(_rows(windows), variant.generator)
        return self.varied(varied, variant.generator, variant.number)


@dataclass(frozen=True, slots=True)
class ReadByInk:
    """Sees what is read of a picture in any layout (:mod:`training.pictures.ink_readings`)."""

    name: str
    channels: int = 1

    def pictures(self, recording: MarkedRecording, variant: Variant | None = None) -> Pixels:
        """See :class:`Representation`; all variants are alike, and leads are never rotated."""
        samples = recording.samples[within(recording)]
        if variant is None:
            return ink_readings.plain(_rows(_windows(recording, samples, WINDOW_BEFORE)))
        reach = int(SignalAugmentation().reach(ink_readings.REACH)) + 2
        signals = augment(_rows(_windows(recording, samples, reach)), variant.generator, samples=ink_readings.REACH)
        intervals = _intervals(samples, np.unique(recording.peaks))
        return ink_readings.varied(signals, np.tile(intervals, (recording.signal.shape[1], 1)), variant.generator)


def _windows(recording: MarkedRecording, samples: NDArray[np.int64], reach: int) -> NDArray[np.float32]:
    """``[leads, N, 2 * reach]`` millivolts."""
    return np.stack([cut_windows(lead, samples, reach) for lead in recording.signal.T])


def _intervals(samples: NDArray[np.int64], peaks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Seconds to the R peak before each of ``samples`` and to the one after it, one second at the ends: ``[N, 2]``."""
    ends = (peaks[0], peaks[-1]) if len(peaks) else (0, 0)
    padded = np.concatenate([[ends[0] - SAMPLING_RATE], peaks, [ends[1] + SAMPLING_RATE]])
    places = np.searchsorted(padded, samples)
    return np.stack([samples - padded[places - 1], padded[places + 1] - samples], axis=1) / SAMPLING_RATE


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Sees the whole recording, see :mod:`ecg.pictures.context`."""

    name: str
    channels: int = context.CHANNELS

    def pictures(self, recording: MarkedRecording, variant: Variant | None = None) -> Pixels:
        """See :class:`Representation`; all variants are alike, and the leads of each are rotated."""
        inside = within(recording)
        varied = recording if variant is None else lead_rotation.rotate(recording, variant.generator)
        return context.pictures(varied.signal.T, varied.samples[inside], np.unique(varied.peaks))


def _rows(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """``[leads, N, S]`` to one row per beat and lead."""
    return windows.reshape(-1, windows.shape[-1])


def _trace(signals: NDArray[np.float32]) -> Pixels:
    return to_canonical(draw(signals))


def _varied_trace(signals: NDArray[np.float32], generator: np.random.Generator, variant: int) -> Pixels:
    """Odd variants vary the geometry, even ones the whole style, groups of beats at a time."""
    parts = [_empty()]
    for start in range(0, len(signals), _GROUP):
        group, geometry = signals[start : start + _GROUP], vary_geometry(generator)
        if variant % 2:
            parts.append(to_canonical(draw(group, geometry)))
        else:
            painted = paint(group, random_style(generator, geometry), generator)
            parts.append(np.stack([canonical(picture, height=HEIGHT, width=WIDTH) for picture in painted]))
    return np.concatenate(parts)


def _spectrogram(signals: NDArray[np.float32]) -> Pixels:
    if not len(signals):
        return _empty()
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


def _empty() -> Pixels:
    return np.empty((0, HEIGHT, WIDTH, 1), dtype=np.uint8)


REPRESENTATIONS: dict[str, Representation] = {
    representation.name: representation
    for representation in (
        Window("trace", _trace, _varied_trace),
        Window("spectrogram", _spectrogram, _varied_spectrogram),
        Surroundings("context"),
        ReadByInk("ink"),
    )
}

#: Representations whose beats can be shown with rotated leads, each beat along axes of its own.
ROTATED = frozenset(name for name, representation in REPRESENTATIONS.items() if isinstance(representation, Window))
