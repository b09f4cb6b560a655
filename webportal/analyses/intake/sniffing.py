"""What a sent file is, by its first bytes: the one place that says what is taken, as what, and why not."""

from __future__ import annotations

from typing import Final

from ecg.pictures.kinds import BEGINNING_BYTES, CONVERTIBLE, MEDIA_TYPES, NATIVE, Kind, kind_of

#: How a zip file begins; an empty one has nothing but its end record.
_ZIP_SIGNATURES: Final = (b"PK\x03\x04", b"PK\x05\x06")
#: What a browser's file chooser offers: some systems know newer kinds by their ending only.
_ENDINGS: Final = (".heic", ".heif", ".avif", ".webp", ".tif", ".tiff", ".zip")
ACCEPTED: Final = ",".join([*MEDIA_TYPES.values(), "application/zip", *_ENDINGS])


def kind_of_picture(beginning: bytes) -> Kind:
    """The kind of a file that begins so; it may be longer than :data:`BEGINNING_BYTES`."""
    return kind_of(beginning[:BEGINNING_BYTES])


def media_type_of(beginning: bytes) -> str:
    """The media type of a kind of picture that is read, by the first bytes of a file; else that of any bytes."""
    return MEDIA_TYPES.get(kind_of_picture(beginning), "application/octet-stream")


def is_archive(beginning: bytes) -> bool:
    """Whether it is a zip file, and not one of the kinds of documents that are zip files inside."""
    return beginning.startswith(_ZIP_SIGNATURES) and kind_of_picture(beginning) is Kind.ARCHIVE


def reason_against_picture(beginning: bytes) -> str:
    """Why a file that begins so is no picture that is read; empty when it is one."""
    kind = kind_of_picture(beginning)
    if kind in NATIVE | CONVERTIBLE:
        return ""
    if not beginning:
        return "IMAGE_EMPTY"
    return "IMAGE_UNSUPPORTED_FORMAT" if kind is Kind.UNKNOWN else f"FILE_IS_{kind}"


def reason_against(beginning: bytes) -> str:
    """Why a file that begins so is not taken, whatever its size; empty for a picture that is read or a zip file."""
    return "" if is_archive(beginning) else reason_against_picture(beginning)
