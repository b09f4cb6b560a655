"""What people write on pages: circles, arrows, ticks, words."""

from __future__ import annotations

from typing import Final

import numpy as np

from training.pages import strokes
from training.pages.sheet import Sheet
from training.pages.style import Generator
from training.pictures.fonts import HANDWRITING, font

_WORDS: Final = ("PVC?", "ok", "AF", "seen", "ST?", "6/2", "no change", "compare", "LBBB", "!", "Dr. L.", "repeat")


def write(page: Sheet, generator: Generator) -> None:
    """Write one to four things by hand somewhere on the page."""
    height, width = page.mark.shape
    scale = page.pixels_per_mm
    thick = float(generator.uniform(0.3, 0.6)) * scale
    for _ in range(int(generator.integers(1, 5))):
        middle = generator.uniform((0.08, 0.12), (0.92, 0.92)) * (width, height)
        kind = int(generator.integers(3))
        if kind == 0:
            angle = np.linspace(0, 2 * np.pi * generator.uniform(0.95, 1.2), 60)
            radii = generator.uniform(3, 12, 2) * scale
            wobble = 1 + 0.06 * np.sin(2 * angle + generator.uniform(0, 6))
            points = middle + np.stack([radii[0] * np.cos(angle) * wobble, radii[1] * np.sin(angle) * wobble], axis=1)
            strokes.line(page.handwriting, points, thick)
        elif kind == 1:
            end = middle + generator.uniform(-15, 15, 2) * scale
            strokes.line(page.handwriting, np.array([middle, (middle + end) / 2 + scale, end]), thick)
        else:
            letters = font(str(generator.choice(HANDWRITING)), round(generator.uniform(4, 8) * scale))
            strokes.text(page.handwriting, (middle[0], middle[1]), str(generator.choice(_WORDS)), letters)
