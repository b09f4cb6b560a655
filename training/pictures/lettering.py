"""Words of pages as several fonts print them: what :mod:`ecg.pictures.pages.words` compares letters with."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ecg.pictures.pages.lettering import HEIGHT, LETTERING, WORDS
from training import packed
from training.pictures.fonts import FONTS, font

#: Letters are drawn so large and then made smaller, pixels.
_DRAWN: Final = 96


def lettering() -> dict[str, NDArray[np.uint8] | NDArray[np.int64]]:
    """All words in all fonts: ``pixels`` ``[HEIGHT, columns]`` beside each other, and ``widths``, font after font."""
    words = [_word(text, letters) for letters in _fonts() for text in WORDS]
    return {"pixels": np.concatenate(words, axis=1), "widths": np.array([word.shape[1] for word in words])}


def write() -> Path:
    """Write the file that the package brings along."""
    packed.write(LETTERING, lettering())
    return LETTERING


def _fonts() -> list[ImageFont.FreeTypeFont]:
    own = ImageFont.load_default(_DRAWN)
    if not isinstance(own, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType.")
    return [*(font(name, _DRAWN) for name in FONTS), own]


def _word(text: str, letters: ImageFont.FreeTypeFont) -> NDArray[np.uint8]:
    image = Image.new("L", (_DRAWN * (len(text) + 1), 2 * _DRAWN))
    ImageDraw.Draw(image).text((_DRAWN / 2, _DRAWN / 2), text, fill=255, font=letters)
    box = image.getbbox()
    if box is None:
        raise ValueError(f"{text!r} shows nothing.")
    ink = image.crop(box)
    width = max(2, round(ink.width * HEIGHT / ink.height))
    return np.asarray(ink.resize((width, HEIGHT), Image.Resampling.BOX))
