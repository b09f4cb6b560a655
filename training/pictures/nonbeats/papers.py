"""What is ruled, printed or drawn on as paper is, and shows no heart: for readers of strips and pages."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from training.pictures.nonbeats.sheets import Colour, Generator, Lead, colour, curve, page, ruled, words

_INK: Colour = (20, 20, 20)
_LINES: Colour = (150, 165, 190)


def graph_paper(generator: Generator, _lead: Lead) -> Image.Image:
    """Millimetre paper in one of its colours with nothing on it."""
    sheet = page(generator, (255, 252, 248))
    fill = ((250, 205, 200), (200, 230, 200), (210, 210, 210), (200, 215, 245))[int(generator.integers(4))]
    ruled(ImageDraw.Draw(sheet), sheet.size, float(generator.uniform(4, 10)), fill)
    return sheet


def _scrawl(
    pen: ImageDraw.ImageDraw, generator: Generator, left: float, right: float, level: float, size: float
) -> None:
    """A line of writing."""
    along = np.linspace(0, right - left, int(6 * (right - left) / size) + 8)
    phase = along / size * 2 * np.pi * 1.2
    swing = np.interp(along, np.linspace(0, along[-1], 25), generator.uniform(0.1, 1, 25))
    curve(pen, left + along + 0.3 * size * np.cos(phase), level + 0.4 * size * swing * np.sin(phase), (20, 20, 100), 2)


def notes_on_squares(generator: Generator, _lead: Lead) -> Image.Image:
    """Squared paper from a pad, written upon."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    step = float(generator.uniform(14, 34))
    for place in np.arange(0, max(sheet.size), step):
        pen.line((place, 0, place, sheet.height), fill=_LINES)
        pen.line((0, place, sheet.width, place), fill=_LINES)
    for level in np.arange(2 * step, sheet.height - step, 2 * step):
        if generator.random() < 0.8:
            _scrawl(pen, generator, step, sheet.width * generator.uniform(0.4, 0.95), float(level), step)
    return sheet


def exercise_book(generator: Generator, _lead: Lead) -> Image.Image:
    """Ruled lines with a margin, written upon."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    step = float(generator.uniform(22, 60))
    for level in np.arange(step, sheet.height, step):
        pen.line((0, level, sheet.width, level), fill=_LINES)
        if generator.random() < 0.7:
            _scrawl(pen, generator, 0.12 * sheet.width, sheet.width * generator.uniform(0.4, 0.95), level - 4, step / 2)
    pen.line((0.1 * sheet.width, 0, 0.1 * sheet.width, sheet.height), fill=(220, 90, 90))
    return sheet


def form(generator: Generator, _lead: Lead) -> Image.Image:
    """Words with lines to fill in, boxes to tick."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    size = max(11, sheet.height // 30)
    pen.text((size, size), words(generator, 3).title(), fill=_INK, font_size=2 * size)
    for level in np.arange(5 * size, sheet.height - 2 * size, 2.4 * size):
        pen.text((size, level), words(generator, 2) + ":", fill=_INK, font_size=size, anchor="ls")
        pen.line((0.3 * sheet.width, level, 0.75 * sheet.width, level), fill=_INK)
        pen.rectangle((0.85 * sheet.width, level - size, 0.85 * sheet.width + size, level), outline=_INK)
        if generator.random() < 0.5:
            _scrawl(pen, generator, 0.31 * sheet.width, 0.6 * sheet.width, float(level) - size / 2, size)
    return sheet


