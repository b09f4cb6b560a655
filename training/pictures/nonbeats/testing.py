"""Kinds of pictures that are not one beat, for testing only: nothing is ever fitted on them."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

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


def two_lead_strip(generator: Generator, lead: Lead) -> Image.Image:
    """Two leads of some seconds, one above the other."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    if generator.random() < 0.5:
        ruled(pen, page.size, page.width / 120, (225, 225, 225))
    seconds = generator.uniform(1, 8)
    for row, sign in enumerate((1, generator.choice((-1.0, 0.5)))):
        top = page.height * (0.08 + 0.46 * row)
        box = (0.03 * page.width, top, 0.97 * page.width, top + 0.38 * page.height)
        trace(pen, sign * stretch_of(lead, generator, seconds), box, (10, 10, 10), int(generator.integers(1, 3)))
    return page


def six_by_two_page(generator: Generator, lead: Lead) -> Image.Image:
    """Six rows of two leads, with a heading."""
    page = Image.new("RGB", (int(generator.integers(700, 1400)), int(generator.integers(600, 1000))), (255, 255, 255))
    pen = ImageDraw.Draw(page)
    pen.text((10, 8), words(generator, 8), fill=(0, 0, 0), font_size=14)
    for row in range(6):
        top, bottom = page.height * (0.06 + 0.155 * row), page.height * (0.06 + 0.155 * row + 0.13)
        for column in range(2):
            left = page.width * (0.02 + 0.49 * column)
            box = (left, top, left + 0.46 * page.width, bottom)
            trace(pen, generator.choice((-1, 1)) * stretch_of(lead, generator, 5), box, (0, 0, 120))
    return page


