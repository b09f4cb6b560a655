"""Files become upright pictures in colour, small enough to be read at once."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ecg.pictures.decoding import ImageError, ImageReason
from ecg.pictures.ink.opening import WORK_SIDE, open_picture
from ecg.pictures.ink.placing import Scale
from ecg.pictures.ink.reading import read_beat
from tests.ecg.pictures.ink.beats import correlation, drawn, window


def file_of(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_grey_files_stay_grey_and_colours_stay_colours(mode: str) -> None:
    opened = open_picture(file_of(Image.new("RGBA", (40, 30), "white").convert(mode)))
    assert opened.mode == ("L" if mode in ("1", "L", "LA") else "RGB")


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_large_pictures_come_smaller_but_no_smaller_than_is_read(form: str) -> None:
    opened = open_picture(file_of(Image.new("RGB", (4000, 3000), "white"), form))
    assert WORK_SIDE <= max(opened.size) < 2 * WORK_SIDE
    assert opened.width / opened.height == pytest.approx(4 / 3, rel=0.01)


def test_a_white_line_on_nothing_is_read() -> None:
    pixels = np.full((128, 192, 4), 255, dtype=np.uint8)
    pixels[..., 3] = np.rint((255 - drawn().astype(float)) * 255 / 155)
    read = read_beat(open_picture(file_of(Image.fromarray(pixels))))
    assert read.reason is None
    assert read.scale is Scale.CLASSIC
    assert read.placed is not None
    assert correlation(*read.placed, window()) > 0.99


def test_what_is_no_picture_is_refused_as_everywhere() -> None:
    with pytest.raises(ImageError) as caught:
        open_picture(b"no picture")
    assert caught.value.reason is ImageReason.UNSUPPORTED_FORMAT
