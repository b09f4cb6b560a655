"""A picture as another program gave it to its network: its colours and grey levels as they are, stretched to a size.

A model that was trained elsewhere has learned that program's pixels, not the canonical ones. Its file states the
program's steps (``input.resample`` and ``input.colour`` of its metadata), and they are done here again: decode, convert
the colours, resize the whole picture without keeping its proportions. Nothing is inverted, cleared or stretched in its
grey levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.canonical import Pixels
from ecg.pictures.decoding import orientation_of, turned


class Resample(StrEnum):
    """How pixels of the one size become those of the other."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    LANCZOS = "lanczos"
    BOX = "box"
    HAMMING = "hamming"
    LINEAR = "linear"
    """Bilinear without averaging when shrinking, as ``tf.image.resize`` and ``cv2.resize`` do by default; the others
    are Pillow's, and so those of ``keras.utils.load_img``."""


class Colour(StrEnum):
    """What a pixel's numbers are."""

    RGB = "rgb"
    BGR = "bgr"
    """As OpenCV reads them."""
    GREY = "grey"

    @property
    def channels(self) -> int:
        """How many numbers a pixel has."""
        return 1 if self is Colour.GREY else 3


@dataclass(frozen=True, slots=True)
class Steps:
    """From a decoded picture to a network's pixels."""

    resample: Resample
    colour: Colour


_PILLOW: Final = {
    Resample.NEAREST: Image.Resampling.NEAREST,
    Resample.BILINEAR: Image.Resampling.BILINEAR,
    Resample.BICUBIC: Image.Resampling.BICUBIC,
    Resample.LANCZOS: Image.Resampling.LANCZOS,
    Resample.BOX: Image.Resampling.BOX,
    Resample.HAMMING: Image.Resampling.HAMMING,
}


def upright_rgb(image: Image.Image) -> Image.Image:
    """A picture upright and in RGB as ``Image.convert`` makes it, transparency dropped.

    For :func:`ecg.pictures.decoding.decode_as`. 16-bit grey keeps its high byte, where Pillow would make it white.
    Large pictures are not made smaller while they are decoded: the old program took single pixels out of the whole.
    """
    upright = turned(image, orientation_of(image))
    if upright.mode.startswith("I"):
        wide = np.asarray(upright, dtype=np.int64)
        upright = Image.fromarray(np.clip(wide >> 8, 0, 255).astype(np.uint8))
    if upright.mode == "P" and upright.has_transparency_data:
        upright = upright.convert("RGBA")  # Pillow warns of the direct way; the colours are the same
    return upright if upright.mode == "RGB" else upright.convert("RGB")


def upright_grey(image: Image.Image) -> Image.Image:
    """The same in grey."""
    upright = turned(image, orientation_of(image))
    if upright.mode in ("L", "LA", "1", "RGB", "RGBA", "CMYK"):
        return upright.convert("L")
    return upright_rgb(image).convert("L")


def as_sent(image: Image.Image, steps: Steps, *, height: int, width: int) -> Pixels:
    """A network's pixels of an upright picture in RGB or grey.

    Returns:
        ``uint8`` array of shape ``[height, width, channels]``.
    """
    if steps.resample is Resample.LINEAR:
        pixels = _linear(np.asarray(image), height, width)
    else:
        pixels = np.asarray(image.resize((width, height), _PILLOW[steps.resample]))
    if pixels.ndim == 2:
        return pixels[..., None]
    return np.ascontiguousarray(pixels[..., ::-1]) if steps.colour is Colour.BGR else pixels


def _linear(pixels: Pixels, height: int, width: int) -> Pixels:
    """Each new pixel from the four around its centre, rounded: ``tf.image.resize(method="bilinear")``."""
    above, below, down = _neighbours(pixels.shape[0], height)
    left, right, across = _neighbours(pixels.shape[1], width)
    channels = (1,) * (pixels.ndim - 2)
    down, across = down.reshape(-1, 1, *channels), across.reshape(1, -1, *channels)
    upper, lower = (
        # Only the pixels that are needed are taken out: whole rows of a picture that is very wide would be gigabytes.
        pixels[np.ix_(rows, left)].astype(np.float32) * (1 - across)
        + pixels[np.ix_(rows, right)].astype(np.float32) * across
        for rows in (above, below)
    )
    return np.rint(upper * (1 - down) + lower * down).astype(np.uint8)


def _neighbours(size: int, wanted: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """For each of ``wanted`` places among ``size``: the pixel before it, the one after it, and the latter's weight."""
    places = np.clip((np.arange(wanted) + 0.5) * size / wanted - 0.5, 0, size - 1)
    before = np.floor(places).astype(np.int64)
    return before, np.minimum(before + 1, size - 1), (places - before).astype(np.float32)
