"""A part of a picture, cut out and made upright."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ecg.pictures import confined
from ecg.pictures.decoding import ImageError, ImageLimits

#: A black bar on white paper, three times as wide as high.
BAR = (100, 80, 190, 110)


def drawn(size: tuple[int, int] = (400, 300)) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    picture.paste("black", BAR)
    return picture


def encoded(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def cut(data: bytes, region: tuple[float, float, float, float], degrees: float = 0.0) -> np.ndarray:
    part = confined.cut_out(data, ImageLimits(), region, degrees)
    with Image.open(io.BytesIO(part)) as opened:
        assert opened.format == "PNG"
        return np.asarray(opened.convert("L"))


def test_the_pixels_are_those_of_the_region() -> None:
    part = cut(encoded(drawn()), (90, 70, 200, 120))
    assert part.shape == (50, 110)
    assert (part == np.asarray(drawn().convert("L"))[70:120, 90:200]).all()


@pytest.mark.parametrize("degrees", [90, 180, -90, 20, -70])
def test_what_is_turned_is_made_upright(degrees: int) -> None:
    page = drawn().rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    rows, columns = np.nonzero(np.asarray(page.convert("L")) < 128)
    region = (columns.min() - 4.0, rows.min() - 4.0, columns.max() + 5.0, rows.max() + 5.0)
    rows, columns = np.nonzero(cut(encoded(page), region, degrees) < 128)
    assert np.ptp(columns) + 1 == pytest.approx(90, abs=4)
    assert np.ptp(rows) + 1 == pytest.approx(30, abs=4)


def test_beyond_the_picture_there_is_paper() -> None:
    part = cut(encoded(drawn()), (-50, -40, 150, 100))
    assert part.shape == (140, 200)
    assert (part[:40] == 255).all()
    assert (part[-1, 150:] == 0).all()


def test_what_is_no_picture_or_too_large_is_refused() -> None:
    with pytest.raises(ImageError):
        confined.cut_out(b"nothing", ImageLimits(), (0, 0, 50, 50), 0.0)
    with pytest.raises(ImageError):
        confined.cut_out(encoded(drawn()), ImageLimits(max_pixels=1000), (0, 0, 50, 50), 0.0)
