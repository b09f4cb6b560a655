"""Ink as coverage: how much of each pixel a line or a word covers, 0 to 255."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Coverage = NDArray[np.uint8]
"""``[height, width]``, 0: none, 255: all of the pixel."""

_FINER: Final = 4
"""Lines are drawn so many times as large, and averaged."""


def add(layer: Coverage, patch: Coverage, left: int, top: int) -> None:
    """Lay a patch upon a layer, in place, where it lies within it; where both have ink, the more."""
    height, width = layer.shape
    first_x, first_y = max(left, 0), max(top, 0)
    last_x, last_y = min(left + patch.shape[1], width), min(top + patch.shape[0], height)
    if first_x >= last_x or first_y >= last_y:
        return
    target = layer[first_y:last_y, first_x:last_x]
    np.maximum(target, patch[first_y - top : last_y - top, first_x - left : last_x - left], out=target)


def line(layer: Coverage, points: NDArray[np.float64], width: float) -> None:
    """A line through ``points`` ``[n, 2]``, pixels from the layer's left and top edge, upon the layer."""
    margin = width + 2
    left, top = np.floor(points.min(axis=0) - margin).astype(int)
    right, bottom = np.ceil(points.max(axis=0) + margin).astype(int)
    patch = Image.new("L", (int(right - left) * _FINER, int(bottom - top) * _FINER))
    places = (points - (left, top)) * _FINER - 0.5
    ImageDraw.Draw(patch).line(
        [(float(x), float(y)) for x, y in places], fill=255, width=max(1, round(width * _FINER)), joint="curve"
    )
    add(layer, np.asarray(patch.reduce(_FINER)), int(left), int(top))


def text(layer: Coverage, place: tuple[float, float], words: str, font: ImageFont.FreeTypeFont) -> None:
    """Words whose baseline begins at ``place``, upon the layer."""
    left, top, right, bottom = font.getbbox(words, anchor="ls")
    if right <= left or bottom <= top:
        return
    x, y = round(place[0]), round(place[1])
    patch = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(patch).text((1 - left, 1 - top), words, fill=255, font=font, anchor="ls")
    add(layer, np.asarray(patch), x + int(left) - 1, y + int(top) - 1)


def rulings(length: int, pitch: float, first: float, width: float) -> NDArray[np.float32]:
    """How much of each of ``length`` pixels in a row parallel lines cover, exactly, ``[length]``, 0 to 1.

    Args:
        pitch: From line to line, pixels.
        first: Middle of one of the lines.
        width: Of a line.
    """
    edges = np.arange(length + 1) - (first - width / 2)
    whole = np.floor(edges / pitch)
    below = whole * width + np.clip(edges - whole * pitch, 0, width)
    return np.diff(below).astype(np.float32)
