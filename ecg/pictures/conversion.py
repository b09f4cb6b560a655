"""Pictures as people have them, made into the PNG or JPEG that everything else works with.

Decoders of many formats are at work here, on a stranger's bytes: call :func:`to_native` and :func:`for_keeping` through
:mod:`ecg.confinement`, as :mod:`ecg.pictures.confined` does.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Final

from PIL import Image

from ecg.pictures import decoding, metadata
from ecg.pictures.decoding import ImageError, ImageLimits, ImageReason, flattened, orientation_of, turned
from ecg.pictures.documents.opening import only_page, rendering_scale
from ecg.pictures.kinds import BEGINNING_BYTES, CONVERTIBLE, DESCRIPTIONS, NATIVE, Kind, kind_of

#: Pillow's names of the formats that it reads itself.
_PILLOW_FORMATS: Final = {
    Kind.WEBP: "WEBP",
    Kind.AVIF: "AVIF",
    Kind.GIF: "GIF",
    Kind.BMP: "BMP",
    Kind.TIFF: "TIFF",
}
#: Their pixels are not exact anyway, and as PNG they would be many times as large.
_LOSSY: Final = frozenset({Kind.HEIF, Kind.AVIF, Kind.WEBP})
_JPEG_QUALITY: Final = 92


@dataclass(frozen=True, slots=True)
class Native:
    """A picture as PNG or JPEG, upright where it was converted."""

    data: bytes
    kind: Kind


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture made fit to keep: upright, without metadata, with a small rendition."""

    data: bytes
    kind: Kind
    width: int
    height: int
    thumbnail: bytes
    """PNG."""


def to_native(data: bytes, limits: ImageLimits) -> Native:
    """A PNG or JPEG as it is, any other picture converted.

    Raises:
        ImageError: it can't be read within ``limits``, or is no picture.
    """
    kind = kind_of(data[:BEGINNING_BYTES])
    if kind in NATIVE or kind not in CONVERTIBLE:
        decoding.check(data, limits)
        return Native(data, kind)
    return _encoded(_converted(data, kind, limits), kind, limits)


def for_keeping(data: bytes, limits: ImageLimits, thumbnail_size: tuple[int, int]) -> Kept:
    """``data`` as PNG or JPEG without anything but its pixels, and its thumbnail of at most ``thumbnail_size`` pixels.

    The pixels of an upright PNG or JPEG stay what they are.

    Raises:
        ImageError: it can't be read within ``limits``, or is no picture.
    """
    native = to_native(data, limits)
    try:
        image = decoding.open_native(native.data)
        orientation = orientation_of(image)
        if orientation == 1:
            width, height = image.size
            clean = metadata.removed(native.data, native.kind)
            decoding.shrink_while_decoding(image)
            pixels = image
        else:
            pixels = turned(_decoded(image), orientation)
            width, height = pixels.size
            clean = _file_of(pixels, native.kind)
        thumbnail = _thumbnail(pixels, thumbnail_size)
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # Pillow's decoders raise many kinds for damaged bytes
        raise decoding.damage_of(native.data) from error
    if len(clean) > limits.max_bytes:
        raise ImageError(ImageReason.TOO_LARGE, f"The picture has {len(clean):,} bytes once it is upright.")
    return Kept(clean, native.kind, width, height, thumbnail)


def _decoded(image: Image.Image) -> Image.Image:
    image.load()
    if image.format != "PNG" and image.mode not in ("L", "RGB"):
        return image.convert("RGB")
    return image


def _converted(data: bytes, kind: Kind, limits: ImageLimits) -> Image.Image:
    """The pixels, upright, ``L`` or ``RGB``, at most as many as ``limits`` allow."""
    if not data or len(data) > limits.max_bytes:
        decoding.check(data, limits)
    try:
        image = _pdf_page(data) if kind is Kind.PDF else _opened(data, kind)
        _check(image.size, limits)
        image.load()
        orientation = orientation_of(image)  # not before: a TIFF is turned as it is loaded
        grey = image.mode in ("1", "L", "I;16", "I;16B", "I")
        pixels = turned(flattened(image, "L" if grey else "RGB"), orientation)
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # decoders raise many kinds for damaged bytes; all mean the same here
        message = f"The file is {DESCRIPTIONS[kind]}, but it is damaged or of a kind that can't be decoded."
        raise ImageError(ImageReason.CORRUPT, message) from error
    excess = math.sqrt(pixels.width * pixels.height / limits.max_pixels)
    if excess > 1:
        pixels = pixels.resize((int(pixels.width / excess), int(pixels.height / excess)), Image.Resampling.BOX)
    return pixels


def _opened(data: bytes, kind: Kind) -> Image.Image:
    if kind is Kind.HEIF:
        import pi_heif

        return pi_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True).to_pillow()
    return Image.open(io.BytesIO(data), formats=[_PILLOW_FORMATS[kind]])


def _pdf_page(data: bytes) -> Image.Image:
    """The only page of a PDF, drawn."""
    page = only_page(data)
    drawn: Image.Image = page.render(scale=rendering_scale(page)).to_pil()
    return drawn


def _check(size: tuple[int, int], limits: ImageLimits) -> None:
    width, height = size
    if 4 * width * height > limits.max_memory_bytes:
        raise ImageError(ImageReason.TOO_MANY_PIXELS, f"The picture is {width} × {height} pixels, which is too many.")
    if min(width, height) < limits.min_side:
        message = f"The picture is {width} × {height} pixels; each side needs at least {limits.min_side}."
        raise ImageError(ImageReason.TOO_SMALL, message)


def _encoded(pixels: Image.Image, source: Kind, limits: ImageLimits) -> Native:
    """As PNG where the pixels were exact and fit, else as JPEG."""
    for kind in (Kind.JPEG,) if source in _LOSSY else (Kind.PNG, Kind.JPEG):
        native = Native(_file_of(pixels, kind), kind)
        if len(native.data) <= limits.max_bytes:
            return native
    raise ImageError(
        ImageReason.TOO_LARGE, f"The picture has {len(native.data):,} bytes as JPEG; the limit is {limits.max_bytes:,}."
    )


def _file_of(pixels: Image.Image, kind: Kind) -> bytes:
    """The pixels alone as a file."""
    transparency = pixels.info.get("transparency")
    pixels.info = {} if transparency is None else {"transparency": transparency}
    out = io.BytesIO()
    if kind is Kind.JPEG:
        pixels.save(out, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    else:
        pixels.save(out, "PNG", exif=b"")
    return out.getvalue()


def _thumbnail(pixels: Image.Image, size: tuple[int, int]) -> bytes:
    """A small PNG, on white paper as for the model; grey where the picture is."""
    grey = pixels.mode in ("L", "1") or pixels.mode.startswith("I")
    shrink = max(1, min(pixels.width // (2 * size[0]), pixels.height // (2 * size[1])))
    pixels.load()
    mode = "L" if grey and not pixels.has_transparency_data else "RGB"
    small = flattened(pixels, mode, shrink=shrink)
    if small is pixels:
        small = small.copy()
    small.thumbnail(size)
    small.info = {}
    out = io.BytesIO()
    small.save(out, "PNG", exif=b"")
    return out.getvalue()
