"""A part of a picture as a picture of its own."""

from __future__ import annotations

import io
import math

from PIL import Image

from ecg.pictures import decoding
from ecg.pictures.decoding import ImageLimits, flattened, orientation_of, turned

Region = tuple[float, float, float, float]
"""Left, top, right and lower edge, pixels of the upright picture."""

_PAPER = "white"


def cut_out(data: bytes, limits: ImageLimits, region: Region, degrees: float) -> bytes:
    """What stands in ``region`` of a PNG or JPEG, as PNG; beyond the picture's edges it is paper.

    Call it through :func:`ecg.pictures.confined.cut_out`.

    Args:
        data: The encoded picture.
        limits: What it may cost.
        region: What is cut out.
        degrees: By how much what stands there is turned counter-clockwise; it is made upright about its middle.

    Raises:
        ImageError: the bytes are not one usable PNG or JPEG within ``limits``.
    """

    def finish(image: Image.Image) -> Image.Image:
        image.load()
        return _part(turned(flattened(image, "RGB"), orientation_of(image)), region, degrees)

    out = io.BytesIO()
    decoding.decode_as(data, limits, finish).save(out, "PNG")
    return out.getvalue()


def _part(pixels: Image.Image, region: Region, degrees: float) -> Image.Image:
    left, top = round(region[0]), round(region[1])
    width, height = round(region[2]) - left, round(region[3]) - top
    side = math.ceil(math.hypot(width, height))
    x, y = left - (side - width) // 2, top - (side - height) // 2
    around = Image.new("RGB", (side, side), _PAPER)
    inside = max(0, x), max(0, y), min(pixels.width, x + side), min(pixels.height, y + side)
    around.paste(pixels.crop(inside), (inside[0] - x, inside[1] - y))
    upright = around.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=_PAPER) if degrees else around
    if round(degrees / 90) % 2:
        width, height = height, width
    x, y = (side - width) // 2, (side - height) // 2
    return upright.crop((x, y, x + width, y + height))
