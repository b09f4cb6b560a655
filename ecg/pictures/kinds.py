"""What a file is, by its first bytes and never by its name."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum
from typing import Final

#: As many first bytes as :func:`kind_of` looks at.
BEGINNING_BYTES: Final = 4096


class Kind(StrEnum):
    """A kind of file; the value is a stable code."""

    PNG = "PNG"
    JPEG = "JPEG"
    # Pictures that are converted before anything else is done with them.
    WEBP = "WEBP"
    HEIF = "HEIF"
    AVIF = "AVIF"
    GIF = "GIF"
    BMP = "BMP"
    TIFF = "TIFF"
    PDF = "PDF"
    # What is no picture that can be read, named for what it is.
    DICOM = "DICOM"
    SVG = "SVG"
    RECORDING = "RECORDING"
    OTHER_PICTURE = "OTHER_PICTURE"
    DOCUMENT = "DOCUMENT"
    WEB_PAGE = "WEB_PAGE"
    VIDEO = "VIDEO"
    AUDIO = "AUDIO"
    ARCHIVE = "ARCHIVE"
    PROGRAM = "PROGRAM"
    LFS_POINTER = "LFS_POINTER"
    TEXT = "TEXT"
    UNKNOWN = "UNKNOWN"


#: What the wire and the model's decoder take as it is.
NATIVE: Final = frozenset({Kind.PNG, Kind.JPEG})
#: What :mod:`ecg.pictures.conversion` makes into one of :data:`NATIVE`.
CONVERTIBLE: Final = frozenset({Kind.WEBP, Kind.HEIF, Kind.AVIF, Kind.GIF, Kind.BMP, Kind.TIFF, Kind.PDF})

MEDIA_TYPES: Final = {
    Kind.PNG: "image/png",
    Kind.JPEG: "image/jpeg",
    Kind.WEBP: "image/webp",
    Kind.HEIF: "image/heif",
    Kind.AVIF: "image/avif",
    Kind.GIF: "image/gif",
    Kind.BMP: "image/bmp",
    Kind.TIFF: "image/tiff",
    Kind.PDF: "application/pdf",
}

#: In English, to follow "The file is".
DESCRIPTIONS: Final = {
    Kind.PNG: "a PNG picture",
    Kind.JPEG: "a JPEG picture",
    Kind.WEBP: "a WebP picture",
    Kind.HEIF: "a HEIC picture",
    Kind.AVIF: "an AVIF picture",
    Kind.GIF: "a GIF picture",
    Kind.BMP: "a BMP picture",
    Kind.TIFF: "a TIFF picture",
    Kind.PDF: "a PDF document",
    Kind.DICOM: "a DICOM file",
    Kind.SVG: "an SVG drawing",
    Kind.RECORDING: "an ECG recording",
    Kind.OTHER_PICTURE: "a picture in a format that is not read",
    Kind.DOCUMENT: "an office document",
    Kind.WEB_PAGE: "a web page",
    Kind.VIDEO: "a video",
    Kind.AUDIO: "a sound",
    Kind.ARCHIVE: "an archive",
    Kind.PROGRAM: "a program",
    Kind.LFS_POINTER: "a Git LFS pointer, not the file that it stands for",
    Kind.TEXT: "a text",
    Kind.UNKNOWN: "of no known kind",
}

_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"II*\0", Kind.TIFF),
    (b"MM\0*", Kind.TIFF),
    (b"II+\0", Kind.TIFF),
    (b"MM\0+", Kind.TIFF),
    (b"8BPS", Kind.OTHER_PICTURE),
    (b"\0\0\1\0", Kind.OTHER_PICTURE),  # icon
    (b"\0\0\0\x0cjP  \r\n\x87\n", Kind.OTHER_PICTURE),  # JPEG 2000
    (b"\xff\x4f\xff\x51", Kind.OTHER_PICTURE),  # its bare code stream
    (b"\0\0\0\x0cJXL \r\n\x87\n", Kind.OTHER_PICTURE),
    (b"\xff\x0a", Kind.OTHER_PICTURE),  # JPEG XL's bare code stream
    (b"\xff\x0bBIOSEMI", Kind.RECORDING),
    (b"\xffBIOSEMI", Kind.RECORDING),
    (b"0       ", Kind.RECORDING),  # EDF: version 0, filled up with spaces
    (b"ISHNE1.0", Kind.RECORDING),
    (b"ANN  1.0", Kind.RECORDING),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.DOCUMENT),
    (b"{\\rtf", Kind.DOCUMENT),
    (b"PK\x03\x04", Kind.ARCHIVE),
    (b"PK\x05\x06", Kind.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Kind.ARCHIVE),
    (b"Rar!\x1a\x07", Kind.ARCHIVE),
    (b"\x1f\x8b", Kind.ARCHIVE),
    (b"BZh", Kind.ARCHIVE),
    (b"\xfd7zXZ\0", Kind.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Kind.ARCHIVE),
    (b"\x1aE\xdf\xa3", Kind.VIDEO),
    (b"OggS", Kind.AUDIO),
    (b"ID3", Kind.AUDIO),
    (b"fLaC", Kind.AUDIO),
    (b"\x7fELF", Kind.PROGRAM),
    (b"version https://git-lfs.github.com/spec/", Kind.LFS_POINTER),
)

#: The brand of an ISO base media file (ISO/IEC 14496-12), bytes 8 to 12.
_BRANDS: Final = {
    **dict.fromkeys(
        (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"), Kind.HEIF
    ),
    **dict.fromkeys((b"avif", b"avis"), Kind.AVIF),
}
_RIFF: Final = {b"WEBP": Kind.WEBP, b"AVI ": Kind.VIDEO, b"WAVE": Kind.AUDIO}

#: Where SCP-ECG (EN 1064) has its name: in the header of section 0, behind the file's checksum and length.
_SCP_NAME: Final = (16, b"SCPECG")
#: The first two lines of a WFDB header, header(5): record name and number of signals; file name and format of one.
_WFDB_RECORD_LINE: Final = re.compile(rb"[\w/-]+ \d{1,4}( [\d.].*)?")
_WFDB_SIGNAL_LINE: Final = re.compile(rb"[^ ]+ \d{1,3}([x:+ ].*)?")
#: Roots of the XML in which recordings are stored: HL7 aECG, MUSE, Philips and others.
_RECORDING_ROOTS: Final = re.compile(rb"<(\w+:)?(AnnotatedECG|RestingECG|restingecgdata|CardiologyXML)\b", re.I)
#: A line of a table of samples, and how many of them in a row make a file one.
_NUMBERS_LINE: Final = re.compile(rb"[-+\d.,;eE\t ]*\d[-+\d.,;eE\t ]*")
_NUMBERS_LINES: Final = 4
_LONGEST_HEADING: Final = 40


def kind_of(beginning: bytes) -> Kind:  # noqa: C901, PLR0911 - a way out for each kind
    """What a file is that begins so; :data:`BEGINNING_BYTES` of it are enough, fewer tell less."""
    for signature, kind in _SIGNATURES:
        if beginning.startswith(signature):
            return _document_or(kind, beginning)
    if beginning[4:8] == b"ftyp":
        return _of_brands(beginning)
    if beginning.startswith(b"RIFF"):
        return _RIFF.get(beginning[8:12], Kind.UNKNOWN)
    # Two letters alone would call many a text a picture: the reserved words behind the length are zero.
    if beginning.startswith(b"BM") and beginning[6:10] == bytes(4):
        return Kind.BMP
    if beginning[128:132] == b"DICM":
        return Kind.DICOM
    if beginning[_SCP_NAME[0] : _SCP_NAME[0] + len(_SCP_NAME[1])] == _SCP_NAME[1]:
        return Kind.RECORDING
    if b"%PDF-" in beginning[:1024]:
        return Kind.PDF
    if beginning.startswith(b"MZ") and b"\0" in beginning:
        return Kind.PROGRAM
    if beginning[257:262] == b"ustar":
        return Kind.ARCHIVE
    return _of_text(beginning)


def _document_or(kind: Kind, beginning: bytes) -> Kind:
    """Office documents are zip files whose first entries have names of their own."""
    is_document = kind is Kind.ARCHIVE and (
        b"[Content_Types].xml" in beginning or b"mimetypeapplication/vnd" in beginning
    )
    return Kind.DOCUMENT if is_document else kind


def _of_brands(beginning: bytes) -> Kind:
    """By the major brand, then by the compatible ones: ``mif1`` alone says only that it is some picture."""
    length = min(int.from_bytes(beginning[:4], "big"), len(beginning))
    brands = [beginning[8:12], *(beginning[place : place + 4] for place in range(16, length - 3, 4))]
    kinds = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    if Kind.AVIF in kinds:
        return Kind.AVIF
    return kinds[0] if kinds else Kind.VIDEO


def _of_text(beginning: bytes) -> Kind:
    text = beginning
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = text.decode("utf-16", errors="ignore").encode()
    text = text.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text or b"\0" in text:
        return Kind.UNKNOWN
    lowered = text.lower()
    if _RECORDING_ROOTS.search(text):
        return Kind.RECORDING
    if lowered.startswith((b"<?xml", b"<svg", b"<!--", b"<!doctype svg")) and b"<svg" in lowered:
        return Kind.SVG
    if lowered.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return Kind.WEB_PAGE
    if _is_wfdb_header(text) or _has_numbers(text):
        return Kind.RECORDING
    return Kind.TEXT if _is_text(text) else Kind.UNKNOWN


def _is_wfdb_header(text: bytes) -> bool:
    lines = [line.rstrip() for line in text.splitlines() if not line.startswith(b"#")]
    return (
        len(lines) > 1
        and _WFDB_RECORD_LINE.fullmatch(lines[0]) is not None
        and _WFDB_SIGNAL_LINE.fullmatch(lines[1]) is not None
    )


def _has_numbers(text: bytes) -> bool:
    """Whether several lines of numbers follow each other, maybe below a heading."""
    in_a_row = 0
    for line in text.splitlines()[: _LONGEST_HEADING + _NUMBERS_LINES]:
        in_a_row = in_a_row + 1 if _NUMBERS_LINE.fullmatch(line) else 0
        if in_a_row == _NUMBERS_LINES:
            return True
    return False


def _is_text(text: bytes) -> bool:
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in text)
    try:
        # Not to the end: the last character may be cut there.
        codecs.getincrementaldecoder("utf-8")().decode(text)
    except UnicodeDecodeError:
        # Some eight-bit encoding: letters with accents are few among the plain ones.
        return controls == 0 and sum(byte >= 128 for byte in text) < 0.3 * len(text)
    return controls == 0
