"""Fonts like those of machines: what Matplotlib brings along, so that a page is the same on every computer."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import matplotlib
from PIL import ImageFont

FONTS: Final = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSansMono-Bold.ttf",
    "DejaVuSerif.ttf",
    "STIXGeneral.ttf",
    "STIXGeneralBol.ttf",
    "cmss10.ttf",
    "cmtt10.ttf",
)
#: What looks most like a pen.
HANDWRITING: Final = ("STIXGeneralItalic.ttf", "cmti10.ttf", "DejaVuSans-Oblique.ttf")


@cache
def font(name: str, pixels: int) -> ImageFont.FreeTypeFont:
    """A font whose letters are ``pixels`` high, from the top of the highest to the foot of the lowest."""
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, pixels)
