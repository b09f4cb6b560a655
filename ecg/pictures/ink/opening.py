"""Encoded picture bytes to the upright picture that is read by its ink: in colour where it has any, no larger than
needed.
"""

from __future__ import annotations

from typing import Final

from PIL import Image

from ecg.pictures.decoding import ImageLimits, decode_as, flattened, orientation_of, turned

#: Pixels that the longer side of a large picture keeps at least: a line of a strip across it stays a pixel wide.
WORK_SIDE: Final = 800

_GREY_MODES: Final = frozenset({"1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "F"})


def open_picture(data: bytes, limits: ImageLimits | None = None) -> Image.Image:
    """Decode ``data`` to an upright picture, grey (``L``) or ``RGB``, transparency laid on paper.

    A picture whose longer side has twice :data:`WORK_SIDE` or more comes at a half, a third … of its size; a JPEG is
    made smaller while it is decoded, as far as that goes.

    Raises:
        ImageError: the bytes are not one usable PNG or JPEG within ``limits``.
    """
    return decode_as(data, limits, _upright)


def shrinking(size: tuple[int, int]) -> int:
    """By how much a picture of ``size`` (width, height) is made smaller before it is read."""
    return max(1, max(size) // WORK_SIDE)


def _upright(image: Image.Image) -> Image.Image:
    mode = "L" if image.mode in _GREY_MODES else "RGB"
    if (factor := shrinking(image.size)) > 1:
        while_decoding = max(power for power in (1, 2, 4, 8) if power <= factor)
        image.draft(mode, (image.width // while_decoding, image.height // while_decoding))
        factor = shrinking(image.size)
    flat = flattened(image, mode, shrink=factor)
    return turned(flat, orientation_of(image))
