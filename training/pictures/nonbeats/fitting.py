"""Kinds of pictures that are not one beat, for fitting."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from training.pictures.nonbeats.sheets import (
    MAPS,
    Generator,
    Lead,
    Painter,
    axes,
    chart_box,
    colour,
    curve,
    in_colours,
    ruled,
    sheet,
    spectrum_of,
    stretch_of,
    texture,
    trace,
    words,
)


def blank(generator: Generator, _lead: Lead) -> Image.Image:
    """Paper of one shade."""
    level = int(generator.integers(0, 256))
    return sheet(generator, (level, level, level))


def strip(generator: Generator, lead: Lead) -> Image.Image:
    """One lead of three to ten seconds, on ruled paper or none."""
    seconds = generator.uniform(3, 10)
    millimetre = generator.uniform(2, 7)
    size = (int(seconds * 25 * millimetre), int(generator.uniform(25, 45) * millimetre))
    page = Image.new("RGB", size, (255, 255, 255))
    pen = ImageDraw.Draw(page)
    if generator.random() < 0.6:
        ruled(pen, size, millimetre, (255, 215, 215))
    edge = 0.12 * size[1]
    trace(pen, stretch_of(lead, generator, seconds), (0, edge, size[0], size[1] - edge), (20, 20, 30), 1)
    return page


def twelve_lead_page(generator: Generator, lead: Lead) -> Image.Image:
    """Three rows of four leads over a rhythm strip, with their names."""
    page = Image.new("RGB", (int(generator.integers(700, 1500)), int(generator.integers(420, 900))), (255, 255, 255))
    pen = ImageDraw.Draw(page)
    width, height = page.size
    if generator.random() < 0.7:
        ruled(pen, page.size, width / 270, (255, 220, 220))
    names = ("I", "aVR", "V1", "V4", "II", "aVL", "V2", "V5", "III", "aVF", "V3", "V6")
    for row in range(4):
        top, bottom = height * (0.06 + 0.235 * row), height * (0.06 + 0.235 * row + 0.19)
        columns = 4 if row < 3 else 1
        for column in range(columns):
            left, right = width * column / columns + 4, width * (column + 1) / columns - 4
            part = stretch_of(lead, generator, 2.5 if columns == 4 else 10)
            trace(pen, part * generator.choice((-1, 1)), (left, top, right, bottom), (15, 15, 25))
            pen.text((left + 2, top), names[4 * row + column] if row < 3 else "II", fill=(0, 0, 0), font_size=12)
    return page


def spectrogram(generator: Generator, lead: Lead) -> Image.Image:
    """Power over time and frequency of some beats, in colours, over the whole picture or within axes."""
    values = spectrum_of(stretch_of(lead, generator, generator.uniform(0.6, 8)), 160, 64)
    image = in_colours(values, MAPS[int(generator.integers(3))])
    page = sheet(generator)
    if generator.random() < 0.5:
        return image.resize(page.size, Image.Resampling.BICUBIC)
    box = chart_box(page.size)
    left, top, right, bottom = (round(edge) for edge in box)
    page.paste(image.resize((right - left, bottom - top), Image.Resampling.BICUBIC), (left, top))
    axes(ImageDraw.Draw(page), box, generator)
    return page


def photograph(generator: Generator, _lead: Lead) -> Image.Image:
    """Light and shade at all sizes, as in nature."""
    return texture(generator, sheet(generator).size, generator.uniform(0.9, 1.8))


def text_page(generator: Generator, _lead: Lead) -> Image.Image:
    """Lines of words."""
    page = sheet(generator, tall=bool(generator.random() < 0.5))
    pen = ImageDraw.Draw(page)
    size = int(generator.integers(9, 30))
    for top in range(size, page.height - size, int(size * 1.4)):
        pen.text((size, top), words(generator, 40), fill=(10, 10, 10), font_size=size)
    return page


def bar_chart(generator: Generator, _lead: Lead) -> Image.Image:
    """Three to ten bars on axes."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    left, top, right, bottom = box = chart_box(page.size)
    bars = int(generator.integers(3, 11))
    slot = (right - left) / bars
    fill = colour(generator)
    for bar in range(bars):
        high = bottom - generator.uniform(0.05, 1) * (bottom - top)
        pen.rectangle((left + (bar + 0.15) * slot, high, left + (bar + 0.85) * slot, bottom), fill=fill)
    axes(pen, box, generator)
    return page


