"""Pictures that are small to send and costly to decode, as an attacker would make them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Final

from PIL import Image

#: As large as a picture may be, pixels.
SIDE: Final = 5000
_START_OF_SCAN: Final = b"\xff\xda"
_END_OF_IMAGE: Final = b"\xff\xd9"
_PNG: Final = b"\x89PNG\r\n\x1a\n"


def jpeg_of_many_scans(scans: int = 600, side: int = SIDE) -> bytes:
    """A progressive JPEG of one colour whose last scan is there ``scans`` times more: each goes over all pixels."""
    out = io.BytesIO()
    Image.new("L", (side, side), 255).save(out, "JPEG", progressive=True)
    whole = out.getvalue()
    last = whole[whole.rindex(_START_OF_SCAN) : -len(_END_OF_IMAGE)]
    return whole[: -len(_END_OF_IMAGE)] + last * scans + _END_OF_IMAGE


def png_of_deep_pixels(side: int = SIDE) -> bytes:
    """A PNG of one colour with eight bytes for each pixel, which compress to a thousandth."""
    header = struct.pack(">IIBBBBB", side, side, 16, 6, 0, 0, 0)
    packed = zlib.compress(bytes((1 + 8 * side) * side), 9)
    return _PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def numbered(picture: bytes, number: int) -> bytes:
    """The same picture as another file: with a number as its comment."""
    comment = str(number).encode()
    if picture.startswith(_PNG):
        header = len(_PNG) + 25
        return picture[:header] + _chunk(b"tEXt", b"Comment\0" + comment) + picture[header:]
    return picture[:2] + b"\xff\xfe" + struct.pack(">H", 2 + len(comment)) + comment + picture[2:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
