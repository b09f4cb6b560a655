"""A person's picture made fit to keep: upright, without metadata, with a small rendition for lists.

Whether a picture can be *classified* is for the inference server alone to say. Here a picture that can't be decoded
is kept as it came, so that the server can give its reason, and it is never shown.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from django.conf import settings
from PIL import Image, ImageOps

PNG = "image/png"
JPEG = "image/jpeg"

#: How a file begins, by media type. Nothing else is accepted.
SIGNATURES = {PNG: b"\x89PNG\r\n\x1a\n", JPEG: b"\xff\xd8\xff"}

#: Largest thumbnail, pixels: twice its size on the page, for dense screens.
THUMBNAIL_SIZE = (384, 256)


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture as it is kept."""

    data: bytes
    """Encoded picture. Without metadata when ``width`` is known, otherwise the bytes as sent."""
    media_type: str
    width: int | None
    """Pixels; ``None`` when the picture can't be decoded."""
    height: int | None
    """Pixels; ``None`` when the picture can't be decoded."""
    thumbnail: bytes | None
    """A small PNG; ``None`` when the picture can't be decoded."""


def media_type_of(beginning: bytes) -> str | None:
    """``image/png`` or ``image/jpeg`` by the first bytes of a file, ``None`` for anything else."""
    return next((kind for kind, signature in SIGNATURES.items() if beginning.startswith(signature)), None)


def prepare(data: bytes, media_type: str) -> StoredPicture:
    """Drop everything but the pixels of ``data``, turn them upright and draw the thumbnail.

    The pixels of a PNG stay what they were. A JPEG is written again with its own quantisation tables, which moves
    a pixel by a few grey levels at most.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=["PNG", "JPEG"])
        if image.width * image.height > settings.PICTURE_MAX_PIXELS:
            raise ValueError("too many pixels")
        image.load()
        clean = _without_metadata(image, media_type)
        # A picture whose rewritten form doesn't fit where the sent one did is as good as undecodable.
        if len(clean) > settings.PICTURE_MAX_BYTES:
            raise ValueError("too large once rewritten")
        upright = ImageOps.exif_transpose(image)
        return StoredPicture(clean, media_type, upright.width, upright.height, _thumbnail(upright))
    except MemoryError:
        raise
    except Exception:  # Pillow's decoders raise many kinds for damaged bytes; the server will name the damage.
        return StoredPicture(data, media_type, None, None, None)


def _without_metadata(image: Image.Image, media_type: str) -> bytes:
    upright = ImageOps.exif_transpose(image)
    turned = upright.size != image.size or image.getexif().get(0x0112, 1) != 1
    transparency = upright.info.get("transparency")
    out = io.BytesIO()
    if media_type == JPEG:
        if turned or image.mode not in ("L", "RGB"):
            bare = upright.convert("L" if upright.mode == "L" else "RGB")
            bare.info = {}
            bare.save(out, "JPEG", quality=95)
        else:
            image.info = {}
            image.save(out, "JPEG", quality="keep", comment=b"")
    else:
        upright.info = {} if transparency is None else {"transparency": transparency}
        upright.save(out, "PNG")
    return out.getvalue()


def _thumbnail(upright: Image.Image) -> bytes:
    if upright.mode.startswith("I"):  # 16-bit grey: keep the high byte
        upright = upright.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    if upright.mode in ("L", "RGB") and "transparency" not in upright.info:
        small = upright.copy()
    else:
        # Transparent pictures lie on white paper, as they do for the model.
        rgba = upright.convert("RGBA")
        small = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    small.thumbnail(THUMBNAIL_SIZE)
    small.info = {}
    out = io.BytesIO()
    small.save(out, "PNG")
    return out.getvalue()