def sine_wave(generator: Generator, _lead: Lead) -> Image.Image:
    """Four to fifteen periods of a sine."""
    page = sheet(generator)
    left, top, right, bottom = chart_box(page.size)
    x = np.linspace(left, right, 800)
    turns = generator.uniform(4, 15)
    y = (top + bottom) / 2 + (bottom - top) / 2 * np.sin(np.linspace(0, 2 * np.pi * turns, 800))
    curve(ImageDraw.Draw(page), x, y, colour(generator), int(generator.integers(1, 4)))
    return page


def scatter_plot(generator: Generator, _lead: Lead) -> Image.Image:
    """Points on axes."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    left, top, right, bottom = box = chart_box(page.size)
    fill, radius = colour(generator), generator.uniform(1.5, 5)
    for x, y in generator.normal(0.5, 0.2, (int(generator.integers(30, 200)), 2)):
        place = (left + x * (right - left), bottom - y * (bottom - top))
        pen.ellipse((place[0] - radius, place[1] - radius, place[0] + radius, place[1] + radius), fill=fill)
    axes(pen, box, generator)
    return page


def qr_code(generator: Generator, _lead: Lead) -> Image.Image:
    """Square modules with three finders."""
    count = int(generator.integers(21, 45))
    modules = generator.random((count, count)) < 0.5
    for row, column in ((0, 0), (0, count - 7), (count - 7, 0)):
        finder = np.zeros((7, 7), dtype=bool)
        finder[[0, 6]] = finder[:, [0, 6]] = finder[2:5, 2:5] = True
        modules[row : row + 7, column : column + 7] = finder
    page = Image.new("L", (count + 8, count + 8), 255)
    page.paste(Image.fromarray(np.where(modules, 0, 255).astype(np.uint8)), (4, 4))
    return page.resize([side * int(generator.integers(4, 12)) for side in page.size], Image.Resampling.NEAREST)


def doodle(generator: Generator, _lead: Lead) -> Image.Image:
    """A closed curve that winds about."""
    page = sheet(generator)
    angle = np.linspace(0, 2 * np.pi, 400)
    orders = np.arange(1, 6)
    across, down = (
        sum(generator.normal() / order * np.sin(order * angle + generator.uniform(0, 6.3)) for order in orders)
        for _ in range(2)
    )
    x = page.width * (0.5 + 0.4 * across / np.abs(across).max())
    y = page.height * (0.5 + 0.4 * down / np.abs(down).max())
    curve(ImageDraw.Draw(page), x, y, colour(generator), int(generator.integers(1, 6)))
    return page


def icon(generator: Generator, _lead: Lead) -> Image.Image:
    """A few filled shapes."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    for _ in range(int(generator.integers(1, 5))):
        x, y = (
            np.sort(generator.uniform(0.1, 0.9, 2)) * page.width,
            np.sort(generator.uniform(0.1, 0.9, 2)) * page.height,
        )
        shape = (pen.ellipse, pen.rectangle)[int(generator.integers(2))]
        shape((x[0], y[0], x[1], y[1]), fill=colour(generator))
    return page


PAINTERS: Final[dict[str, Painter]] = {
    painter.__name__: painter
    for painter in (
        blank, strip, twelve_lead_page, spectrogram, photograph, text_page, bar_chart, sine_wave, scatter_plot,
        qr_code, doodle, icon,
    )
}  # fmt: skip
