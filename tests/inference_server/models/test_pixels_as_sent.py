"""Pixels as other programs made them: held against Pillow's and TensorFlow's own."""

from __future__ import annotations

import io
import tracemalloc
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ecg.pictures.canonical import Placement
from ecg.pictures.decoding import ImageError, ImageLimits, ImageReason
from inference_server.models.model_input import ModelInput
from inference_server.models.pixels_as_sent import Colour, Resample, Steps, as_sent
from tests.inference_server.pictures import picture

HEIGHT, WIDTH = 40, 64


def coloured(mode: str = "RGB", size: tuple[int, int] = (190, 130)) -> Image.Image:
    generator = np.random.default_rng(0)
    image = Image.fromarray(generator.integers(0, 256, (size[1], size[0], 4), dtype=np.uint8), "RGBA")
    ImageDraw.Draw(image).line((0, 100, 190, 20), fill=(200, 30, 30, 255), width=5)
    return image.convert(mode)


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def sees(resample: Resample, colour: Colour = Colour.RGB) -> ModelInput:
    return ModelInput(HEIGHT, WIDTH, colour.channels, Steps(resample, colour))


PILLOW = [resample for resample in Resample if resample is not Resample.LINEAR]


@pytest.mark.parametrize("resample", PILLOW)
@pytest.mark.parametrize(
    ("mode", "form"), [("RGB", "PNG"), ("RGB", "JPEG"), ("L", "PNG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("1", "PNG")]
)
def test_pixels_are_those_of_the_old_program(resample: Resample, mode: str, form: str) -> None:
    data = encoded(coloured(mode), form)
    old = Image.open(io.BytesIO(data)).convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling[resample.name])
    view = sees(resample).view(data)
    assert (view.pixels == np.asarray(old)).all()
    assert view.pixels.shape == (HEIGHT, WIDTH, 3)
    assert view.size == (190, 130)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_dropped_as_the_old_program_dropped_it(mode: str) -> None:
    image = coloured("RGBA")
    data = encoded(image.quantize(32) if mode == "P" else image.convert(mode))
    old = Image.open(io.BytesIO(data)).convert("RGBA").convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)
    assert (sees(Resample.NEAREST).view(data).pixels == np.asarray(old)).all()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
def test_a_grey_model_sees_what_convert_makes_grey(mode: str) -> None:
    data = encoded(coloured(mode))
    old = Image.open(io.BytesIO(data)).convert("L").resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)
    pixels = sees(Resample.NEAREST, Colour.GREY).view(data).pixels
    assert pixels.shape == (HEIGHT, WIDTH, 1)
    assert (pixels[..., 0] == np.asarray(old)).all()


def test_opencv_reads_the_channels_backwards() -> None:
    data = encoded(coloured())
    rgb, bgr = (sees(Resample.NEAREST, colour).view(data).pixels for colour in (Colour.RGB, Colour.BGR))
    assert (bgr == rgb[..., ::-1]).all()
    assert bgr.flags.c_contiguous


@pytest.mark.parametrize("size", [(190, 130), (31, 17), (WIDTH, HEIGHT)])
@pytest.mark.parametrize("colour", [Colour.RGB, Colour.GREY])
def test_linear_is_what_tensorflow_resizes_to(size: tuple[int, int], colour: Colour) -> None:
    tf = pytest.importorskip("tensorflow")
    image = coloured("RGB" if colour is Colour.RGB else "L", size)
    pixels = np.asarray(image).reshape(size[1], size[0], -1)
    expected = tf.image.resize(pixels, (HEIGHT, WIDTH)).numpy()
    seen = sees(Resample.LINEAR, colour).view(encoded(image)).pixels
    assert np.abs(seen - expected).max() <= 0.501


@pytest.mark.parametrize("size", [(1_500_000, 16), (16, 1_500_000)])
def test_linear_takes_no_memory_for_pixels_that_it_does_not_need(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, "white")
    tracemalloc.start()
    try:
        pixels = as_sent(image, Steps(Resample.LINEAR, Colour.RGB), height=512, width=512)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert pixels.shape == (512, 512, 3)
    assert peak < 250_000_000  # the picture itself has 72 MB, and NumPy takes it through a copy


def test_sixteen_bits_keep_their_high_byte() -> None:
    deep = (np.arange(64 * 40, dtype=np.uint16) * 25).reshape(40, 64)
    pixels = sees(Resample.NEAREST).view(encoded(Image.fromarray(deep))).pixels
    assert (pixels == (deep >> 8)[..., None]).all()


def test_pictures_are_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    view = sees(Resample.NEAREST).view(encoded(coloured(), "JPEG", exif=exif))
    assert view.size == (130, 190)


def test_the_whole_picture_fills_what_the_model_sees() -> None:
    place = sees(Resample.NEAREST).view(picture()).place
    assert place == Placement(0, 0, WIDTH, HEIGHT)


def test_the_limits_are_the_same() -> None:
    with pytest.raises(ImageError) as refused:
        sees(Resample.NEAREST).view(picture(), ImageLimits(max_pixels=100))
    assert refused.value.reason is ImageReason.TOO_MANY_PIXELS
    with pytest.raises(ImageError) as refused:
        sees(Resample.NEAREST).view(picture()[:200])
    assert refused.value.reason is ImageReason.TRUNCATED
