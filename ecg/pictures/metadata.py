"""Takes everything out of a PNG or JPEG file that is not its pixels, without touching these."""

from __future__ import annotations

import re
import struct
from typing import Final

from ecg.pictures.kinds import Kind

_CHUNK: Final = struct.Struct(">I4s")
#: The chunks of a PNG that its pixels are made of (PNG specification, section 4.7).
_PNG_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})

#: The marker after a scan: neither a stuffed zero nor a restart nor a filling byte (ITU-T T.81, B.1.1).
_MARKER: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_END_OF_IMAGE: Final = 0xD9
_START_OF_SCAN: Final = 0xDA
_COMMENT: Final = 0xFE
#: Application segments, of which JFIF's (0) and Adobe's (14) say how colours are meant; the rest is metadata.
_APPLICATION: Final = range(0xE0, 0xF0)
_MEANING: Final = {0xE0: b"JFIF\0", 0xEE: b"Adobe"}
#: What follows the name in these two; a thumbnail may follow JFIF's.
_JFIF_LENGTH: Final = 16
_ADOBE_LENGTH: Final = 14


def removed(data: bytes, kind: Kind) -> bytes:
    """``data``, a whole PNG or JPEG file that a decoder has read, without metadata and without what follows its end."""
    return _png(data) if kind is Kind.PNG else _jpeg(data)


def _png(data: bytes) -> bytes:
    parts, place = [data[:8]], 8
    while place + _CHUNK.size <= len(data):
        length, name = _CHUNK.unpack_from(data, place)
        end = place + 12 + length
        if name in _PNG_CHUNKS:
            parts.append(data[place:end])
        if name == b"IEND":
            break
        place = end
    return b"".join(parts)


def _jpeg(data: bytes) -> bytes:
    parts, place = [data[:2]], 2
    while marker := _MARKER.search(data, place):
        code, body = data[marker.start() + 1], marker.end()
        if code == _END_OF_IMAGE:
            break
        end = body + int.from_bytes(data[body : body + 2], "big")
        if code == _START_OF_SCAN:
            following = _MARKER.search(data, end)
            end = following.start() if following else len(data)
        if code not in _APPLICATION and code != _COMMENT:
            parts.append(data[marker.start() : end])
        elif data.startswith(_MEANING.get(code, b"?"), body + 2):
            parts.append(_without_thumbnail(code, data[body:end]))
        place = end
    return b"".join([*parts, b"\xff\xd9"])


def _without_thumbnail(code: int, segment: bytes) -> bytes:
    """A segment that says how colours are meant, and nothing behind that."""
    length = _JFIF_LENGTH if code == 0xE0 else _ADOBE_LENGTH
    payload = segment[2:length]
    if code == 0xE0:
        payload = payload[:-2] + b"\0\0"  # a thumbnail of no pixels
    return bytes((0xFF, code)) + struct.pack(">H", len(payload) + 2) + payload
