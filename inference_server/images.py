"""Encoded picture bytes to the model's canonical pixels.

This is the only way from a file to the model's input, and training uses it too, so that training sees
exactly the pixels that serving sees. Canonical pixels are ``uint8``, grey, white paper = 255, darkest ink = 0,
whole picture letterboxed into the model's height and width.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Pixels = NDArray[np.uint8]

#: The only decoders that a caller's bytes can reach.
FORMATS = ("PNG", "JPEG")

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_JPEG_SIGNATURE = b"\xff\xd8\xff"
_PNG_END = b"IEND\xaeB`\x82"
_JPEG_END = b"\xff\xd9"

# Pillow's own bound comes as a warning or as an exception, depending on the size. Ours is ImageLimits.max_pixels,
# checked on the header of every picture, with one reason code.
Image.MAX_IMAGE_PIXELS = None

#: A picture whose darkest and lightest canonical pixels are closer than this (grey levels) shows nothing:
#: stretching it would only amplify compression noise.
MIN_CONTRAST = 8


class ImageReason(StrEnum):
    """Stable reason codes for a picture that can't be used, the same from here to the portal's page."""

    EMPTY = "IMAGE_EMPTY"
    TOO_LARGE = "IMAGE_TOO_LARGE"
    UNSUPPORTED_FORMAT = "IMAGE_UNSUPPORTED_FORMAT"
    TRUNCATED = "IMAGE_TRUNCATED"
    CORRUPT = "IMAGE_CORRUPT"
    TOO_SMALL = "IMAGE_TOO_SMALL"
    TOO_MANY_PIXELS = "IMAGE_TOO_MANY_PIXELS"


class ImageError(ValueError):
    """A picture that can't be used. ``reason`` is for programs, ``str(error)`` is a sentence for people."""

    def __init__(self, reason: ImageReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Bounds that are checked before any pixel is decoded."""

    max_bytes: int = 8 * 1024 * 1024
    """Largest encoded picture, bytes."""
    max_pixels: int = 25_000_000
    """Largest width × height, pixels; checked on the header alone."""
    min_side: int = 16
    """Smallest width and height, pixels; below it no beat can be seen."""


def decode(data: bytes, limits: ImageLimits | None = None) -> Image.Image:
    """Decode ``data`` to an upright 8-bit grey picture, transparency laid on white paper.

    Raises:
        ImageError: the bytes are not one usable PNG or JPEG within ``limits``.
    """
    limits = limits or ImageLimits()
    if not data:
        raise ImageError(ImageReason.EMPTY, "The file is empty.")
    if len(data) > limits.max_bytes:
        raise ImageError(
            ImageReason.TOO_LARGE,
            f"The file has {len(data):,} bytes; the limit is {limits.max_bytes:,}.",
        )
    if not data.startswith((_PNG_SIGNATURE, _JPEG_SIGNATURE)):
        raise ImageError(ImageReason.UNSUPPORTED_FORMAT, "The file is neither a PNG nor a JPEG picture.")
    try:
        # Reads the header only; the pixels follow in _upright_grey, after the size is known to be harmless.
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(image.size, limits)
        return _upright_grey(image)
    except ImageError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds for hostile bytes; all mean the same here.
        if _is_cut_off(data):
            raise ImageError(
                ImageReason.TRUNCATED, "The picture is cut off: its end is missing. Send the file again."
            ) from error
        raise ImageError(ImageReason.CORRUPT, "The picture is damaged and can't be decoded.") from error


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies in the model's view, pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def rows(self) -> slice:
        """The rows that it covers."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """The columns that it covers."""
        return slice(self.left, self.left + self.width)


def placement(size: tuple[int, int], *, height: int, width: int) -> Placement:
    """Where a picture of ``size`` (width, height) lies in ``height`` × ``width``: whole, in proportion, centred."""
    scale = min(width / size[0], height / size[1])
    fitted_width, fitted_height = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    return Placement((width - fitted_width) // 2, (height - fitted_height) // 2, fitted_width, fitted_height)


def canonical(image: Image.Image, *, height: int, width: int) -> Pixels:
    """The model's view of a decoded grey picture.

    The whole picture is fitted into ``height`` × ``width`` without changing its aspect ratio, the rest is paper.
    Paper (the median grey) becomes 255 and the darkest ink 0, light ink on dark paper is inverted first,
    so that line colour, line width and dark themes matter less.

    Returns:
        ``uint8`` array of shape ``[height, width, 1]``.
    """
    place = placement(image.size, height=height, width=width)
    # Box sampling averages when shrinking; when enlarging it would draw blocks.
    shrinks = min(width / image.width, height / image.height) < 1
    small = image.resize((place.width, place.height), Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR)
    ink = np.asarray(small, dtype=np.int32)  # 255 × 255 below does not fit into 16 bits
    paper = int(np.median(ink))
    if paper < 128:
        ink = 255 - ink
        paper = 255 - paper
    depth = np.clip(paper - ink, 0, None)  # 0 = paper, larger = darker
    darkest = int(depth.max())
    framed = np.full((height, width, 1), 255, dtype=np.uint8)
    if darkest < MIN_CONTRAST:
        return framed
    framed[place.rows, place.columns, 0] = 255 - (depth * 255 + darkest // 2) // darkest
    return framed


def to_pixels(data: bytes, *, height: int, width: int, limits: ImageLimits | None = None) -> Pixels:
    """Encoded picture to canonical pixels: :func:`decode`, then :func:`canonical`.

    Returns:
        ``uint8`` array of shape ``[height, width, 1]``.

    Raises:
        ImageError: see :func:`decode`.
    """
    return canonical(decode(data, limits), height=height, width=width)


def _check_size(size: tuple[int, int], limits: ImageLimits) -> None:
    width, height = size
    if width * height > limits.max_pixels:
        raise ImageError(
            ImageReason.TOO_MANY_PIXELS,
            f"The picture is {width} × {height} pixels; the limit is {limits.max_pixels:,} pixels in all.",
        )
    if min(width, height) < limits.min_side:
        raise ImageError(
            ImageReason.TOO_SMALL,
            f"The picture is {width} × {height} pixels; each side needs at least {limits.min_side}.",
        )


def _upright_grey(image: Image.Image) -> Image.Image:
    image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16-bit grey PNG: keep the high byte
        wide = np.asarray(upright, dtype=np.int64)
        return Image.fromarray(np.clip(wide >> 8, 0, 255).astype(np.uint8))
    if upright.has_transparency_data:
        rgba = upright.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        upright = Image.alpha_composite(paper, rgba)
    return upright.convert("L")


def _is_cut_off(data: bytes) -> bool:
    end = _PNG_END if data.startswith(_PNG_SIGNATURE) else _JPEG_END
    return end not in data[-64:]
