"""Pictures of strips and pages that need no database."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image

from benchmarks.recordings.made import made
from ecg.leads import STANDARD
from training.pages import making
from training.pages.capture import Medium
from training.pages.excerpts import Excerpt

#: Width and height of what phones take, 12 megapixels.
LARGE: Final = (4000, 3000)


def excerpt(seconds: float, seed: int) -> Excerpt:
    """Twelve leads of beats at changing intervals, early wide ones among them, with noise."""
    recording = made(seconds / 3600, seed)
    lead = recording.read()[0]
    heights = np.linspace(0.4, 1.3, len(STANDARD), dtype=np.float32)
    return Excerpt(STANDARD, recording.rate, heights[:, None] * lead, f"made/{seed}")


def picture(layout: str, medium: Medium, seed: int, *, seconds: float = 10.0) -> Image.Image:
    """A drawn page or strip as such a medium catches it."""
    return Image.fromarray(making.drawn(excerpt(seconds, seed), layout, medium, seed).pixels)


def large_photograph(seed: int) -> Image.Image:
    """A page as a phone takes it, in 12 megapixels."""
    page = picture("3x4+1", Medium.PHOTOGRAPH, seed)
    return page.resize(LARGE if page.width >= page.height else LARGE[::-1], Image.Resampling.BICUBIC)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    """A picture's file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()
