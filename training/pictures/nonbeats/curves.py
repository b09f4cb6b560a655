"""What goes from left to right as a trace does, and is no heart's: for readers of strips and pages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.pictures.nonbeats.sheets import (
    Colour,
    Generator,
    Lead,
    axes,
    chart_box,
    colour,
    curve,
    page,
    ruled,
    words,
)

_INK: Colour = (20, 20, 20)


def _millimetres(generator: Generator) -> tuple[Image.Image, float]:
    """Graph paper in one of its colours, and how many pixels a millimetre has."""
    sheet = page(generator, (255, 250, 245))
    step = float(generator.uniform(4, 9))
    fill = ((250, 215, 210), (205, 230, 205), (215, 215, 215), (205, 220, 245))[int(generator.integers(4))]
    ruled(ImageDraw.Draw(sheet), sheet.size, step, fill)
    return sheet, step


def _walk(generator: Generator, count: int) -> NDArray[np.float64]:
    """A walk by chance from 0 to 1."""
    values = generator.normal(size=count).cumsum()
    return np.asarray((values - values.min()) / np.ptp(values), np.float64)


def sine_on_graph_paper(generator: Generator, _lead: Lead) -> Image.Image:
    """One to three sines, or sums of two, on millimetre paper with axes, as at school."""
    sheet, step = _millimetres(generator)
    pen = ImageDraw.Draw(sheet)
    left, right, level = 0.08 * sheet.width, 0.94 * sheet.width, 0.5 * sheet.height
    x = np.linspace(left, right, 900)
    for _ in range(int(generator.integers(1, 4))):
        turns, high = generator.uniform(1, 9), generator.uniform(0.1, 0.38) * sheet.height
        angle = np.linspace(0, 2 * np.pi * turns, 900) + generator.uniform(0, 6)
        y = level - high * (np.sin(angle) + generator.choice([0.0, 0.4]) * np.sin(3 * angle))
        curve(pen, x, y, _INK if generator.random() < 0.5 else colour(generator), max(1, round(step / 4)))
    pen.line((left, level, right, level), fill=_INK)
    pen.line((left, 0.06 * sheet.height, left, 0.94 * sheet.height), fill=_INK)
    return sheet


def stock_chart(generator: Generator, _lead: Lead) -> Image.Image:
    """A price by days, as a line or as candles, with light lines across and dates below."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    left, top, right, bottom = chart_box(sheet.size)
    for level in np.linspace(top, bottom, 6):
        pen.line((left, level, right, level), fill=(225, 225, 225))
        pen.text((right + 4, level), f"{generator.uniform(10, 99):.2f}", fill=(90, 90, 90), font_size=11, anchor="lm")
    count = int(generator.integers(40, 250))
    y = bottom - _walk(generator, count) * (bottom - top)
    x = np.linspace(left, right, count)
    if generator.random() < 0.5:
        curve(pen, x, y, colour(generator), 2)
    else:
        wide = 0.35 * (right - left) / count
        for place, begin, end in zip(x[1:].tolist(), y[:-1].tolist(), y[1:].tolist(), strict=True):
            fill = (30, 140, 60) if end < begin else (200, 40, 40)
            reach = abs(float(generator.normal())) * 0.03 * (bottom - top)
            pen.line((place, min(begin, end) - reach, place, max(begin, end) + reach), fill=fill)
            pen.rectangle((place - wide, min(begin, end), place + wide, max(begin, end) + 1), fill=fill)
    for month in range(6):
        place = left + (month + 0.5) * (right - left) / 6
        pen.text((place, bottom + 8), f"{month + 1}/24", fill=(90, 90, 90), font_size=11, anchor="mt")
    return sheet


