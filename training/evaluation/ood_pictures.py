"""Pictures that are not one ECG beat, drawn by rule: for asking whether a model knows what it does not know."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ecg.pictures.rendering import CLASSIC

#: Size of the pictures, pixels: that of the classic beat picture; a page is three times as wide and high.
SIZE = (CLASSIC.width, CLASSIC.height)

Painter = Callable[[np.random.Generator], Image.Image]


def blank(generator: np.random.Generator) -> Image.Image:
    """Paper of one shade."""
    return Image.new("L", SIZE, int(generator.integers(0, 256)))


def noise(generator: np.random.Generator) -> Image.Image:
    """Independent grey pixels."""
    return Image.fromarray(generator.integers(0, 256, size=SIZE[::-1], dtype=np.uint8))


def photograph(generator: np.random.Generator) -> Image.Image:
    """Soft blobs of light and shade, like a photograph out of focus."""
    coarse = Image.fromarray(generator.integers(0, 256, size=(8, 12), dtype=np.uint8))
    return coarse.resize(SIZE, Image.Resampling.BICUBIC).filter(
        ImageFilter.GaussianBlur(float(generator.uniform(0, 3)))
    )


def text_page(generator: np.random.Generator) -> Image.Image:
    """Lines of random words."""
    page = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(page)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz "))
    size = int(generator.integers(8, 16))
    for top in range(4, SIZE[1] - size, size + 3):
        draw.text((4, top), "".join(generator.choice(letters, size=60)), fill=0, font_size=size)
    return page


def bar_chart(generator: np.random.Generator) -> Image.Image:
    """Between three and ten bars on an axis."""
    page = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(page)
    bars = int(generator.integers(3, 11))
    slot = 150 / bars
    for bar in range(bars):
        left = 24 + bar * slot
        draw.rectangle((left, 114 - int(generator.integers(5, 95)), left + slot * 0.7, 114), fill=90)
    draw.line((24, 114, 174, 114), fill=0)
    return page


def sine_wave(generator: np.random.Generator) -> Image.Image:
    """Two to twelve periods of a sine."""
    x = np.linspace(24, 172.8, 300)
    turns = generator.uniform(2, 12)
    y = 64 + generator.uniform(10, 45) * np.sin(np.linspace(0, 2 * np.pi * turns, 300) + generator.uniform(0, 6.3))
    page = Image.new("L", SIZE, 255)
    ImageDraw.Draw(page).line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=100, width=1)
    return page


def twelve_lead_page(generator: np.random.Generator) -> Image.Image:
    """A page of an electrocardiograph: three rows of four leads over a rhythm strip, many beats, on ruled paper."""
    page = Image.new("L", (3 * SIZE[0], 3 * SIZE[1]), 255)
    draw = ImageDraw.Draw(page)
    width, height = page.size
    if generator.random() < 0.7:
        for x in range(0, width, 8):
            draw.line((x, 0, x, height), fill=225)
        for y in range(0, height, 8):
            draw.line((0, y, width, y), fill=225)
    period = generator.uniform(40, 80)
    for row in range(4):
        middle = height * (row + 0.5) / 4
        columns = 4 if row < 3 else 1
        for column in range(columns):
            left, right = width * column / columns, width * (column + 1) / columns
            across = np.arange(left, right)
            phase = (across % period) / period
            heights = generator.uniform((0.02, -0.1, -0.4, 0.05), (0.2, 1.2, 0.1, 0.35))
            places, widths = (0.2, 0.4, 0.44, 0.7), (0.03, 0.012, 0.012, 0.05)
            waves = [
                peak * np.exp(-(((phase - place) / wide) ** 2) / 2)
                for peak, place, wide in zip(heights, places, widths, strict=True)
            ]
            signal = np.sum(waves, axis=0)
            draw.line(list(zip(across.tolist(), (middle - 40 * signal).tolist(), strict=True)), fill=30, width=1)
    return page


PAINTERS: dict[str, Painter] = {
    painter.__name__: painter
    for painter in (blank, noise, photograph, text_page, bar_chart, sine_wave, twelve_lead_page)
}
