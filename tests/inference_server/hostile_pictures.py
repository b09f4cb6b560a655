"""Strategies for PNG and JPEG files whose parts are well formed one by one and make no sense together."""

from __future__ import annotations

import struct
import zlib
from typing import Final

from hypothesis import strategies as st

from tests.inference_server.pictures import picture

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = picture(form="JPEG", mode="RGB", progressive=True)


def _chunk(kind: bytes, body: bytes, checksum: int | None = None) -> bytes:
    right = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", right if checksum is None else checksum)


_sides: Final = st.one_of(
    st.integers(16, 64), st.integers(16, 64), st.sampled_from((0, 1, 2**16, 2**31 - 1, 2**32 - 1))
)
_formats: Final = st.one_of(
    st.sampled_from(((1, 0), (8, 0), (16, 0), (8, 2), (16, 2), (2, 3), (8, 3), (8, 4), (8, 6), (16, 6))),
    st.tuples(st.integers(0, 255), st.integers(0, 255)),
)
_headers: Final = st.builds(
    lambda width, height, form, methods: struct.pack(">IIBB", width, height, *form) + bytes(methods),
    _sides,
    _sides,
    _formats,
    st.one_of(st.just((0, 0, 0)), st.just((0, 0, 1)), st.tuples(*[st.integers(0, 255)] * 3)),
)
_pixels: Final = st.one_of(
    st.binary(max_size=64),
    st.builds(
        lambda data, times: zlib.compress(data * times), st.binary(min_size=1, max_size=64), st.integers(0, 9999)
    ),
    # Bytes up to 4 are valid filters wherever a row begins; enough of them for the largest of the small sides.
    st.lists(st.integers(0, 4), min_size=1, max_size=16).map(lambda some: zlib.compress(bytes(some) * 40_000)),
)
_KINDS: Final = (b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"pHYs",
                 b"acTL", b"fcTL", b"fdAT", b"IHDR", b"IEND", b"abcd")  # fmt: skip
_bodies: Final = st.one_of(
    st.binary(max_size=64),
    st.builds(lambda name, data: name + b"\0\0" + zlib.compress(data), st.binary(max_size=8), st.binary(max_size=64)),
)
_chunks: Final = st.builds(_chunk, st.sampled_from(_KINDS), _bodies, st.sampled_from((None,) * 9 + (0,)))
_other_chunks: Final = st.one_of(st.just(b""), st.just(b""), st.lists(_chunks, max_size=3).map(b"".join))


def pngs() -> st.SearchStrategy[bytes]:
    """PNG files made of chunks: any header, any pixels, other chunks before, between and behind them."""
    return st.builds(
        lambda header, before, first, between, second, behind, end: (
            _PNG + _chunk(b"IHDR", header) + before + _chunk(b"IDAT", first) + between + second + behind + end
        ),
        _headers,
        _other_chunks,
        _pixels,
        _other_chunks,
        st.one_of(st.just(b""), _pixels.map(lambda data: _chunk(b"IDAT", data))),
        _other_chunks,
        st.sampled_from((_chunk(b"IEND", b""), b"")),
    )


_markers: Final = st.builds(
    lambda kind, body, lie: bytes((0xFF, kind)) + struct.pack(">H", (len(body) + 2 + lie) % 2**16) + body,
    st.sampled_from((0xC0, 0xC1, 0xC2, 0xC4, 0xC9, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE)),
    st.one_of(st.binary(max_size=64), st.binary(max_size=32).map(lambda data: b"Exif\0\0MM\0*\0\0\0\x08" + data)),
    st.sampled_from((0, 0, 0, 1, -1, 5000)),
)


def jpegs() -> st.SearchStrategy[bytes]:
    """JPEG files made of segments, some of them those of a real one."""
    return st.builds(
        lambda before, cut, after: b"\xff\xd8" + b"".join(before) + _JPEG[2:cut] + b"".join(after) + b"\xff\xd9",
        st.lists(_markers, max_size=4),
        st.integers(2, len(_JPEG)),
        st.lists(_markers, max_size=3),
    )
