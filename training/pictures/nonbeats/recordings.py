"""Recordings that are no single beat: strips, pages, screens."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from training.pictures.nonbeats.sheets import Generator, Lead, colour, curve, ruled, sheet, stretch_of, trace, words


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


def tablet(generator: Generator, lead: Lead) -> Image.Image:
    """Three leads below each other as an app shows them, with a coloured bar above."""
    page = sheet(generator, tall=bool(generator.random() < 0.5))
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 0, page.width, page.height / 12), fill=colour(generator))
    pen.text((8, 4), words(generator, 3), fill=(255, 255, 255), font_size=max(9, page.height // 24))
    for row in range(3):
        top = page.height * (0.13 + 0.29 * row)
        box = (0.02 * page.width, top, 0.98 * page.width, top + 0.22 * page.height)
        trace(pen, stretch_of(lead, generator, generator.uniform(2, 5)), box, (200, 30, 60), 2)
    return page


def calibrated_strip(generator: Generator, lead: Lead) -> Image.Image:
    """Six seconds behind a calibration pulse, with words below."""
    page = Image.new("RGB", (int(generator.integers(500, 1400)), int(generator.integers(140, 320))), (255, 252, 250))
    pen = ImageDraw.Draw(page)
    ruled(pen, page.size, page.width / 170, (250, 214, 214))
    low, high, left = 0.7 * page.height, 0.3 * page.height, 0.01 * page.width
    steps = np.array((0, 1, 1, 3, 3, 4)) * page.width / 170
    pulse = np.array((low, low, high, high, low, low))
    curve(pen, left + steps, pulse, (20, 20, 20), 2)
    box = (left + steps[-1], 0.12 * page.height, 0.99 * page.width, 0.85 * page.height)
    trace(pen, stretch_of(lead, generator, 6), box, (20, 20, 20), 2)
    pen.text((left, 0.9 * page.height), "II  25 mm/s  10 mm/mV  0.05-150 Hz", fill=(0, 0, 0), font_size=11)
    return page
