"""What was read of a page, drawn so that it can be laid over the picture: the paper's outline, traces and names."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ecg.pictures.pages.result import PageReading

#: The longer side of an overlay, pixels: larger pictures get a smaller one.
SIDE: Final = 1600
#: Transparent, the outline, and the colours of traces in turn: dark and full ones, to be seen on paper and screens.
_COLOURS: Final = (
    (255, 255, 255),
    (0, 120, 60),
    (200, 0, 120),
    (0, 90, 200),
    (190, 90, 0),
    (110, 0, 190),
)
_OUTLINE: Final = 1
_FIRST: Final = 2


def drawn(reading: PageReading) -> Image.Image:
    """A palette picture, transparent but for lines and names; its longer side has at most :data:`SIDE` pixels."""
    width, height = reading.size
    factor = min(1.0, SIDE / max(width, height))
    image = Image.new("P", (max(1, round(width * factor)), max(1, round(height * factor))), 0)
    image.putpalette([part for colour in _COLOURS for part in colour])
    image.info["transparency"] = 0
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"  # a palette has no shades between
    if reading.corners is not None:
        outline = [(float(x * factor), float(y * factor)) for x, y in reading.corners]
        draw.line([*outline, outline[0]], fill=_OUTLINE, width=2)
    font = ImageFont.load_default(max(11.0, image.width / 75))
    for number, lead in enumerate(reading.leads):
        colour = _FIRST + number % (len(_COLOURS) - _FIRST)
        for points in _pieces(lead.trace * factor):
            draw.line(points, fill=colour, width=2)
        left, top, _, _ = (edge * factor for edge in lead.box)
        draw.text((left, top), lead.name or "?", fill=colour, font=font, anchor="ls")
    return image


def png(reading: PageReading) -> bytes:
    """The overlay as a PNG file."""
    buffer = io.BytesIO()
    drawn(reading).save(buffer, "PNG", transparency=0)
    return buffer.getvalue()


def laid_over(picture: Image.Image, overlay: bytes) -> bytes:
    """A PNG file of a picture with an overlay upon it, for people to look at."""
    with Image.open(io.BytesIO(overlay), formats=("PNG",)) as image:
        upon = image.convert("RGBA")
    below = picture.convert("RGB").resize(upon.size, Image.Resampling.LANCZOS)
    pale = Image.blend(below, Image.new("RGB", below.size, (255, 255, 255)), 0.35)
    pale.paste(upon, (0, 0), upon)
    buffer = io.BytesIO()
    pale.save(buffer, "PNG")
    return buffer.getvalue()


def _pieces(trace: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[list[tuple[float, float]]]:
    """The stretches of a trace between its interruptions."""
    known = np.isfinite(trace).all(axis=1)
    ends = np.flatnonzero(np.diff(np.r_[False, known, False].astype(np.int8)))
    return [
        [(float(x), float(y)) for x, y in trace[begin:end]]
        for begin, end in zip(ends[::2], ends[1::2], strict=True)
        if end - begin > 1
    ]
