"""What decoding a PNG or JPEG file will cost, told from its structure before a decoder sees it.

A file of a few kilobytes can ask for minutes of work or gigabytes of memory: a progressive JPEG whose hundreds of scans
each go over the whole picture, a PNG of sixteen bits and four channels, a hundred thousand empty chunks. The walk below
reads headers and markers only, so it costs next to nothing itself.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from typing import Final

from ecg.pictures.kinds import Kind, kind_of

#: Bytes that a decoder keeps for a pixel of a PNG, by colour type and whether it has sixteen bits (Pillow's modes:
#: colour always takes four bytes, and so does grey with transparency).
_PNG_KEPT: Final = {
    (0, False): 1, (0, True): 2, (2, False): 4, (2, True): 4, (3, False): 1,
    (4, False): 4, (4, True): 4, (6, False): 4, (6, True): 4,
}  # fmt: skip
_PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PNG_HEADER: Final = struct.Struct(">IIBB")
_CHUNK: Final = struct.Struct(">I4s")
#: Inflating and unfiltering a byte takes as long as this many samples of a JPEG (measured: 60 to 90 million bytes and
#: 800 to 1,100 million samples a second), and opening, checking and closing one chunk as long as so many.
_BYTE_WORK: Final = 10
_CHUNK_WORK: Final = 10_000

_SEGMENT: Final = struct.Struct(">HBHHB")
#: The next marker: neither a stuffed zero, nor a restart within a scan, nor a filling byte (ITU-T T.81, B.1.1).
_MARKER: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
#: An arithmetic decoder does bit by bit what a Huffman decoder looks up (measured: four to six times as long).
_ARITHMETIC: Final = frozenset({0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_ARITHMETIC_WORK: Final = 6
#: Bytes of a coefficient; a progressive JPEG keeps all of them until its last scan.
_COEFFICIENT_BYTES: Final = 2

#: Pixels that the longer side of a large JPEG keeps at least when it is made smaller while it is decoded: far more than
#: any model sees, and a line on ECG paper stays several pixels wide.
SHRUNK_SIDE: Final = 1600


@dataclass(frozen=True, slots=True)
class Cost:
    """What decoding will take."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    memory_bytes: int
    """Bytes that the decoder holds at once for pixels and coefficients."""
    work: int
    """Samples of a JPEG that could be decoded meanwhile, all scans and channels counted; 1e9 take about a second."""
    scans: int = 1
    """Times that the decoder goes over the picture."""


def cost_of(data: bytes) -> Cost | None:
    """What decoding ``data`` will cost; None where it is no PNG or JPEG, or has no readable header."""
    kind = kind_of(data[:16])
    if kind is Kind.PNG:
        return _png(data)
    return _jpeg(data) if kind is Kind.JPEG else None


def shrinking(width: int, height: int) -> int:
    """By how much a JPEG is made smaller while it is decoded: 1, 2, 4 or 8, so that its longer side keeps enough."""
    return max(factor for factor in (1, 2, 4, 8) if factor == 1 or max(width, height) >= factor * SHRUNK_SIDE)


def _png(data: bytes) -> Cost | None:
    if len(data) < 29 or data[12:16] != b"IHDR":
        return None
    width, height, depth, colour = _PNG_HEADER.unpack_from(data, 16)
    if colour not in _PNG_CHANNELS or depth not in (1, 2, 4, 8, 16):
        return None
    bits = depth * _PNG_CHANNELS[colour]
    chunks, place = 0, 8
    while place + _CHUNK.size <= len(data):
        length, name = _CHUNK.unpack_from(data, place)
        chunks += 1
        if name == b"IEND":
            break
        place += 12 + length
    return Cost(
        width=width,
        height=height,
        # A row as it is packed is held twice: filters look at the row before.
        memory_bytes=width * height * _PNG_KEPT[colour, depth == 16] + 2 * (width * bits // 8 + 1),
        work=_BYTE_WORK * height * (math.ceil(width * bits / 8) + 1) + chunks * _CHUNK_WORK,
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    marker: int
    width: int
    height: int
    samples: dict[int, int]
    """Samples of each component by its identifier, filled up to whole blocks."""


def _jpeg(data: bytes) -> Cost | None:
    frame: _Frame | None = None
    work = scans = 0
    place = 2
    while marker := _MARKER.search(data, place):
        code, body = data[marker.start() + 1], marker.end()
        if code == _END_OF_IMAGE:
            break
        length = int.from_bytes(data[body : body + 2], "big")
        if code in _FRAMES and frame is None:
            frame = _frame(code, data[body : body + length])
            if frame is None:
                return None
        elif code == _START_OF_SCAN and frame is not None:
            components = data[body + 3 : body + 3 + 2 * data[body + 2] : 2] if body + 2 < len(data) else b""
            work += sum(frame.samples.get(component, 0) for component in components)
            scans += 1
        place = body + max(length, 0)
    return None if frame is None else _jpeg_cost(frame, work, scans)


def _frame(code: int, segment: bytes) -> _Frame | None:
    """What a frame header says; None where it makes no sense."""
    if len(segment) < _SEGMENT.size:
        return None
    _, _, height, width, count = _SEGMENT.unpack_from(segment)
    parts = [segment[8 + 3 * place : 11 + 3 * place] for place in range(count)]
    if not parts or any(len(part) < 3 or not part[1] >> 4 or not part[1] & 15 for part in parts):
        return None
    most_across = max(part[1] >> 4 for part in parts)
    most_down = max(part[1] & 15 for part in parts)
    samples = {}
    for identifier, sampling, _ in parts:
        across = math.ceil(width * (sampling >> 4) / most_across / 8) * 8
        down = math.ceil(height * (sampling & 15) / most_down / 8) * 8
        samples[identifier] = across * down
    return _Frame(code, width, height, samples)


def _jpeg_cost(frame: _Frame, work: int, scans: int) -> Cost:
    samples = sum(frame.samples.values())
    bytes_a_pixel = 1 if len(frame.samples) == 1 else 4
    shrunk = shrinking(frame.width, frame.height)
    # Several scans need the coefficients of them all, also where each has other components.
    coefficients = _COEFFICIENT_BYTES * samples if frame.marker in _PROGRESSIVE or scans > 1 else 0
    per_sample = _ARITHMETIC_WORK if frame.marker in _ARITHMETIC else 1
    return Cost(
        width=frame.width,
        height=frame.height,
        memory_bytes=frame.width * frame.height * bytes_a_pixel // shrunk**2 + coefficients,
        work=per_sample * work + samples,  # entropy decoding of each scan, and one transformation at the end
        scans=scans,
    )