def seismogram(generator: Generator, _lead: Lead) -> Image.Image:
    """Rows of a drum: noise, and quakes that begin sharply and die away."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    rows = int(generator.integers(1, 14))
    for row in range(rows):
        level = sheet.height * (row + 0.7) / (rows + 0.6)
        count = int(1.2 * sheet.width)
        values = generator.normal(0, generator.uniform(0.01, 0.06), count)
        for _ in range(int(generator.integers(0, 3))):
            begin = int(generator.integers(0, count))
            after = np.arange(count - begin)
            decay = np.exp(-after / generator.uniform(0.03, 0.2) / count)
            values[begin:] += generator.normal(0, generator.uniform(0.2, 0.8), len(after)) * decay
        x = np.linspace(0.04 * sheet.width, 0.98 * sheet.width, count)
        curve(pen, x, level - values * sheet.height / (rows + 1), _INK, 1)
        pen.text((3, level), f"{row:02d}:00", fill=_INK, font_size=10, anchor="lm")
    return sheet


def oscilloscope(generator: Generator, _lead: Lead) -> Image.Image:
    """A dark screen of ten by eight squares with a square, triangle or sine wave."""
    sheet = page(generator, (6, 14, 10))
    pen = ImageDraw.Draw(sheet)
    for number in range(11):
        x, y = number * (sheet.width - 1) / 10, min(number, 8) * (sheet.height - 1) / 8
        pen.line((x, 0, x, sheet.height), fill=(40, 62, 50))
        pen.line((0, y, sheet.width, y), fill=(40, 62, 50))
    phase = np.linspace(0, generator.uniform(3, 14), 1200) % 1
    wave = (np.where(phase < 0.5, 1.0, -1.0), 4 * np.abs(phase - 0.5) - 1, np.sin(2 * np.pi * phase))
    values = wave[int(generator.integers(3))] + generator.normal(0, 0.01, len(phase))
    heights = sheet.height * (0.5 - generator.uniform(0.1, 0.4) * values)
    curve(pen, np.linspace(0, sheet.width, len(phase)), heights, (120, 255, 140), 2)
    pen.text((8, 6), "CH1 500mV  M 2.00ms", fill=(230, 230, 120), font_size=14)
    return sheet


def sound_wave(generator: Generator, _lead: Lead) -> Image.Image:
    """The envelope of speech, filled to both sides."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    count = sheet.width - 20
    loud = np.interp(np.arange(count), np.linspace(0, count, 40), generator.gamma(1, 0.25, 40))
    for place in range(count):
        high = min(0.48, loud[place] * generator.uniform(0.4, 1)) * sheet.height
        pen.line((10 + place, sheet.height / 2 - high, 10 + place, sheet.height / 2 + high), fill=(40, 90, 200))
    return sheet


def fever_chart(generator: Generator, _lead: Lead) -> Image.Image:
    """Temperatures by morning and evening, dots joined by straight lines, on fine and bold lines."""
    sheet, step = _millimetres(generator)
    pen = ImageDraw.Draw(sheet)
    count = int(generator.integers(8, 40))
    x = np.linspace(0.08 * sheet.width, 0.95 * sheet.width, count)
    y = sheet.height * (0.8 - 0.6 * np.clip(0.5 + 0.2 * generator.normal(size=count), 0, 1))
    curve(pen, x, y, (20, 40, 150), max(1, round(step / 4)))
    for place in zip(x.tolist(), y.tolist(), strict=True):
        pen.circle(place, 0.5 * step, fill=(20, 40, 150))
    for degree in range(36, 42):
        place = (4, sheet.height * (0.9 - 0.14 * (degree - 36)))
        pen.text(place, str(degree), fill=_INK, font_size=max(9, int(2.5 * step)), anchor="lm")
    return sheet


def breathing(generator: Generator, _lead: Lead) -> Image.Image:
    """Breath after breath on a screen or on paper: slow round waves that differ a little."""
    dark = generator.random() < 0.5
    sheet = page(generator, (5, 5, 12) if dark else None)
    time = np.linspace(0, generator.uniform(4, 12), 1000)
    depth = np.interp(time, np.arange(14), generator.uniform(0.5, 1, 14))
    wave = depth * (np.sin(2 * np.pi * time) + 0.3 * np.sin(4 * np.pi * time + 1)) + generator.normal(0, 0.01, 1000)
    x, y = np.linspace(0.03 * sheet.width, 0.97 * sheet.width, 1000), sheet.height * (0.5 - 0.28 * wave)
    pen = ImageDraw.Draw(sheet)
    curve(pen, x, y, (255, 230, 60) if dark else (30, 60, 160), 2)
    pen.text((10, 8), "RESP  14 /min", fill=(255, 230, 60) if dark else _INK, font_size=16)
    return sheet


