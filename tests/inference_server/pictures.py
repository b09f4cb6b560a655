"""Pictures that the tiny models understand."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageDraw


def picture(
    band: int = 4,
    *,
    classes: int = 7,
    size: tuple[int, int] = (192, 128),
    mode: str = "L",
    form: str = "PNG",
    ink: str = "black",
    paper: str = "white",
    **options: Any,
) -> bytes:
    """An encoded picture of a vertical stroke in the middle of one of ``classes`` bands."""
    image = Image.new("RGB", size, paper)
    centre = (band + 0.5) * size[0] / classes
    stroke = max(1.0, size[0] / 60)
    ImageDraw.Draw(image).rectangle((centre - stroke, size[1] * 0.1, centre + stroke, size[1] * 0.9), fill=ink)
    file = io.BytesIO()
    image.convert(mode).save(file, form, **options)
    return file.getvalue()
