"""What light, lens and sensor do to a picture: shade, shadows, tint, moiré, blur, noise, compression."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.pages.style import Generator

Pixels = NDArray[np.uint8]

#: Light changes slowly: it is computed for one pixel of so many a side, and stretched.
_COARSE = 8


@dataclass(frozen=True, slots=True)
class Light:
    """How a picture is lit and taken."""

    shade: float = 0.0
    """How much darker the darkest corner is, 0 to 1."""
    shadows: int = 0
    """Shadows with soft edges, of a hand or a telephone."""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    creases: int = 0
    """Bright and dark lines of folded paper."""
    moire: float = 0.0
    """How strong the pattern of a screen's and a sensor's pixels is, 0 to 1."""
    blur: float = 0.0
    """Radius, pixels."""
    noise: float = 0.0
    """Standard deviation, grey levels."""
    jpeg: int | None = None
    """Quality of the compression; none without."""


def lit(pixels: Pixels, light: Light, generator: Generator) -> Pixels:
    """The picture in such light, ``[height, width, 3]``, before it is compressed."""
    if light.shade or light.shadows or light.creases or light.tint != (1.0, 1.0, 1.0):
        field = _field(pixels.shape[:2], light, generator)
        pixels = _clipped(pixels * field[..., None] * np.array(light.tint, np.float32))
    if light.moire:
        pixels = _clipped(pixels * (1 + light.moire * _moire(pixels.shape[:2], generator)))
    if light.blur:
        pixels = np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(light.blur)))
    if light.noise:
        pixels = _clipped(pixels + light.noise * generator.standard_normal(pixels.shape, np.float32))
    return pixels


def compressed(pixels: Pixels, quality: int) -> tuple[Pixels, bytes]:
    """The picture as a JPEG file has it, and the file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB")), file.getvalue()


def _clipped(values: NDArray[np.floating]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _field(shape: tuple[int, ...], light: Light, generator: Generator) -> NDArray[np.float32]:
    height, width = shape
    rows, columns = -(-height // _COARSE), -(-width // _COARSE)
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    direction = generator.uniform(0, 2 * np.pi)
    along = (np.cos(direction) * x + np.sin(direction) * y) / (abs(np.cos(direction)) + abs(np.sin(direction)))
    field = 1 - light.shade * (along + 1) / 2
    for _ in range(light.shadows):
        angle, depth = generator.uniform(0, 2 * np.pi), generator.uniform(0.15, 0.5)
        edge = np.cos(angle) * x + np.sin(angle) * y + 0.25 * np.sin(3 * (x - y) + angle) - generator.uniform(-0.3, 0.8)
        field *= 1 - depth / (1 + np.exp(-edge / generator.uniform(0.01, 0.12)))
    smooth = np.asarray(Image.fromarray(field).resize((width, height), Image.Resampling.BICUBIC)).copy()
    for _ in range(light.creases):
        smooth *= _crease(shape, generator)
    return smooth


def _crease(shape: tuple[int, ...], generator: Generator) -> NDArray[np.float32]:
    """A fold: brighter on one side, darker on the other, for some pixels."""
    height, width = shape
    angle = generator.uniform(0, np.pi)
    y = np.arange(height, dtype=np.float32)[:, None] - height * generator.uniform(0.1, 0.9)
    x = np.arange(width, dtype=np.float32) - width * generator.uniform(0.1, 0.9)
    distance = (np.cos(angle) * x + np.sin(angle) * y) / (max(shape) / generator.uniform(80, 300))
    return 1 + np.float32(generator.uniform(0.04, 0.2)) * distance * np.exp(-(distance**2))


def _moire(shape: tuple[int, ...], generator: Generator) -> NDArray[np.float32]:
    """Waves in three colours, ``[height, width, 3]``, -1 to 1."""
    height, width = shape
    y = np.arange(height, dtype=np.float32)[:, None]
    x = np.arange(width, dtype=np.float32)
    angle, length = generator.uniform(0, np.pi), generator.uniform(5, 40)
    bent = 30 * np.sin(x / width * generator.uniform(2, 8)) + 30 * np.sin(y / height * generator.uniform(2, 8))
    phase = 2 * np.pi * (np.cos(angle) * x + np.sin(angle) * y + bent) / length
    return np.stack([np.sin(phase), np.sin(phase + 1.2), np.sin(phase + 2.4)], axis=-1).astype(np.float32)