def brain_waves(generator: Generator, _lead: Lead) -> Image.Image:
    """Eight to sixteen rows of an electroencephalogram with the names of their electrodes."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    rows = int(generator.integers(8, 17))
    names = ("Fp1-F7", "F7-T3", "T3-T5", "T5-O1", "Fp2-F8", "F8-T4", "T4-T6", "T6-O2")
    time = np.linspace(0, 10, 1500)
    for row in range(rows):
        slow = np.interp(time, np.linspace(0, 10, 40), generator.normal(0, 1, 40))
        alpha = np.sin(2 * np.pi * generator.uniform(8, 12) * time + generator.uniform(0, 6))
        swell = np.interp(time, np.linspace(0, 10, 12), generator.uniform(0, 1, 12))
        values = 0.6 * slow + 0.7 * swell * alpha + generator.normal(0, 0.15, len(time))
        level = sheet.height * (row + 0.6) / (rows + 0.2)
        curve(
            pen, np.linspace(0.1 * sheet.width, 0.98 * sheet.width, 1500), level - values * 0.3 * sheet.height / rows,
            _INK,
        )  # fmt: skip
        pen.text((4, level), names[row % len(names)], fill=_INK, font_size=11, anchor="lm")
    return sheet


def spectrum(generator: Generator, _lead: Lead) -> Image.Image:
    """Narrow peaks of many heights at places by chance on a level line: a chromatogram or a mass spectrum."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    left, top, right, bottom = box = chart_box(sheet.size)
    along = np.linspace(0, 1, 1500)
    values = 0.01 * generator.normal(size=1500)
    for _ in range(int(generator.integers(5, 25))):
        place, wide = generator.uniform(0.02, 0.98), generator.uniform(0.001, 0.008)
        values += generator.gamma(1, 0.25) * np.exp(-(((along - place) / wide) ** 2) / 2)
    curve(pen, left + along * (right - left), bottom - np.clip(values, 0, 1) * (bottom - top), _INK, 1)
    axes(pen, box, generator)
    return sheet


def timing_diagram(generator: Generator, _lead: Lead) -> Image.Image:
    """Rows of digital signals that are high or low by a clock."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    rows, steps = int(generator.integers(2, 7)), int(generator.integers(10, 30))
    for row in range(rows):
        bits = np.arange(2 * steps) % 2 if row == 0 else np.repeat(generator.integers(0, 2, steps), 2)
        base, high = sheet.height * (row + 0.85) / rows, 0.55 * sheet.height / rows
        x = np.linspace(0.1 * sheet.width, 0.97 * sheet.width, len(bits) + 1)
        curve(pen, np.repeat(x, 2)[1:-1], base - np.repeat(bits, 2) * high, _INK, 2)
        pen.text((4, base), ("CLK", "D0", "D1", "CS", "EN", "RST", "Q")[row], fill=_INK, font_size=13, anchor="lb")
    return sheet


def tide_table(generator: Generator, _lead: Lead) -> Image.Image:
    """The height of the sea over some days, filled below, with hours and lines."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    left, top, right, bottom = box = chart_box(sheet.size)
    angle = np.linspace(0, 2 * np.pi * generator.uniform(2, 12), 700)
    values = 0.5 + (0.3 + 0.12 * np.sin(angle / 14)) * np.sin(angle)
    x, y = np.linspace(left, right, 700), bottom - values * (bottom - top)
    if generator.random() < 0.6:
        pen.polygon([(left, bottom), *zip(x.tolist(), y.tolist(), strict=True), (right, bottom)], fill=(190, 220, 245))
    curve(pen, x, y, (20, 80, 160), 2)
    for place in np.linspace(left, right, 13):
        pen.line((place, top, place, bottom), fill=(210, 210, 210))
    axes(pen, box, generator)
    return sheet


def weather_chart(generator: Generator, _lead: Lead) -> Image.Image:
    """A temperature as a line over bars of rain, by hours."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    left, top, right, bottom = box = chart_box(sheet.size)
    hours = int(generator.integers(24, 73))
    x = np.linspace(left, right, hours)
    for place, rain in zip(x.tolist(), generator.gamma(0.4, 0.2, hours).tolist(), strict=True):
        pen.rectangle((place - 3, bottom - min(rain, 1) * (bottom - top), place + 3, bottom), fill=(120, 170, 230))
    day = 0.5 + 0.25 * np.sin(np.arange(hours) * 2 * np.pi / 24) + 0.04 * generator.normal(size=hours)
    curve(pen, x, bottom - day * (bottom - top), (210, 50, 40), 2)
    pen.text((left, 4), words(generator, 3), fill=_INK, font_size=14)
    axes(pen, box, generator)
    return sheet


def rate_trend(generator: Generator, _lead: Lead) -> Image.Image:
    """A heart's rate over a day: a noisy level with hills, on lines each hour."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    left, top, right, bottom = box = chart_box(sheet.size)
    hills = np.interp(np.arange(700), np.linspace(0, 700, 24), generator.uniform(0.2, 0.8, 24))
    values = np.clip(hills + 0.05 * generator.normal(size=700), 0, 1)
    for place in np.linspace(left, right, 25):
        pen.line((place, top, place, bottom), fill=(235, 215, 215))
    curve(pen, np.linspace(left, right, 700), bottom - values * (bottom - top), (200, 30, 40), 1)
    pen.text((left, 4), "HR /min", fill=_INK, font_size=14)
    axes(pen, box, generator)
    return sheet