def street_map(generator: Generator, _lead: Lead) -> Image.Image:
    """Streets that cross, a river, names."""
    sheet = page(generator, (242, 239, 233))
    pen = ImageDraw.Draw(sheet)
    for _ in range(int(generator.integers(10, 40))):
        upright = generator.random() < 0.5
        along = np.linspace(0, 1, 12)
        off = generator.uniform(0, 1) + generator.normal(0, 0.1) * along + 0.01 * generator.normal(size=12).cumsum()
        x, y = (off, along) if upright else (along, off)
        tone = ((255, 255, 255), (250, 220, 120), (200, 200, 200))[int(generator.integers(3))]
        curve(pen, x * sheet.width, y * sheet.height, tone, int(generator.integers(2, 9)))
    bend = 0.5 + 0.2 * np.sin(np.linspace(0, 5, 60) + generator.uniform(0, 6))
    curve(pen, np.linspace(0, sheet.width, 60), bend * sheet.height, (150, 195, 230), int(generator.integers(5, 25)))
    for _ in range(12):
        place = generator.uniform(0, 0.9, 2) * sheet.size
        pen.text((float(place[0]), float(place[1])), words(generator, 1).title(), fill=(80, 80, 80), font_size=12)
    return sheet


def crossword(generator: Generator, _lead: Lead) -> Image.Image:
    """Black and white squares with letters."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    count = int(generator.integers(9, 18))
    side = 0.92 * min(sheet.size) / count
    for row in range(count):
        for column in range(count):
            box = (10 + column * side, 10 + row * side, 10 + (column + 1) * side, 10 + (row + 1) * side)
            black = generator.random() < 0.2
            pen.rectangle(box, outline=_INK, fill=_INK if black else None)
            if not black and generator.random() < 0.6:
                letter = chr(65 + int(generator.integers(26)))
                pen.text(
                    ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), letter, fill=_INK, font_size=int(0.6 * side) + 1,
                    anchor="mm",
                )  # fmt: skip
    return sheet


def calendar(generator: Generator, _lead: Lead) -> Image.Image:
    """A month in weeks, days in boxes, some with a word."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    across, down = sheet.width / 7.4, sheet.height / 6.2
    for day in range(35):
        left, top = 0.2 * across + day % 7 * across, 0.9 * down + day // 7 * down
        pen.rectangle((left, top, left + across, top + down), outline=(120, 120, 120))
        pen.text((left + 5, top + 4), str(day + 1), fill=_INK, font_size=int(0.2 * down) + 6)
        if generator.random() < 0.3:
            pen.text((left + 5, top + 0.6 * down), words(generator, 1), fill=(160, 30, 30), font_size=11)
    return sheet


def spreadsheet(generator: Generator, _lead: Lead) -> Image.Image:
    """Many narrow rows of numbers below a coloured head."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    high, columns = float(generator.uniform(14, 30)), int(generator.integers(5, 14))
    across = sheet.width / columns
    pen.rectangle((0, 0, sheet.width, high), fill=colour(generator))
    for row in range(1, int(sheet.height / high) + 1):
        pen.line((0, row * high, sheet.width, row * high), fill=(205, 205, 205))
        for column in range(columns):
            pen.line((column * across, 0, column * across, sheet.height), fill=(205, 205, 205))
            number = f"{generator.uniform(0, 1000):.1f}"
            pen.text(
                ((column + 0.9) * across, (row + 0.5) * high), number, fill=_INK, font_size=int(0.6 * high), anchor="rm"
            )
    return sheet


def part_on_graph_paper(generator: Generator, _lead: Lead) -> Image.Image:
    """A part with its measures, drawn on millimetre paper."""
    sheet = graph_paper(generator, _lead)
    pen = ImageDraw.Draw(sheet)
    left, right = 0.15 * sheet.width, 0.85 * sheet.width
    top, bottom = 0.3 * sheet.height, 0.7 * sheet.height
    step = (right - left) / int(generator.integers(3, 7))
    x = np.repeat(np.arange(left, right + 1, step), 2)[1:-1]
    y = np.repeat(generator.uniform(top, bottom - 30, len(x) // 2), 2)
    pen.polygon([(left, bottom), *zip(x.tolist(), y.tolist(), strict=True), (right, bottom)], outline=_INK, width=2)
    pen.line((left, bottom + 25, right, bottom + 25), fill=_INK)
    pen.text(
        ((left + right) / 2, bottom + 30), f"{generator.uniform(20, 90):.1f}", fill=_INK, font_size=15, anchor="mt"
    )
    for place in generator.uniform(left + 20, right - 20, 3).tolist():
        pen.circle((place, bottom - 15), 8, outline=_INK, width=2)
    return sheet


def subway_map(generator: Generator, _lead: Lead) -> Image.Image:
    """Thick lines in colours with stations and their names."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    for _ in range(int(generator.integers(3, 8))):
        steps = generator.choice([-1, 0, 0, 1], 9).cumsum() * 0.08 * sheet.height
        x = np.linspace(0.05, 0.95, 9) * sheet.width
        y = np.clip(generator.uniform(0.2, 0.8) * sheet.height + steps, 10, sheet.height - 10)
        curve(pen, x, y, colour(generator), 6)
        for place in zip(x.tolist(), y.tolist(), strict=True):
            pen.circle(place, 6, fill=(255, 255, 255), outline=_INK, width=2)
            pen.text((place[0] + 6, place[1] - 16), words(generator, 1).title(), fill=_INK, font_size=11)
    return sheet