def monitor(generator: Generator, lead: Lead) -> Image.Image:
    """A bedside monitor: three curves on black, numbers at the right."""
    page = sheet(generator, (5, 5, 8))
    pen = ImageDraw.Draw(page)
    for row, fill in enumerate(((60, 230, 90), (240, 220, 60), (80, 200, 250))):
        top = page.height * (0.05 + 0.31 * row)
        box = (0.02 * page.width, top, 0.74 * page.width, top + 0.24 * page.height)
        trace(pen, stretch_of(lead, generator, 6), box, fill, 2)
        place = (0.8 * page.width, top)
        pen.text(place, str(generator.integers(40, 130)), fill=fill, font_size=max(10, page.height // 6))
    return page


def holter_strip(generator: Generator, lead: Lead) -> Image.Image:
    """A strip on a dark screen, with its time above."""
    page = sheet(generator, (16, 20, 28))
    page = page.resize((page.width, max(60, page.height // 2)))
    pen = ImageDraw.Draw(page)
    pen.text((8, 4), "03:14:07  25 mm/s", fill=(150, 150, 150), font_size=12)
    box = (0.0, 0.25 * page.height, float(page.width), 0.9 * page.height)
    trace(pen, stretch_of(lead, generator, generator.uniform(4, 12)), box, (90, 240, 140))
    return page


def line_chart(generator: Generator, _lead: Lead) -> Image.Image:
    """Several walks by chance on axes, with a legend."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    left, top, right, bottom = box = chart_box(page.size)
    axes(pen, box, generator)
    for row in range(int(generator.integers(2, 6))):
        walk = generator.normal(size=40).cumsum()
        walk = (walk - walk.min()) / np.ptp(walk)
        fill = colour(generator)
        curve(pen, np.linspace(left, right, 40), bottom - walk * (bottom - top), fill, 2)
        pen.text((right - 60, top + 14 * row), words(generator, 1), fill=fill, font_size=11)
    return page


def pie_chart(generator: Generator, _lead: Lead) -> Image.Image:
    """Slices of a circle."""
    page = sheet(generator)
    side = min(page.size)
    box = (0.1 * side, 0.1 * side, 0.9 * side, 0.9 * side)
    ends = np.r_[0, np.sort(generator.uniform(0, 360, int(generator.integers(2, 6)))), 360]
    pen = ImageDraw.Draw(page)
    for first, last in pairwise(ends.tolist()):
        pen.pieslice(box, first, last, fill=colour(generator), outline=(255, 255, 255))
    return page


def slide(generator: Generator, lead: Lead) -> Image.Image:
    """A title, points below each other, and a small figure."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    size = max(10, page.width // 24)
    pen.text((size, size), words(generator, 5), fill=(20, 40, 90), font_size=int(1.5 * size))
    for row in range(4):
        pen.text((size, (4 + 1.8 * row) * size), "• " + words(generator, 4), fill=(0, 0, 0), font_size=size)
    box = (0.6 * page.width, 0.4 * page.height, 0.95 * page.width, 0.85 * page.height)
    trace(pen, stretch_of(lead, generator, 2), box, (180, 0, 0), 2)
    return page


def landscape(generator: Generator, _lead: Lead) -> Image.Image:
    """Sky over ground: a photograph with a horizon."""
    page = sheet(generator)
    ground = texture(generator, page.size, 1.1)
    sky = texture(generator, page.size, 2.2).filter(ImageFilter.GaussianBlur(3))
    horizon = page.height * (0.5 + 0.08 * np.sin(np.linspace(0, 5, page.width) + generator.uniform(0, 6)))
    mask = np.arange(page.height)[:, None] > horizon
    return Image.composite(ground, sky, Image.fromarray(np.where(mask, 255, 0).astype(np.uint8)))


def mel_spectrogram(generator: Generator, lead: Lead) -> Image.Image:
    """Grey power over time and frequency with coarse cells."""
    values = spectrum_of(stretch_of(lead, generator, generator.uniform(0.8, 10)), 48, 48)
    image = in_colours(values, MAPS[3])
    return image.resize(sheet(generator).size, Image.Resampling.NEAREST)


def cat(generator: Generator, _lead: Lead) -> Image.Image:
    """A cat's face in lines: two ears, eyes, a nose, whiskers."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    unit, width = min(page.size) / 10, int(generator.integers(1, 5))
    x, y = page.width / 2, page.height / 2
    ink = (20, 20, 20)
    pen.ellipse((x - 3.5 * unit, y - 3 * unit, x + 3.5 * unit, y + 3.5 * unit), outline=ink, width=width)
    for side in (-1, 1):
        ear = [(x + side * 3 * unit, y - 1.8 * unit), (x + side * 2.8 * unit, y - 4.4 * unit)]
        pen.line([*ear, (x + side * 1.1 * unit, y - 2.9 * unit)], fill=ink, width=width)
        eye = x + side * 1.4 * unit
        pen.ellipse((eye - 0.5 * unit, y - unit, eye + 0.5 * unit, y), outline=ink, width=width)
        for hair in (-0.5, 0.1, 0.7):
            pen.line((x + side * unit, y + unit, x + side * 4.6 * unit, y + (1 + hair) * unit), fill=ink, width=width)
    pen.polygon([(x - 0.4 * unit, y + 0.5 * unit), (x + 0.4 * unit, y + 0.5 * unit), (x, y + unit)], fill=ink)
    pen.arc((x - unit, y + 0.6 * unit, x, y + 1.8 * unit), 0, 180, fill=ink, width=width)
    pen.arc((x, y + 0.6 * unit, x + unit, y + 1.8 * unit), 0, 180, fill=ink, width=width)
    return page


def table(generator: Generator, _lead: Lead) -> Image.Image:
    """Numbers in ruled cells."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    rows, columns = generator.integers(4, 14), generator.integers(3, 8)
    down, across = page.height / rows, page.width / columns
    for row in range(int(rows)):
        pen.line((0, row * down, page.width, row * down), fill=(120, 120, 120))
        for column in range(int(columns)):
            pen.line((column * across, 0, column * across, page.height), fill=(120, 120, 120))
            place = ((column + 0.5) * across, (row + 0.5) * down)
            number = f"{generator.uniform(0, 100):.1f}"
            pen.text(place, number, fill=(0, 0, 0), font_size=max(8, int(down / 2.5)), anchor="mm")
    return page


def handwriting(generator: Generator, _lead: Lead) -> Image.Image:
    """Rows of loops."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    size = page.height / generator.uniform(4, 9)
    for top in np.arange(size, page.height - size / 2, 1.6 * size):
        along = np.linspace(0, page.width * 0.9, 1500)
        phase = along / size * 2 * np.pi * 1.3
        x = page.width * 0.05 + along + 0.35 * size * np.cos(phase)
        swing = np.interp(along, np.linspace(0, along[-1], 30), generator.uniform(0.2, 1, 30))
        curve(pen, x, top + 0.5 * size * swing * np.sin(phase), (20, 20, 90), 2)
    return page


def barcode(generator: Generator, _lead: Lead) -> Image.Image:
    """Upright bars with digits below."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    unit = max(1.0, page.width / 120)
    x = 0.08 * page.width
    while x < 0.92 * page.width:
        wide = unit * int(generator.integers(1, 5))
        pen.rectangle((x, 0.1 * page.height, x + wide, 0.8 * page.height), fill=(0, 0, 0))
        x += wide + unit * int(generator.integers(1, 4))
    pen.text((page.width / 2, 0.9 * page.height), "4 006381 333931", fill=(0, 0, 0), font_size=14, anchor="mm")
    return page


def heart(generator: Generator, _lead: Lead) -> Image.Image:
    """A heart, filled or as a line, with a little trace across or none."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    angle = np.linspace(0, 2 * np.pi, 200)
    unit = min(page.size) / 40
    x = page.width / 2 + unit * 16 * np.sin(angle) ** 3
    y = page.height / 2 - unit * (
        13 * np.cos(angle) - 5 * np.cos(2 * angle) - 2 * np.cos(3 * angle) - np.cos(4 * angle)
    )
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    red = (200, 30, 50)
    if generator.random() < 0.5:
        pen.polygon(points, fill=red)
    else:
        pen.line(points, fill=red, width=int(generator.integers(2, 7)))
    return page


def histogram(generator: Generator, _lead: Lead) -> Image.Image:
    """Touching bars with outlines."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    left, top, right, bottom = box = chart_box(page.size)
    counts, _ = np.histogram(generator.normal(size=500), bins=int(generator.integers(10, 40)))
    slot = (right - left) / len(counts)
    for bar, count in enumerate(counts):
        high = bottom - count / counts.max() * (bottom - top)
        pen.rectangle(
            (left + bar * slot, high, left + (bar + 1) * slot, bottom), fill=(120, 160, 210), outline=(0, 0, 0)
        )
    axes(pen, box, generator)
    return page


PAINTERS: Final[dict[str, Painter]] = {
    painter.__name__: painter
    for painter in (
        two_lead_strip, six_by_two_page, monitor, holter_strip, line_chart, pie_chart, slide, landscape,
        mel_spectrogram, cat, table, handwriting, barcode, heart, histogram,
    )
}  # fmt: skip
