"""Charts and tables."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from training.pictures.nonbeats.sheets import Generator, Lead, axes, chart_box, colour, curve, sheet, words


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


def area_chart(generator: Generator, _lead: Lead) -> Image.Image:
    """A walk by chance, filled down to its axis."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    left, top, right, bottom = box = chart_box(page.size)
    walk = generator.normal(size=50).cumsum()
    y = bottom - (walk - walk.min()) / np.ptp(walk) * (bottom - top)
    x = np.linspace(left, right, 50)
    pen.polygon([(left, bottom), *zip(x.tolist(), y.tolist(), strict=True), (right, bottom)], fill=colour(generator))
    axes(pen, box, generator)
    return page


def box_plot(generator: Generator, _lead: Lead) -> Image.Image:
    """Boxes with whiskers."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    left, top, right, bottom = box = chart_box(page.size)
    count = int(generator.integers(2, 8))
    slot = (right - left) / count
    for place in range(count):
        levels = bottom - np.sort(generator.uniform(0.02, 0.98, 5)) * (bottom - top)
        middle, half = left + (place + 0.5) * slot, 0.3 * slot
        pen.rectangle((middle - half, levels[3], middle + half, levels[1]), outline=(0, 0, 0))
        pen.line((middle - half, levels[2], middle + half, levels[2]), fill=(220, 120, 20), width=2)
        for end, quartile in ((levels[0], levels[1]), (levels[4], levels[3])):
            pen.line((middle, end, middle, quartile), fill=(0, 0, 0))
            pen.line((middle - half / 2, end, middle + half / 2, end), fill=(0, 0, 0))
    axes(pen, box, generator)
    return page


def confusion_matrix(generator: Generator, _lead: Lead) -> Image.Image:
    """Coloured cells with numbers."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    left, top, right, bottom = chart_box(page.size)
    count = int(generator.integers(3, 9))
    across, down = (right - left) / count, (bottom - top) / count
    for row in range(count):
        for column in range(count):
            share = float(generator.uniform(0.7, 1) if row == column else generator.uniform(0, 0.2))
            fill = (int(255 - 225 * share), int(255 - 150 * share), int(255 - 60 * share))
            place = (left + column * across, top + row * down)
            pen.rectangle((*place, place[0] + across, place[1] + down), fill=fill)
            middle = (place[0] + across / 2, place[1] + down / 2)
            pen.text(middle, f"{share:.2f}", fill=(0, 0, 0), font_size=max(7, int(down / 3)), anchor="mm")
    return page


def radar_chart(generator: Generator, _lead: Lead) -> Image.Image:
    """A polygon on rings."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    x, y, radius = page.width / 2, page.height / 2, 0.42 * min(page.size)
    for ring in np.linspace(0.25, 1, 4) * radius:
        pen.ellipse((x - ring, y - ring, x + ring, y + ring), outline=(190, 190, 190))
    angles = np.linspace(0, 2 * np.pi, int(generator.integers(5, 10)), endpoint=False)
    reach = radius * generator.uniform(0.2, 1, len(angles))
    corners = [(float(x + r * np.cos(a)), float(y + r * np.sin(a))) for r, a in zip(reach, angles, strict=True)]
    pen.polygon(corners, outline=colour(generator), width=2)
    return page
