"""A page without a grid is turned level by its traces."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ecg.pictures.pages.ink import Ink, ink_of
from ecg.pictures.pages.reading import read
from ecg.pictures.pages.tilt import tilt_of
from tests.ecg.pictures.pages import drawn


def turned(degrees: float) -> Image.Image:
    page, _ = drawn.twelve(scale=6.0, fine=None, bold=None)
    picture = Image.fromarray(page.pixels())
    return picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=picture.getpixel((0, 0)))


def inked(picture: Image.Image) -> Ink:
    ink = ink_of(255 - np.asarray(picture).min(axis=2))
    assert ink is not None
    return ink


@pytest.mark.parametrize("degrees", [-28.0, -12.0, -3.0, 0.0, 1.5, 9.0, 25.0])
def test_rows_say_by_how_much_a_page_is_turned(degrees: float) -> None:
    assert tilt_of(inked(turned(degrees)), 6.0) == pytest.approx(degrees, abs=0.2)


def test_one_wave_that_rises_says_nothing() -> None:
    page = drawn.Page(220, 120, 6.0, fine=None, bold=None)
    page.line([(x, 60 - 30 * np.tanh((x - 110) / 40)) for x in range(10, 211, 2)])
    assert abs(tilt_of(inked(Image.fromarray(page.pixels())), 6.0)) < 6.0


@pytest.mark.parametrize("degrees", [-22.0, 17.0])
def test_a_page_without_a_grid_is_read_however_it_lies(degrees: float) -> None:
    reading = read(np.asarray(turned(degrees)))
    assert (reading.layout, len(reading.leads)) == ("3x4+1", 13)
    assert sum(lead.name_read for lead in reading.leads) >= 12
