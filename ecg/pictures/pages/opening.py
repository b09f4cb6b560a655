"""Encoded picture bytes to what is read of them, within the same limits as every other picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image

from ecg.pictures.decoding import ImageLimits, decode_as, flattened, orientation_of, turned
from ecg.pictures.pages.corrections import NOTHING, Corrections
from ecg.pictures.pages.probabilities import Probabilities
from ecg.pictures.pages.reading import WORK_SIDE, go_on_always, read
from ecg.pictures.pages.result import PageReading, enlarged

#: A JPEG is made smaller while it is decoded, as long as it keeps more pixels than are read; a PNG afterwards, to save
#: memory.
_FACTORS: Final = (1, 2, 4, 8)


def read_picture(
    data: bytes,
    limits: ImageLimits | None = None,
    probabilities: Probabilities | None = None,
    *,
    corrections: Corrections = NOTHING,
    go_on: Callable[[], None] = go_on_always,
) -> PageReading:
    """What one encoded PNG or JPEG shows; places are pixels of the upright picture.

    Args:
        data: The file.
        limits: What it may cost.
        probabilities: A network's word on each pixel, for pages of which words are missing.
        corrections: What a person states of it.
        go_on: Called between the steps; may end the work by raising.

    Raises:
        ImageError: the picture can't be used.
    """
    sizes: list[tuple[int, int]] = []

    def upright(image: Image.Image) -> Image.Image:
        size, orientation = image.size, orientation_of(image)
        factor = max(step for step in _FACTORS if max(size) >= step * WORK_SIDE or step == 1)
        if factor > 1:
            image.draft("RGB", (size[0] // factor, size[1] // factor))
        left = max(1, round(size[0] / image.width))
        flat = turned(flattened(image, "RGB", shrink=max(1, factor // left)), orientation)
        sizes.append(size if orientation < 5 else (size[1], size[0]))
        return flat

    picture = decode_as(data, limits, upright)
    (width, height) = size = sizes[0]
    stated = corrections.scaled(picture.width / width, picture.height / height)
    return enlarged(read(np.asarray(picture), probabilities, corrections=stated, go_on=go_on), size)


def upright_picture(data: bytes, limits: ImageLimits | None = None) -> Image.Image:
    """The upright picture itself, RGB, to lay an overlay on.

    Raises:
        ImageError: the picture can't be used.
    """
    return decode_as(data, limits, lambda image: turned(flattened(image, "RGB"), orientation_of(image)))
