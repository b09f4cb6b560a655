"""Beats as they look once they were read by their ink: of pictures in every layout, without drawing most of them.

A picture's trace reaches the network redrawn (:mod:`ecg.pictures.ink`), so what is left of its layout is the stretch of
time that it shows and what was known of its scale. That is cheap to make of a signal. Some beats are drawn and read all
the same, for what reading does to them.
"""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.beats import SAMPLING_RATE, WINDOW_AFTER, WINDOW_BEFORE
from ecg.pictures.canvas import HEIGHT, WIDTH
from ecg.pictures.ink import placing
from ecg.pictures.ink.opening import open_picture
from ecg.pictures.ink.placing import Placed
from ecg.pictures.ink.reading import pixels_of, pixels_of_signal, read_beat
from ecg.pictures.ink.redraw import pixels_of_trace
from training.pictures import layout_kinds
from training.pictures.layouts import MM_PER_MV, MM_PER_SECOND, painted

Pixels = NDArray[np.uint8]
Signal = NDArray[np.float32]
Intervals = tuple[float, float]

#: Samples at 360 Hz that a varied beat needs on each side of its R peak: the longest RR interval that is shown.
REACH: Final = round(1.6 * SAMPLING_RATE)

#: How many beats are drawn and read, which takes long, and at most how many of one recording.
_DRAWN: Final = 0.12
_MOST_DRAWN: Final = 120
#: How many of the others keep the scale of the course data set, or that of ruled paper, which people send less often.
#: The rest are of unknown scale.
_CLASSIC: Final = 0.35
_ON_PAPER: Final = 0.2
#: Of beats of unknown scale, how many show about the classic window, about half a second, about a second; the rest
#: reach from one R peak to the next, or half way.
_WINDOWS: Final = (0.45, 0.25, 0.15)
#: Pixels that a trace is high, from and to, and how far what is read is off, pixels (standard deviation).
_LOWEST_PX, _HIGHEST_PX = 30, 400
_OFF_PX: Final = 0.3

_OTHER_KINDS: Final = tuple(kind for name, kind in layout_kinds.KINDS.items() if name != "plain")


def plain(windows: NDArray[np.float32]) -> Pixels:
    """Beats of known scale.

    Args:
        windows: shape ``[N, 192]``, millivolts.

    Returns:
        shape ``[N, HEIGHT, WIDTH, 1]``.
    """
    pixels = np.empty((len(windows), HEIGHT, WIDTH, 1), dtype=np.uint8)
    for row, window in enumerate(windows):
        pixels[row, ..., 0] = pixels_of_signal(window, height=HEIGHT, width=WIDTH)
    return pixels


def varied(signals: NDArray[np.float32], intervals: NDArray[np.float64], generator: np.random.Generator) -> Pixels:
    """Beats as they are read of pictures by chance.

    Args:
        signals: shape ``[N, 2 * REACH]``, millivolts, R in the middle.
        intervals: shape ``[N, 2]``, seconds: the RR interval before and after.

    Returns:
        shape ``[N, HEIGHT, WIDTH, 1]``.
    """
    pixels = np.empty((len(signals), HEIGHT, WIDTH, 1), dtype=np.uint8)
    drawn = min(_DRAWN, _MOST_DRAWN / max(len(signals), 1))
    for row, (signal, (before, after)) in enumerate(zip(signals, intervals.tolist(), strict=True)):
        pixels[row, ..., 0] = _varied(signal, (before, after), drawn, generator)
    return pixels


def _varied(signal: Signal, intervals: Intervals, drawn: float, generator: np.random.Generator) -> Pixels:
    if generator.random() < drawn and (pixels := _drawn_and_read(signal, intervals, generator)) is not None:
        return pixels
    placed = _placed(signal, intervals, generator)
    return pixels_of_trace(placed.times, placed.heights, height=HEIGHT, width=WIDTH)


def _drawn_and_read(signal: Signal, intervals: Intervals, generator: np.random.Generator) -> Pixels | None:
    """The beat in a layout by chance, read as the server does; None where it can't be."""
    layout = _OTHER_KINDS[int(generator.integers(len(_OTHER_KINDS)))](generator, intervals)
    read = read_beat(open_picture(_encoded(painted(signal, REACH, layout, generator).image)))
    return pixels_of(read, height=HEIGHT, width=WIDTH) if read.reason is None else None


def _encoded(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _placed(signal: Signal, intervals: Intervals, generator: np.random.Generator) -> Placed:
    """Where the reader would put the beat, by what it knows of the picture's scale by chance."""
    chance = generator.random()
    if chance < _CLASSIC:
        return placing.of_signal(signal[REACH - WINDOW_BEFORE : REACH + WINDOW_AFTER])
    on_paper = chance < _CLASSIC + _ON_PAPER
    before, after = _half_a_second(generator) if on_paper else _window(intervals, generator)
    first, last = REACH - round(before * SAMPLING_RATE), REACH + round(after * SAMPLING_RATE)
    millivolts = signal[max(first, 0) : last + 1].astype(np.float64)
    x = np.arange(len(millivolts), dtype=np.float64)
    high = np.exp(generator.uniform(np.log(_LOWEST_PX), np.log(_HIGHEST_PX)))
    off = _OFF_PX * max(float(np.ptp(millivolts)), 0.1) / high
    millivolts += off * generator.standard_normal(len(millivolts))
    if on_paper:
        across, down = SAMPLING_RATE / MM_PER_SECOND, 1 / MM_PER_MV
        return placing.in_millimetres(x, -millivolts, across, down, REACH - max(first, 0))
    # Of a picture only its proportions are left: a trace is about as wide as high.
    return placing.by_extent(x, -millivolts * len(x) / max(float(np.ptp(millivolts)), 0.1))


def _half_a_second(generator: np.random.Generator) -> tuple[float, float]:
    off = generator.uniform(-0.04, 0.04)
    return 0.25 - off, 0.25 + off


def _window(intervals: Intervals, generator: np.random.Generator) -> tuple[float, float]:
    """Seconds before and after the R peak that a picture shows."""
    classic, half, one = np.cumsum(_WINDOWS)
    chance = generator.random()
    if chance < classic:
        before, after = WINDOW_BEFORE / SAMPLING_RATE, (WINDOW_AFTER - 1) / SAMPLING_RATE
        return before * generator.uniform(0.93, 1.07), after * generator.uniform(0.93, 1.07)
    if chance < half:
        return _half_a_second(generator)
    if chance < one:
        before = generator.uniform(0.35, 0.6)
        return before, 1 - before
    share = 1.0 if generator.random() < 0.5 else 0.5
    before, after = (float(np.clip(interval, 0.3, 1.58)) * share for interval in intervals)
    return before, after
