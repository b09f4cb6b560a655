"""What painters of both groups draw with: sheets of paper, curves, strips of a lead, words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ecg.beats import SAMPLING_RATE

Generator = np.random.Generator
Lead = NDArray[np.floating]
Painter = Callable[[Generator, Lead], Image.Image]
"""A picture by chance; the lead (millivolts at 360 Hz, some ten seconds or more) is for those that show recordings."""

Colour = tuple[int, int, int]

PALETTE: Final[tuple[Colour, ...]] = (
    (31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189), (40, 40, 40), (0, 90, 120),
)  # fmt: skip
_WORDS: Final = (
    "the", "of", "and", "to", "in", "is", "that", "for", "it", "as", "with", "on", "are", "this", "was", "they",
    "which", "had", "not", "when", "there", "heart", "rhythm", "lead", "rate", "wave", "segment", "normal", "axis",
)  # fmt: skip


def sheet(generator: Generator, paper: Colour | None = None, *, tall: bool = False) -> Image.Image:
    """A sheet of 200 to 1,200 pixels."""
    width = int(np.exp(generator.uniform(np.log(220), np.log(1200))))
    ratio = generator.uniform(1.1, 1.5) if tall else generator.uniform(0.5, 1.0)
    return Image.new("RGB", (width, int(width * ratio)), paper or (255, 255, 255))


def page(generator: Generator, paper: Colour | None = None, *, tall: bool = False) -> Image.Image:
    """A sheet as large as pictures of pages are, 640 to 1,700 pixels."""
    width = int(np.exp(generator.uniform(np.log(640), np.log(1700))))
    ratio = generator.uniform(1.2, 1.45) if tall else generator.uniform(0.4, 0.85)
    return Image.new("RGB", (width, int(width * ratio)), paper or (255, 255, 255))


def colour(generator: Generator) -> Colour:
    """One of the usual colours of charts."""
    return PALETTE[int(generator.integers(len(PALETTE)))]


def words(generator: Generator, count: int) -> str:
    """Some words in a row."""
    return " ".join(generator.choice(_WORDS, size=count))


def curve(
    pen: ImageDraw.ImageDraw, x: NDArray[np.floating], y: NDArray[np.floating], fill: Colour, width: int = 1
) -> None:
    """A line through points."""
    pen.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=fill, width=width, joint="curve")


def stretch_of(lead: Lead, generator: Generator, seconds: float) -> Lead:
    """So many seconds of the lead from somewhere."""
    count = min(len(lead), int(seconds * SAMPLING_RATE))
    first = int(generator.integers(0, len(lead) - count + 1))
    return lead[first : first + count]


def trace(
    pen: ImageDraw.ImageDraw,
    millivolts: Lead,
    box: tuple[float, float, float, float],
    fill: Colour,
    width: int = 1,
) -> None:
    """A stretch of a lead within ``box`` (left, top, right, bottom), as high as the box."""
    left, top, right, bottom = box
    low, high = float(millivolts.min()), float(millivolts.max())
    y = bottom - (millivolts - low) / max(high - low, 0.2) * (bottom - top)
    curve(pen, np.linspace(left, right, len(y)), y, fill, width)


def ruled(pen: ImageDraw.ImageDraw, size: tuple[int, int], step: float, fill: Colour) -> None:
    """Lines in both directions, each ``step`` pixels; every fifth is a little darker."""
    bold = (max(0, fill[0] - 12), max(0, fill[1] - 35), max(0, fill[2] - 35))
    for every, tone in ((1, fill), (5, bold)):
        for x in np.arange(0, size[0], every * step):
            pen.line((x, 0, x, size[1]), fill=tone)
        for y in np.arange(0, size[1], every * step):
            pen.line((0, y, size[0], y), fill=tone)


def axes(pen: ImageDraw.ImageDraw, box: tuple[float, float, float, float], generator: Generator) -> None:
    """The left and lower axis of a chart with ticks and numbers."""
    left, top, right, bottom = box
    pen.line((left, top, left, bottom, right, bottom), fill=(0, 0, 0), width=1)
    size = max(7, int((right - left) / 40))
    unit = int(generator.integers(1, 50))
    for tick in range(6):
        x, y = left + tick / 5 * (right - left), bottom - tick / 5 * (bottom - top)
        pen.line((x, bottom, x, bottom + 3), fill=(0, 0, 0))
        pen.text((x, bottom + 4), str(tick * unit), fill=(0, 0, 0), font_size=size, anchor="mt")
        pen.line((left - 3, y, left, y), fill=(0, 0, 0))
        pen.text((left - 5, y), str(tick * 10), fill=(0, 0, 0), font_size=size, anchor="rm")


def chart_box(size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Where a chart lies on a sheet."""
    return 0.13 * size[0], 0.12 * size[1], 0.92 * size[0], 0.87 * size[1]


def spectrum_of(millivolts: Lead, columns: int, window: int) -> NDArray[np.float64]:
    """Power over frequency (rows, low frequencies below) and time, decibels from the greatest (0) down to −60,
    scaled to 0 … 1.
    """
    starts = np.linspace(0, max(0, len(millivolts) - window), columns).astype(int)
    frames = np.stack([millivolts[start : start + window] for start in starts]) * np.hanning(window)
    power = 20 * np.log10(np.abs(np.fft.rfft(frames - frames.mean(axis=1, keepdims=True), 2 * window)) + 1e-4)
    shown = power[:, : window // 2].T[::-1]
    return np.clip((shown - shown.max()) / 60 + 1, 0, 1)


#: Corners of three colour maps in the way of the usual ones: dark blue to yellow, rainbow, black to white.
MAPS: Final = (
    ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)),
    ((0, 0, 130), (0, 120, 255), (120, 255, 130), (255, 150, 0), (130, 0, 0)),
    ((0, 0, 0), (90, 20, 100), (190, 55, 80), (250, 140, 20), (250, 250, 160)),
    ((0, 0, 0), (64, 64, 64), (128, 128, 128), (192, 192, 192), (255, 255, 255)),
)


def in_colours(values: NDArray[np.float64], corners: tuple[Colour, ...]) -> Image.Image:
    """Values 0 … 1 in a colour map."""
    places = np.linspace(0, 1, len(corners))
    channels = [np.interp(values, places, [corner[channel] for corner in corners]) for channel in range(3)]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


def texture(generator: Generator, size: tuple[int, int], falling: float) -> Image.Image:
    """Coloured noise whose amplitude falls with spatial frequency, as in photographs of nature (about 1/f)."""
    width, height = size
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    frequency = np.maximum(np.hypot(down, across), 1 / max(size)) ** falling
    shared = _noise(generator, frequency, (height, width))
    channels = [0.8 * shared + 0.3 * _noise(generator, frequency, (height, width)) for _ in range(3)]
    values = np.stack(channels, axis=-1)
    low, high = np.quantile(values, [0.02, 0.98])
    return Image.fromarray((255 * np.clip((values - low) / (high - low), 0, 1)).astype(np.uint8))


def _noise(generator: Generator, frequency: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    spectrum = np.exp(2j * np.pi * generator.random(frequency.shape)) / frequency
    field = np.fft.irfft2(spectrum, shape)
    return np.asarray(field / field.std(), dtype=np.float64)
