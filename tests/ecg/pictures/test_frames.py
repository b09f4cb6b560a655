"""What is no part of the drawing: frames and borders around it, and paper that isn't there."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ecg.pictures.canonical import Pixels, canonical, to_pixels
from ecg.pictures.decoding import decode
from ecg.pictures.rendering import draw

SIZE: dict[str, Any] = {"height": 64, "width": 96}


def beat() -> NDArray[np.uint8]:
    """A drawn beat, ``[128, 192]``."""
    time = np.arange(192)
    signal = sum(
        height * np.exp(-0.5 * ((time - at) / wide) ** 2) for at, height, wide in ((96, 0.9, 3), (150, 0.2, 12))
    )
    return draw(np.asarray(signal, dtype=np.float32)[None])[0]


def drawing(scale: int = 1) -> Image.Image:
    picture = Image.fromarray(beat())
    return picture.resize((192 * scale, 128 * scale), Image.Resampling.BICUBIC)


def seen(picture: Image.Image) -> Pixels:
    return canonical(picture, **SIZE)


def encoded(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def alike(first: Pixels, second: Pixels) -> bool:
    """The same but for the rounding of light on dark, which stretching the contrast makes larger."""
    return int(np.abs(first.astype(int) - second).max()) <= 8


@pytest.mark.parametrize("scale", [1, 3])
@pytest.mark.parametrize("width", [1, 2, 4])
@pytest.mark.parametrize("level", [0, 90])
def test_a_frame_changes_nothing_of_what_is_seen(scale: int, width: int, level: int) -> None:
    plain, framed = drawing(scale), drawing(scale)
    box = (0, 0, framed.width - 1, framed.height - 1)
    ImageDraw.Draw(framed).rectangle(box, outline=level, width=width * scale)
    assert np.array_equal(seen(framed), seen(plain))


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_nor_does_a_border_at_one_side(side: str) -> None:
    framed = np.array(drawing())
    {"left": framed[:, :2], "right": framed[:, -2:], "top": framed[:2], "bottom": framed[-2:]}[side][...] = 0
    assert np.array_equal(seen(Image.fromarray(framed)), seen(drawing()))


def test_a_light_frame_on_dark_paper_neither() -> None:
    framed = 255 - np.array(drawing())
    framed[:2], framed[-2:], framed[:, :2], framed[:, -2:] = 255, 255, 255, 255
    assert alike(seen(Image.fromarray(framed)), seen(drawing()))


def test_a_grid_that_reaches_the_edge_is_left_as_it_is() -> None:
    ruled = np.minimum(np.array(drawing()), 255)
    ruled[::16], ruled[:, ::16] = np.minimum(ruled[::16], 150), np.minimum(ruled[:, ::16], 150)
    shown = seen(Image.fromarray(ruled))
    assert (shown[0] < 255).all()


def test_a_trace_that_runs_along_the_edge_is_no_frame() -> None:
    flat = np.full((128, 192), 255, dtype=np.uint8)
    flat[0:2, :150] = 0
    assert (seen(Image.fromarray(flat))[0, :70] == 0).all()


def test_light_ink_without_paper_lies_on_dark_paper() -> None:
    white = Image.new("LA", (192, 128), (255, 0))
    white.putalpha(Image.fromarray(255 - beat()))
    assert alike(to_pixels(encoded(white), **SIZE), seen(drawing()))


def test_dark_ink_without_paper_lies_on_white_paper() -> None:
    black = Image.new("LA", (192, 128), (0, 0))
    black.putalpha(Image.fromarray(255 - beat()))
    assert np.median(np.asarray(decode(encoded(black)))) == 255


def test_a_picture_that_is_hardly_transparent_lies_on_white_paper() -> None:
    """A light page with rounded corners: its paper is its own."""
    page = drawing().convert("LA")
    page.putpixel((0, 0), (255, 0))
    assert np.array_equal(np.asarray(decode(encoded(page))), beat())
