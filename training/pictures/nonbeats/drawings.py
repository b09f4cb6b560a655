"""Drawings, writing, codes."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from training.pictures.nonbeats.sheets import Generator, Lead, colour, curve, sheet, stretch_of, trace, words


def text_page(generator: Generator, _lead: Lead) -> Image.Image:
    """Lines of words."""
    page = sheet(generator, tall=bool(generator.random() < 0.5))
    pen = ImageDraw.Draw(page)
    size = int(generator.integers(9, 30))
    for top in range(size, page.height - size, int(size * 1.4)):
        pen.text((size, top), words(generator, 40), fill=(10, 10, 10), font_size=size)
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


def sheet_music(generator: Generator, _lead: Lead) -> Image.Image:
    """Staves of five lines with notes."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    gap = max(3.0, page.height / 40)
    for top in np.arange(2 * gap, page.height - 6 * gap, 9 * gap):
        for line in range(5):
            pen.line((gap, top + line * gap, page.width - gap, top + line * gap), fill=(0, 0, 0))
        for x in np.arange(4 * gap, page.width - 3 * gap, 3.2 * gap):
            y = top + int(generator.integers(0, 9)) * gap / 2
            pen.ellipse((x, y - 0.4 * gap, x + 1.1 * gap, y + 0.4 * gap), fill=(0, 0, 0))
            pen.line((x + 1.1 * gap, y, x + 1.1 * gap, y - 3 * gap), fill=(0, 0, 0))
    return page


def flow_chart(generator: Generator, _lead: Lead) -> Image.Image:
    """Boxes with words, joined by lines."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    count = int(generator.integers(3, 6))
    for place in range(count):
        left, top = page.width * (0.05 + 0.9 * place / count), page.height * generator.uniform(0.15, 0.65)
        right, bottom = left + 0.65 * page.width / count, top + 0.18 * page.height
        pen.rectangle((left, top, right, bottom), outline=(0, 0, 0), width=2)
        pen.text(
            ((left + right) / 2, (top + bottom) / 2), words(generator, 1), fill=(0, 0, 0), font_size=13, anchor="mm"
        )
        if place < count - 1:
            pen.line(
                (right, (top + bottom) / 2, right + 0.27 * page.width / count, page.height / 2), fill=(0, 0, 0), width=2
            )
    return page


def house(generator: Generator, _lead: Lead) -> Image.Image:
    """A house with a roof, a door and windows in lines."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    unit, width = min(page.size) / 12, int(generator.integers(1, 5))
    x, y, ink = page.width / 2, page.height / 2, (20, 20, 20)
    pen.rectangle((x - 4 * unit, y - unit, x + 4 * unit, y + 4.5 * unit), outline=ink, width=width)
    pen.line([(x - 4.6 * unit, y - unit), (x, y - 4.6 * unit), (x + 4.6 * unit, y - unit)], fill=ink, width=width)
    pen.rectangle((x - unit, y + 1.5 * unit, x + unit, y + 4.5 * unit), outline=ink, width=width)
    for side in (-1, 1):
        middle = x + side * 2.5 * unit
        pen.rectangle((middle - 0.7 * unit, y, middle + 0.7 * unit, y + 1.3 * unit), outline=ink, width=width)
    return page


def signature(generator: Generator, _lead: Lead) -> Image.Image:
    """One long stroke of a pen with loops and a flourish."""
    page = sheet(generator)
    along = np.linspace(0, 1, 600)
    orders = np.arange(4, 22)
    sway, rise = (
        np.sum(
            [generator.normal() / order * np.sin(6.28 * order * along + generator.uniform(0, 6.3)) for order in orders],
            axis=0,
        )
        for _ in range(2)
    )
    x = page.width * (0.1 + 0.8 * along + 0.25 * sway)
    y = page.height * (0.5 + 0.6 * rise)
    curve(ImageDraw.Draw(page), x, y, (20, 20, 120), int(generator.integers(2, 5)))
    return page


def smiley(generator: Generator, _lead: Lead) -> Image.Image:
    """A round yellow face."""
    page = sheet(generator)
    pen = ImageDraw.Draw(page)
    x, y, unit = page.width / 2, page.height / 2, min(page.size) / 10
    pen.ellipse(
        (x - 4 * unit, y - 4 * unit, x + 4 * unit, y + 4 * unit), fill=(255, 215, 60), outline=(60, 40, 0), width=2
    )
    for side in (-1.5, 1.5):
        pen.ellipse((x + (side - 0.4) * unit, y - 1.8 * unit, x + (side + 0.4) * unit, y - unit), fill=(60, 40, 0))
    pen.arc((x - 2 * unit, y - 1.5 * unit, x + 2 * unit, y + 2.2 * unit), 20, 160, fill=(60, 40, 0), width=3)
    return page
