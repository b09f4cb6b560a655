"""Broken pictures without end, made from real ones: what a decoder that strangers can reach has to withstand."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from PIL import Image

_INTERESTING: Final = (0, 1, 0x7F, 0x80, 0xFF)
_SIZES: Final = (0, 1, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)


def corpus(pictures: Sequence[bytes]) -> list[bytes]:
    """The pictures, and each of them as a grey, a progressive and a tiny-quality JPEG and as PNGs of other modes."""
    seeds = list(pictures)
    for picture in pictures:
        image = Image.open(io.BytesIO(picture)).convert("RGB")
        for form, mode, options in (
            ("JPEG", "RGB", {}),
            ("JPEG", "L", {"progressive": True}),
            ("JPEG", "CMYK", {"quality": 5}),
            ("PNG", "P", {}),
            ("PNG", "LA", {}),
            ("PNG", "I;16", {}),
            ("PNG", "1", {}),
        ):
            file = io.BytesIO()
            (image.convert("L").convert(mode) if mode == "I;16" else image.convert(mode)).save(file, form, **options)
            seeds.append(file.getvalue())
    return seeds


def mutants(seeds: Sequence[bytes], number: int, *, seed: int) -> Iterator[bytes]:
    """``number`` broken pictures, the same ones for the same ``seed``."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    for _ in range(number):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
            data = chance.choice(_CHANGES)(data, chance)
        yield bytes(data)


def _flip_bits(data: bytearray, chance: random.Random) -> bytearray:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def _set_byte(data: bytearray, chance: random.Random) -> bytearray:
    if data:
        data[chance.randrange(len(data))] = chance.choice(_INTERESTING)
    return data


def _cut_off(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.randrange(len(data) + 1)]


def _cut_out(data: bytearray, chance: random.Random) -> bytearray:
    begin = chance.randrange(len(data) + 1)
    del data[begin : begin + chance.randrange(1, 64)]
    return data


def _repeat(data: bytearray, chance: random.Random) -> bytearray:
    begin = chance.randrange(len(data) + 1)
    part = data[begin : begin + chance.randrange(1, 256)]
    return data[:begin] + part * chance.randrange(1, 8) + data[begin:]


def _insert_noise(data: bytearray, chance: random.Random) -> bytearray:
    begin = chance.randrange(len(data) + 1)
    return data[:begin] + chance.randbytes(chance.randrange(1, 64)) + data[begin:]


def _claim_a_size(data: bytearray, chance: random.Random) -> bytearray:
    """Another width or height in a PNG's header, with a checksum that fits."""
    if data.startswith(b"\x89PNG") and len(data) > 33:
        struct.pack_into(">I", data, chance.choice((16, 20)), chance.choice((*_SIZES, chance.randrange(1, 5000))))
        struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    return data


def _mend_checksums(data: bytearray, _: random.Random) -> bytearray:
    """Checksums that fit what the chunks of a PNG hold now, so that damage gets past them."""
    position = 8
    while data.startswith(b"\x89PNG") and position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        end = position + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into(">I", data, end, zlib.crc32(data[position + 4 : end]))
        position = end + 4
    return data


_CHANGES: Final[tuple[Callable[[bytearray, random.Random], bytearray], ...]] = (
    _flip_bits,
    _set_byte,
    _cut_off,
    _cut_out,
    _repeat,
    _insert_noise,
    _claim_a_size,
    _mend_checksums,
)
