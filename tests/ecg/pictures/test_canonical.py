from __future__ import annotations

import io
import itertools
import struct
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ecg.pictures.canonical import MIN_CONTRAST, canonical, to_pixels
from ecg.pictures.decoding import ImageError, ImageLimits, ImageReason
from tests.inference_server.hostile_pictures import jpegs, pngs
from tests.inference_server.pictures import picture

SIZE: dict[str, Any] = {"height": 64, "width": 96}


def refused(data: bytes, limits: ImageLimits | None = None) -> ImageError:
    with pytest.raises(ImageError) as caught:
        to_pixels(data, **SIZE, limits=limits)
    return caught.value


def png_that_claims(width: int, height: int) -> bytes:
    """A well-formed PNG header of the given size, with next to nothing behind it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\xff" * 4096))
        + chunk(b"IEND", b"")
    )


def stroke_column(pixels: np.ndarray) -> float:
    """Horizontal centre of the ink, as a share of the width."""
    ink = 255.0 - pixels[:, :, 0]
    return float((ink.sum(axis=0) * np.arange(ink.shape[1])).sum() / ink.sum() / ink.shape[1])


def test_pixels_are_grey_on_white_paper_with_black_ink() -> None:
    pixels = to_pixels(picture(3), **SIZE)
    assert pixels.shape == (64, 96, 1)
    assert pixels.dtype == np.uint8
    assert pixels.min() == 0
    assert np.median(pixels) == 255
    assert stroke_column(pixels) == pytest.approx(0.5, abs=0.02)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.tuples(st.integers(2, 40), st.integers(2, 40)),
    levels=st.tuples(st.integers(0, 255), st.integers(0, 255)),
)
def test_paper_is_the_median_and_what_is_darker_is_stretched(
    seed: int, size: tuple[int, int], levels: tuple[int, int]
) -> None:
    random = np.random.default_rng(seed)
    grey = random.integers(min(levels), max(levels) + 1, size).astype(np.uint8)
    grey[0], grey[-1], grey[:, 0], grey[:, -1] = (int(np.median(grey)),) * 4  # an edge that is no frame
    pixels = canonical(Image.fromarray(grey), height=size[0], width=size[1])[:, :, 0]

    ink = grey.astype(int)
    paper = int(np.median(ink))
    if paper < 128:  # light on dark
        ink, paper = 255 - ink, 255 - paper
    depth = np.maximum(paper - ink, 0)
    darkest = depth.max()
    expected = 255 - (depth * 255 + darkest // 2) // darkest if darkest >= MIN_CONTRAST else np.full_like(depth, 255)
    assert (pixels == expected).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_png_mode_gives_the_same_stroke(mode: str) -> None:
    source = Image.open(io.BytesIO(picture(1)))
    if mode == "I;16":
        image = Image.fromarray((np.asarray(source).astype(np.uint16) << 8) | 0xFF)
    else:
        image = source.convert("RGBA").convert(mode) if mode == "LA" else source.convert(mode)
    file = io.BytesIO()
    image.save(file, "PNG")
    difference = np.abs(to_pixels(file.getvalue(), **SIZE).astype(int) - to_pixels(picture(1), **SIZE))
    assert difference.max() <= 2


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}])
def test_every_jpeg_kind_is_understood(mode: str, options: dict[str, Any]) -> None:
    pixels = to_pixels(picture(1, mode=mode, form="JPEG", **options), **SIZE)
    assert stroke_column(pixels) == pytest.approx(1.5 / 7, abs=0.02)


def test_transparent_paper_is_white() -> None:
    rgba = np.zeros((128, 192, 4), np.uint8)
    rgba[20:100, 90:100, 3] = 255  # black and opaque; all else is black but fully transparent
    file = io.BytesIO()
    Image.fromarray(rgba).save(file, "PNG")
    pixels = to_pixels(file.getvalue(), **SIZE)
    assert np.median(pixels) == 255
    assert stroke_column(pixels) == pytest.approx(0.495, abs=0.02)


def test_exif_orientation_is_applied() -> None:
    upright = Image.open(io.BytesIO(picture(0)))
    exif = Image.Exif()
    exif[0x0112] = 8  # has to be turned by 90° counter-clockwise to be upright
    file = io.BytesIO()
    upright.transpose(Image.Transpose.ROTATE_270).save(file, "JPEG", quality=95, exif=exif)
    assert stroke_column(to_pixels(file.getvalue(), **SIZE)) == pytest.approx(0.5 / 7, abs=0.03)


def test_dark_themes_are_inverted() -> None:
    dark = to_pixels(picture(2, ink="white", paper="black"), **SIZE)
    np.testing.assert_allclose(dark, to_pixels(picture(2), **SIZE), atol=1)


@pytest.mark.parametrize("level", range(0, 250, 10))
def test_ink_of_any_grey_becomes_black(level: int) -> None:
    pixels = to_pixels(picture(3, size=(960, 640), ink=f"rgb({level},{level},{level})"), **SIZE)
    assert pixels.min() == 0
    np.testing.assert_allclose(pixels, to_pixels(picture(3, size=(960, 640)), **SIZE), atol=16)


def test_the_whole_picture_is_kept_in_proportion() -> None:
    pixels = to_pixels(picture(0, size=(128, 128)), **SIZE)  # square into 3:2: paper left and right
    assert stroke_column(pixels) == pytest.approx((16 + 64 * 0.5 / 7) / 96, abs=0.02)


def test_blank_paper_stays_blank() -> None:
    file = io.BytesIO()
    Image.new("L", (192, 128), 200).save(file, "JPEG")
    assert (to_pixels(file.getvalue(), **SIZE) == 255).all()


def test_an_empty_file() -> None:
    assert refused(b"").reason is ImageReason.EMPTY


@pytest.mark.parametrize(
    "data", [b"This is no picture.", picture(form="GIF"), picture(form="BMP"), b"%PDF-1.7", b"\x89"]
)
def test_other_formats(data: bytes) -> None:
    assert refused(data).reason is ImageReason.UNSUPPORTED_FORMAT


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_file_whose_end_is_missing(form: str, share: float) -> None:
    whole = picture(form=form)
    assert refused(whole[: int(len(whole) * share)]).reason is ImageReason.TRUNCATED


def test_a_damaged_file() -> None:
    whole = bytearray(picture())
    position = whole.index(b"IDAT") + 6
    whole[position : position + 8] = b"\0" * 8
    assert refused(bytes(whole)).reason is ImageReason.CORRUPT


def test_too_many_bytes() -> None:
    data = picture()
    assert refused(data, ImageLimits(max_bytes=len(data) - 1)).reason is ImageReason.TOO_LARGE
    to_pixels(data, **SIZE, limits=ImageLimits(max_bytes=len(data)))


def test_too_small() -> None:
    assert refused(picture(size=(192, 15))).reason is ImageReason.TOO_SMALL
    to_pixels(picture(size=(192, 16)), **SIZE)


@pytest.mark.parametrize("size", [(10_000, 10_000), (100_000, 1_000), (30_000, 30_000)])
def test_a_picture_that_claims_a_hundred_megapixels_costs_nothing(size: tuple[int, int]) -> None:
    data = png_that_claims(*size)
    tracemalloc.start()
    try:
        error = refused(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert error.reason is ImageReason.TOO_MANY_PIXELS
    assert f"{size[0]} × {size[1]}" in str(error)
    assert peak < 2_000_000


def test_the_pixel_limit_counts_pixels() -> None:
    to_pixels(picture(size=(192, 128)), **SIZE, limits=ImageLimits(max_pixels=192 * 128))
    assert refused(picture(), ImageLimits(max_pixels=192 * 128 - 1)).reason is ImageReason.TOO_MANY_PIXELS


def result_or_reason(data: bytes) -> None:
    try:
        pixels = to_pixels(data, **SIZE, limits=ImageLimits(max_pixels=1_000_000))
    except ImageError:
        return
    assert pixels.shape == (64, 96, 1)
    assert pixels.dtype == np.uint8


SEEDS: list[bytes] = [
    picture(form=form, mode=mode, size=(48, 32), **options)
    for form, mode, options in itertools.chain[tuple[str, str, dict[str, Any]]](
        [("PNG", mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA")],
        [("JPEG", mode, options) for mode in ("L", "RGB", "CMYK") for options in ({}, {"progressive": True})],
    )
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b""]), st.binary(max_size=300))
def test_any_bytes_give_pixels_or_a_reason(start: bytes, rest: bytes) -> None:
    result_or_reason(start + rest)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=0, max_size=6)), min_size=1, max_size=4),
    st.floats(0.05, 1),
)
def test_any_damaged_picture_gives_pixels_or_a_reason(
    seed: bytes, edits: list[tuple[float, bytes]], keep: float
) -> None:
    data = bytearray(seed)
    for place, replacement in edits:
        position = int(place * len(data))
        data[position : position + len(replacement)] = replacement
    result_or_reason(bytes(data[: max(1, int(keep * len(data)))]))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(pngs(), jpegs()))
def test_any_arrangement_of_well_formed_parts_gives_pixels_or_a_reason(data: bytes) -> None:
    result_or_reason(data)
