"""A person's picture made fit to store: PNG or JPEG, upright, without metadata, with a small rendition for lists.

Whether a picture can be *classified* is for the inference server alone to say. A PNG or JPEG that can't be decoded here
is stored as it came, so that the server can give its reason, and it is never shown. Any other kind of picture has to be
converted first; where that fails nothing is stored, and the reason is given at once. All decoding happens in processes
of their own, with limits (:mod:`ecg.pictures.confined`).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from ecg.confinement import NoTurn
from ecg.pictures import confined
from ecg.pictures.cost import cost_of
from ecg.pictures.decoding import ImageError, ImageLimits
from ecg.pictures.kinds import CONVERTIBLE, MEDIA_TYPES, NATIVE

from webportal.analyses.intake.sniffing import kind_of_picture, reason_against_picture
from webportal.refusal import Refused

#: Largest thumbnail, pixels: twice its size on the page, for dense screens.
THUMBNAIL_SIZE = (384, 256)


class Unusable(Exception):  # noqa: N818 - reads as what happened
    """A picture that can't be stored. ``reason`` is the code that :mod:`webportal.analyses.reasons` explains."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Busy(Refused):
    """So many pictures are being decoded that this one had no turn in time."""

    reason = "PORTAL_BUSY"
    retry_after = 10.0


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture as it is stored."""

    data: bytes
    """Encoded picture. Without metadata when ``width`` is known, otherwise the bytes as sent."""
    media_type: str
    """``image/png`` or ``image/jpeg``."""
    width: int | None
    """Pixels; ``None`` when the picture can't be decoded."""
    height: int | None
    """Pixels; ``None`` when the picture can't be decoded."""
    thumbnail: bytes | None
    """A small PNG; ``None`` when the picture can't be decoded."""


def declared_megapixels(data: bytes) -> float | None:
    """Width × height, in millions, of what :func:`prepare` will decode, as the header says, nothing being decoded.

    0 for what will not be decoded at all. ``None`` for a kind that has to be converted: its header is read by the
    decoder.
    """
    kind = kind_of_picture(data)
    if kind in CONVERTIBLE:
        return None
    cost = cost_of(data) if kind in NATIVE else None
    pixels = cost.width * cost.height if cost else 0
    return pixels / 1e6 if pixels <= settings.PICTURE_MAX_PIXELS else 0.0


def prepare(data: bytes) -> StoredPicture:
    """Make a PNG or JPEG of ``data``, drop everything but its pixels, turn them upright and draw the thumbnail.

    The pixels of an upright PNG or JPEG stay what they were.

    Raises:
        Unusable: it is no picture, or of a kind that has to be converted and can't be.
        Busy: it had no turn in time.
    """
    limits = ImageLimits(max_bytes=settings.PICTURE_MAX_BYTES, max_pixels=settings.PICTURE_MAX_PIXELS)
    kind = kind_of_picture(data)
    try:
        picture = confined.for_keeping(data, limits, THUMBNAIL_SIZE)
    except NoTurn as error:
        raise Busy from error
    except ImageError as error:
        if kind in NATIVE:
            return StoredPicture(data, MEDIA_TYPES[kind], None, None, None)
        raise Unusable(reason_against_picture(data) or error.reason.value) from error
    return StoredPicture(picture.data, MEDIA_TYPES[picture.kind], picture.width, picture.height, picture.thumbnail)
