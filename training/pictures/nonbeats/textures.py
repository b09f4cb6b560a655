"""What leaves hardly any paper, or nothing else: photographs, spectrograms, blank sheets."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from training.pictures.nonbeats.sheets import (
    MAPS,
    Generator,
    Lead,
    axes,
    chart_box,
    in_colours,
    sheet,
    spectrum_of,
    stretch_of,
    texture,
)


def blank(generator: Generator, _lead: Lead) -> Image.Image:
    """Paper of one shade."""
    level = int(generator.integers(0, 256))
    return sheet(generator, (level, level, level))


def photograph(generator: Generator, _lead: Lead) -> Image.Image:
    """Light and shade at all sizes, as in nature."""
    return texture(generator, sheet(generator).size, generator.uniform(0.9, 1.8))


def landscape(generator: Generator, _lead: Lead) -> Image.Image:
    """Sky over ground: a photograph with a horizon."""
    page = sheet(generator)
    ground = texture(generator, page.size, 1.1)
    sky = texture(generator, page.size, 2.2).filter(ImageFilter.GaussianBlur(3))
    horizon = page.height * (0.5 + 0.08 * np.sin(np.linspace(0, 5, page.width) + generator.uniform(0, 6)))
    mask = np.arange(page.height)[:, None] > horizon
    return Image.composite(ground, sky, Image.fromarray(np.where(mask, 255, 0).astype(np.uint8)))


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


def mel_spectrogram(generator: Generator, lead: Lead) -> Image.Image:
    """Grey power over time and frequency with coarse cells."""
    values = spectrum_of(stretch_of(lead, generator, generator.uniform(0.8, 10)), 48, 48)
    image = in_colours(values, MAPS[3])
    return image.resize(sheet(generator).size, Image.Resampling.NEAREST)


def bricks(generator: Generator, _lead: Lead) -> Image.Image:
    """A wall of bricks."""
    page = sheet(generator, (190, 180, 170))
    pen = ImageDraw.Draw(page)
    high = page.height / generator.uniform(6, 14)
    for row in range(int(page.height / high) + 1):
        for left in np.arange(-(row % 2) * 1.2 * high, page.width, 2.4 * high):
            tone = int(generator.integers(-25, 25))
            box = (left + 2, row * high + 2, left + 2.4 * high - 2, (row + 1) * high - 2)
            pen.rectangle(box, fill=(170 + tone, 80 + tone, 60 + tone))
    return page


def clouds(generator: Generator, _lead: Lead) -> Image.Image:
    """Soft light and shade in one tint."""
    grey = texture(generator, sheet(generator).size, 2.2).convert("L")
    tint = (int(generator.integers(120, 220)), int(generator.integers(120, 220)), 255)
    return Image.merge("RGB", [grey.point([level * part // 255 for level in range(256)]) for part in tint])


def scalogram(generator: Generator, lead: Lead) -> Image.Image:
    """Power of wavelets over time and the logarithm of frequency, in a rainbow."""
    millivolts = stretch_of(lead, generator, generator.uniform(0.6, 4))
    rows = []
    for scale in np.geomspace(4, 90, 80):
        time = np.arange(-4 * scale, 4 * scale + 1) / scale
        wavelet = np.exp(-(time**2) / 2 + 6j * time) / np.sqrt(scale)
        rows.append(np.abs(np.convolve(millivolts - millivolts.mean(), wavelet, "same"))[: len(millivolts)])
    power = np.array(rows)
    return in_colours(power / power.max(), MAPS[1]).resize(sheet(generator).size, Image.Resampling.BICUBIC)


def x_ray(generator: Generator, _lead: Lead) -> Image.Image:
    """Light shapes on black, soft at their edges."""
    page = sheet(generator, (8, 8, 8))
    pen = ImageDraw.Draw(page)
    for _ in range(int(generator.integers(6, 16))):
        x, y = generator.uniform(0.1, 0.9, 2) * page.size
        wide, high = generator.uniform(0.05, 0.3, 2) * page.size
        level = int(generator.integers(60, 220))
        pen.ellipse((x - wide, y - high, x + wide, y + high), fill=(level, level, level))
    return page.filter(ImageFilter.GaussianBlur(page.width / 60))
