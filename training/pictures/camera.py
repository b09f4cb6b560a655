"""What a camera or a scanner does to a picture: rotation, perspective, shade, noise, blur, compression."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Camera:
    """How a picture is taken of a picture."""

    rotation: float = 0.0
    """Degrees, counter-clockwise."""
    shade: float = 0.0
    """How much darker the darkest corner is, 0 to 1."""
    direction: float = 0.0
    """Where the shade falls, radians."""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Red, green and blue of the light."""
    noise: float = 0.0
    """Standard deviation of sensor noise, grey levels."""
    blur: float = 0.0
    """Radius, pixels."""
    jpeg: int | None = None
    """Quality of the compression."""


def photographed(
    image: Image.Image, points: Points, camera: Camera, paper: tuple[int, ...], generator: np.random.Generator
) -> tuple[Image.Image, Points]:
    """The picture that ``camera`` takes of ``image``, and where ``points`` ``[N, 2]`` (x, y) lie in it.

    Args:
        paper: colour of what a rotation brings into view.
        generator: of the noise.
    """
    if camera.rotation:
        fill = paper[0] if image.mode == "L" else paper[: len(image.getbands())]
        points = _rotated(points, image.size, camera.rotation)
        image = image.rotate(camera.rotation, Image.Resampling.BICUBIC, fillcolor=fill)
    if camera.shade or camera.noise or camera.tint != (1.0, 1.0, 1.0):
        image = _lit(image, camera, generator)
    if camera.blur:
        image = image.filter(ImageFilter.GaussianBlur(camera.blur))
    if camera.jpeg is not None:
        file = io.BytesIO()
        image = image.convert("RGB") if image.mode == "RGBA" else image
        image.save(file, "JPEG", quality=camera.jpeg)
        image = Image.open(file)
        image.load()
    return image, points


def _rotated(points: Points, size: tuple[int, int], degrees: float) -> Points:
    """Places after a rotation about the middle of the picture, counter-clockwise as it is seen (y goes down)."""
    middle = np.array(size) / 2
    angle = np.radians(degrees)
    x, y = (points - middle).T
    turned = np.stack([x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)], axis=1)
    return turned + middle


def _lit(image: Image.Image, camera: Camera, generator: np.random.Generator) -> Image.Image:
    pixels = np.asarray(image.convert("RGB") if camera.tint != (1.0, 1.0, 1.0) else image, dtype=np.float32)
    height, width = pixels.shape[:2]
    across = np.cos(camera.direction) * np.linspace(-1, 1, width, dtype=np.float32)
    down = np.sin(camera.direction) * np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    far = abs(np.cos(camera.direction)) + abs(np.sin(camera.direction))
    light = 1 - camera.shade * ((across + down) / far + 1) / 2
    colours = light if pixels.ndim == 2 else light[..., None] * np.array(camera.tint, dtype=np.float32)
    pixels = pixels * colours + camera.noise * generator.standard_normal(pixels.shape, dtype=np.float32)
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
