"""Encoded picture bytes to an upright grey picture, within bounds that are known before a decoder is started."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from PIL import ExifTags, Image

from ecg.pictures.cost import Cost, cost_of, shrinking
from ecg.pictures.kinds import BEGINNING_BYTES, DESCRIPTIONS, NATIVE, Kind, kind_of

#: The only decoders that a caller's bytes can reach.
FORMATS: Final = ("PNG", "JPEG")

#: What makes a picture of each orientation upright.
_TRANSPOSITIONS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_PNG_END: Final = b"IEND\xaeB`\x82"
_JPEG_END: Final = b"\xff\xd9"

# Pillow's own bound comes as a warning or as an exception, depending on the size. Ours are ImageLimits, checked on the
# structure of every picture, with one reason code each.
Image.MAX_IMAGE_PIXELS = None

#: Bytes of memory and samples of work (see :class:`ecg.pictures.cost.Cost`) that a picture may cost for each pixel that
#: the largest one may have. An ordinary photograph of that size costs 4 to 7 bytes and 3 to 17 samples a pixel.
_MEMORY_PER_PIXEL: Final = 8
_WORK_PER_PIXEL: Final = 41

#: Rows that are made grey at a time: the copies that this takes stay small however large the picture is.
_BAND_PIXELS: Final = 1_000_000


#: A transparent picture is a drawing without paper of its own where less than this share of it is opaque; its ink is
#: light from this mean grey on (255 = white).
_DRAWN_SHARE: Final = 0.5
_LIGHT_INK: Final = 192


class ImageReason(StrEnum):
    """Stable reason codes for a picture that can't be used, the same from here to the portal's page."""

    EMPTY = "IMAGE_EMPTY"
    TOO_LARGE = "IMAGE_TOO_LARGE"
    UNSUPPORTED_FORMAT = "IMAGE_UNSUPPORTED_FORMAT"
    TRUNCATED = "IMAGE_TRUNCATED"
    CORRUPT = "IMAGE_CORRUPT"
    TOO_SMALL = "IMAGE_TOO_SMALL"
    TOO_MANY_PIXELS = "IMAGE_TOO_MANY_PIXELS"
    TOO_COSTLY = "IMAGE_TOO_COSTLY"
    PDF_LOCKED = "PDF_LOCKED"
    PDF_SEVERAL_PAGES = "PDF_SEVERAL_PAGES"
    PDF_SCRIPTS = "PDF_SCRIPTS"


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
    """Largest width × height, pixels. What decoding may take in memory and time follows from it."""
    min_side: int = 16
    """Smallest width and height, pixels; below it no beat can be seen."""

    @property
    def max_memory_bytes(self) -> int:
        """Most memory that decoding may take, bytes."""
        return _MEMORY_PER_PIXEL * self.max_pixels

    @property
    def max_work(self) -> int:
        """Most work that decoding may be, samples; by default about a second."""
        return _WORK_PER_PIXEL * self.max_pixels


def decode(data: bytes, limits: ImageLimits | None = None) -> Image.Image:
    """Decode ``data`` to an upright 8-bit grey picture, transparency laid on paper (see :func:`flattened`).

    A JPEG whose longer side has more than 3,200 pixels comes at a half, a quarter or an eighth of its size.

    Raises:
        ImageError: the bytes are not one usable PNG or JPEG within ``limits``.
    """
    return decode_as(data, limits, _upright_grey)


def decode_as(data: bytes, limits: ImageLimits | None, finish: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Decode ``data`` within the same limits, and let ``finish`` make what is wanted of the opened picture.

    Raises:
        ImageError: the bytes are not one usable PNG or JPEG within ``limits``.
    """
    limits = limits or ImageLimits()
    check(data, limits)
    try:
        image = open_native(data)
        # Once more by the decoder's own words, which alone decide what it will do.
        _check_size(image.size, limits)
        return finish(image)
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # Pillow's decoders raise many kinds for hostile bytes; all mean the same here.
        raise damage_of(data) from error


def _upright_grey(image: Image.Image) -> Image.Image:
    shrink_while_decoding(image)
    return turned(flattened(image, "L"), orientation_of(image))