def contour_map(generator: Generator, _lead: Lead) -> Image.Image:
    """Lines of equal height around some hills, with a grid of kilometres."""
    sheet = page(generator, (250, 248, 240))
    pen = ImageDraw.Draw(sheet)
    angle = np.linspace(0, 2 * np.pi, 120)
    for _ in range(int(generator.integers(2, 6))):
        middle = generator.uniform(0.1, 0.9, 2) * sheet.size
        wobble = sum(generator.normal(0, 0.2 / order) * np.sin(order * angle) for order in range(1, 6))
        for radius in np.linspace(0.04, 0.3, int(generator.integers(5, 12))) * min(sheet.size):
            reach = radius * (1 + wobble)
            curve(pen, middle[0] + reach * np.cos(angle), middle[1] + reach * np.sin(angle), (170, 120, 70), 1)
    for place in np.arange(0, max(sheet.size), float(generator.uniform(60, 160))):
        pen.line((place, 0, place, sheet.height), fill=(130, 170, 210))
        pen.line((0, place, sheet.width, place), fill=(130, 170, 210))
    return sheet


def circuit(generator: Generator, _lead: Lead) -> Image.Image:
    """Wires with resistors as zigzags, capacitors and names."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    rows = int(generator.integers(2, 5))
    unit = sheet.width / 40
    for row in range(rows):
        level = sheet.height * (row + 0.6) / (rows + 0.2)
        x = 2 * unit
        while x < sheet.width - 8 * unit:
            pen.line((x, level, x + 2 * unit, level), fill=_INK, width=2)
            x += 2 * unit
            if generator.random() < 0.6:
                zigzag = np.array([0, 0.8, -0.8, 0.8, -0.8, 0.8, 0]) * unit
                curve(pen, x + np.arange(7) * 0.6 * unit, level - zigzag, _INK, 2)
                pen.text((x + unit, level - 2.4 * unit), f"R{row}", fill=_INK, font_size=14)
                x += 3.6 * unit
            else:
                pen.line((x, level - unit, x, level + unit), fill=_INK, width=2)
                pen.line((x + 0.6 * unit, level - unit, x + 0.6 * unit, level + unit), fill=_INK, width=2)
                x += 0.6 * unit
        pen.line((2 * unit, level, 2 * unit, sheet.height * 0.97), fill=_INK, width=2)
    return sheet


def comic(generator: Generator, _lead: Lead) -> Image.Image:
    """Panels with round heads and balloons of words."""
    sheet = page(generator)
    pen = ImageDraw.Draw(sheet)
    rows, columns = (int(number) for number in generator.integers(1, 4, 2))
    across, down = sheet.width / columns, sheet.height / rows
    for row in range(rows):
        for column in range(columns):
            left, top = column * across, row * down
            pen.rectangle((left + 6, top + 6, left + across - 6, top + down - 6), outline=_INK, width=3)
            head = (left + generator.uniform(0.3, 0.7) * across, top + 0.65 * down)
            pen.circle(head, 0.14 * min(across, down), outline=_INK, fill=(250, 220, 190), width=2)
            pen.ellipse((left + 0.1 * across, top + 0.1 * down, left + 0.9 * across, top + 0.35 * down), outline=_INK)
            middle = (left + 0.5 * across, top + 0.22 * down)
            pen.text(middle, words(generator, 3), fill=_INK, font_size=max(9, int(0.05 * across)), anchor="mm")
    return sheet


def window_front(generator: Generator, _lead: Lead) -> Image.Image:
    """A front of many equal windows, with some grain of a camera."""
    sheet = page(generator, (170, 160, 150))
    pen = ImageDraw.Draw(sheet)
    step = float(generator.uniform(20, 70))
    for top in np.arange(0.2 * step, sheet.height, step):
        for left in np.arange(0.2 * step, sheet.width, step):
            tone = int(generator.integers(40, 110))
            pen.rectangle((left, top, left + 0.6 * step, top + 0.65 * step), fill=(tone, tone, tone + 20))
    grain = generator.normal(0, 5, (sheet.height, sheet.width, 1))
    return Image.fromarray(np.clip(np.asarray(sheet) + grain, 0, 255).astype(np.uint8))


def invoice(generator: Generator, _lead: Lead) -> Image.Image:
    """A letterhead, a small table of amounts, a signature."""
    sheet = page(generator, tall=True)
    pen = ImageDraw.Draw(sheet)
    size = max(10, sheet.width // 50)
    pen.text((2 * size, 2 * size), words(generator, 2).upper(), fill=(30, 60, 120), font_size=2 * size)
    for row in range(int(generator.integers(4, 12))):
        level = (10 + 2 * row) * size
        pen.line((2 * size, level, sheet.width - 2 * size, level), fill=(180, 180, 180))
        pen.text((2 * size, level + 0.3 * size), words(generator, 4), fill=_INK, font_size=size)
        amount = f"{generator.uniform(5, 500):.2f}"
        pen.text((sheet.width - 2 * size, level + 0.3 * size), amount, fill=_INK, font_size=size, anchor="ra")
    _scrawl(pen, generator, 2 * size, 0.4 * sheet.width, sheet.height - 4.0 * size, 2 * size)
    return sheet


def staves(generator: Generator, _lead: Lead) -> Image.Image:
    """A printed page of music: five lines a stave, bars, notes with stems and beams, words below."""
    sheet = page(generator, tall=True)
    pen = ImageDraw.Draw(sheet)
    gap = float(generator.uniform(6, 12))
    for top in np.arange(3 * gap, sheet.height - 9 * gap, 13 * gap):
        for line in range(5):
            pen.line((2 * gap, top + line * gap, sheet.width - 2 * gap, top + line * gap), fill=_INK)
        for bar in np.linspace(2 * gap, sheet.width - 2 * gap, 5):
            pen.line((bar, top, bar, top + 4 * gap), fill=_INK, width=2)
        for x in np.arange(5 * gap, sheet.width - 4 * gap, float(generator.uniform(2.2, 4)) * gap):
            y = top + int(generator.integers(0, 9)) * gap / 2
            pen.ellipse((x, y - 0.45 * gap, x + 1.2 * gap, y + 0.45 * gap), fill=_INK)
            pen.line((x + 1.2 * gap, y, x + 1.2 * gap, y - 3.2 * gap), fill=_INK, width=2)
        pen.text((3 * gap, top + 6 * gap), words(generator, 8), fill=_INK, font_size=int(1.6 * gap))
    return sheet
