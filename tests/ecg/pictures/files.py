"""Files of pictures, honest and hostile, made where they are needed."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

DATA = Path(__file__).parent / "data"


def beat(
    size: tuple[int, int] = (192, 128), mode: str = "L", *, paper: str = "white", ink: str = "black"
) -> Image.Image:
    """One line with a spike, left of the middle."""
    width, height = size
    image = Image.new("RGB", size, "white")
    shape = [(0, 0.6), (0.3, 0.6), (0.35, 0.1), (0.4, 0.9), (0.45, 0.6), (1, 0.6)]
    points = [(width * x, height * y) for x, y in shape]
    ImageDraw.Draw(image).line(points, ink, width=max(1, width // 96))
    return image.convert(mode)


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    """``image`` as a file of the format that Pillow calls ``form``."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    """A decoded picture."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def png_chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(size: tuple[int, int], *, depth: int, colour: int, before_pixels: bytes = b"") -> bytes:
    """A PNG of one colour, a few thousandths of what it unpacks to."""
    width, height = size
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = b"\0" + b"\xff" * ((width * depth * channels + 7) // 8)
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)),
            before_pixels,
            png_chunk(b"IDAT", pixels),
            png_chunk(b"IEND", b""),
        )
    )


def jpeg_of_many_scans(size: tuple[int, int], scans: int, mode: str = "L") -> bytes:
    """A progressive JPEG whose last scan is repeated ``scans`` times."""
    data = encoded(Image.new(mode, size, "gray"), "JPEG", progressive=True, quality=50)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * scans + data[-2:]