def check(data: bytes, limits: ImageLimits) -> None:
    """See that ``data`` looks like a PNG or JPEG and would cost no more than ``limits`` allow; nothing is decoded.

    Raises:
        ImageError: it is not, or would cost more.
    """
    if not data:
        raise ImageError(ImageReason.EMPTY, "The file is empty.")
    if len(data) > limits.max_bytes:
        raise ImageError(
            ImageReason.TOO_LARGE,
            f"The file has {len(data):,} bytes; the limit is {limits.max_bytes:,}.",
        )
    kind = kind_of(data[:BEGINNING_BYTES])
    if kind not in NATIVE:
        raise ImageError(
            ImageReason.UNSUPPORTED_FORMAT,
            f"The file is neither a PNG nor a JPEG picture: it is {DESCRIPTIONS[kind]}.",
        )
    cost = cost_of(data)
    if cost is not None:
        _check_size((cost.width, cost.height), limits)
        _check_cost(cost, limits)


def open_native(data: bytes) -> Image.Image:
    """A PNG or JPEG with its header read and its pixels not yet decoded."""
    return Image.open(io.BytesIO(data), formats=FORMATS)


def shrink_while_decoding(image: Image.Image) -> None:
    """Have a large JPEG decoded at a part of its size; other pictures are left as they are."""
    factor = shrinking(*image.size)
    if factor > 1:
        image.draft(image.mode, (image.width // factor, image.height // factor))


def flattened(image: Image.Image, mode: str, *, shrink: int = 1) -> Image.Image:
    """The pixels as ``mode`` (``L`` or ``RGB``), transparency laid on paper; not turned.

    Paper is white, or black under a drawing in light ink, which white paper would swallow. Works in bands, so that
    beside the decoded pixels it takes little more than its result. With ``shrink``, each pixel is the mean of so many
    in both directions.
    """
    image.load()
    if image.mode == mode and shrink == 1 and not image.has_transparency_data:
        return image
    paper = "black" if image.has_transparency_data and _is_light(image) else "white"
    flat = Image.new(mode, (math.ceil(image.width / shrink), math.ceil(image.height / shrink)))
    rows = max(1, _BAND_PIXELS // image.width // shrink) * shrink
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        flat.paste(_flat_band(band, mode, paper).reduce(shrink), (0, top // shrink))
    return flat


def orientation_of(image: Image.Image) -> int:
    """How an opened picture has to be turned by its metadata (Exif 2.3, tag 0x0112); 1 where it is upright."""
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    return orientation if orientation in _TRANSPOSITIONS else 1


def turned(pixels: Image.Image, orientation: int) -> Image.Image:
    """``pixels`` made upright."""
    method = _TRANSPOSITIONS.get(orientation)
    return pixels if method is None else pixels.transpose(method)


def damage_of(data: bytes) -> ImageError:
    """What is wrong with a picture that the decoder could not read."""
    end = _PNG_END if kind_of(data[:16]) is Kind.PNG else _JPEG_END
    if end not in data[-64:]:
        return ImageError(ImageReason.TRUNCATED, "The picture is cut off: its end is missing. Send the file again.")
    return ImageError(ImageReason.CORRUPT, "The picture is damaged and can't be decoded.")


def _is_light(image: Image.Image) -> bool:
    """Whether a transparent picture is drawn in light ink: the mean grey of what is drawn, weighed by its opacity."""
    light = opaque = 0.0
    rows = max(1, _BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height))).convert("LA")
        grey, alpha = (np.asarray(channel, dtype=np.float32) for channel in band.split())
        light += float((grey * alpha).sum())
        opaque += float(alpha.sum())
    covered = opaque / 255 / (image.width * image.height)
    return covered < _DRAWN_SHARE and light > _LIGHT_INK * opaque


def _flat_band(band: Image.Image, mode: str, paper: str) -> Image.Image:
    if band.mode.startswith("I"):  # 16-bit grey PNG: keep the high byte
        wide = np.asarray(band, dtype=np.int64)
        band = Image.fromarray(np.clip(wide >> 8, 0, 255).astype(np.uint8))
    if band.has_transparency_data:
        rgba = band.convert("RGBA")
        band = Image.alpha_composite(Image.new("RGBA", rgba.size, paper), rgba)
    return band.convert(mode)


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


def _check_cost(cost: Cost, limits: ImageLimits) -> None:
    if cost.memory_bytes <= limits.max_memory_bytes and cost.work <= limits.max_work:
        return
    passes = f" in {cost.scans} passes" if cost.scans > 1 else ""
    raise ImageError(
        ImageReason.TOO_COSTLY,
        f"Decoding the picture, {cost.width} × {cost.height} pixels{passes}, would take too much time or memory. "
        "Save it again as an ordinary picture with 8 bits a channel.",
    )
