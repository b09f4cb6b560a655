"""Pages as other programs and machines draw them: dark grids, lines on whole pixels, names below, strips in print."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg.pictures.pages.reading import read
from ecg.pictures.pages.result import Warned
from tests.ecg.pictures.pages import drawn

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]
ALIKE = 0.1
"""A tenth of the height is a signal-to-noise ratio of 20 dB."""


def on_whole_pixels(page: drawn.Page, scale: float, fine: Colour, bold: Colour) -> Pixels:
    """A page with a grid whose lines are a whole pixel each, as programs draw them."""
    pixels = page.pixels().copy()
    for every, colour in ((1, fine), (5, bold)):
        for lines in (pixels, pixels.transpose(1, 0, 2)):
            places = np.rint(np.arange(0.5, len(lines) / scale - 0.5, every) * scale).astype(int)
            lines[places] = np.minimum(lines[places], np.array(colour, np.uint8))
    return pixels


@pytest.mark.parametrize("bold", [(0, 0, 102), (0, 77, 0), (20, 20, 20)], ids=["blue", "green", "black"])
@pytest.mark.parametrize("pen", [(0, 0, 102), (0, 0, 0)], ids=["a blue pen", "a black pen"])
def test_a_grid_as_dark_as_the_pen_hides_nothing(pen: Colour, bold: Colour) -> None:
    page = drawn.Page(222, 50, 6.0, paper=(255, 255, 255), fine=None, bold=None, pen=pen)
    page.pulse(5, 29)
    page.trace(14, 29, drawn.lead(8))
    page.text(15, 13, "II")
    page.text(8, 47, "25 mm/s  10 mm/mV")
    fine = (205, 205, 255) if bold[2] == 102 else (215, 235, 215)
    reading = read(on_whole_pixels(page, 6.0, fine, bold))
    (lead,) = reading.leads
    assert (lead.name, reading.layout) == ("II", "1x1")
    assert drawn.difference(lead.millivolts, drawn.lead(8)) < 1.5 * ALIKE
    assert not set(reading.warnings) & {Warned.SCALE_UNKNOWN, Warned.SCALE_CONTRADICTORY, Warned.TRACES_TOUCH}


@pytest.mark.parametrize("bold", [(110, 50, 47), (0, 0, 102), (236, 74, 84)], ids=["brown", "blue", "red"])
def test_a_screen_at_96_dots_an_inch_is_read_to_scale(bold: Colour) -> None:
    scale = 96 / 25.4
    page = drawn.Page(265, 120, scale, paper=(255, 255, 255), fine=None, bold=None, pen=(0, 0, 0))
    for y, name, height in ((30, "I", 0.8), (65, "aVR", -0.9), (100, "V4", 1.4)):
        page.trace(6, y, drawn.lead(10, height=height))
        page.text(7, y - 13, name)
    reading = read(on_whole_pixels(page, scale, (255, 230, 240), bold))
    assert [lead.name for lead in reading.leads] == ["I", "aVR", "V4"]
    assert reading.calibration is not None
    assert reading.calibration.pixels_per_mm == pytest.approx(scale, rel=0.01)
    for lead, height in zip(reading.leads, (0.8, -0.9, 1.4), strict=True):
        assert drawn.difference(lead.millivolts, drawn.lead(10, height=height)) < 3 * ALIKE


@pytest.mark.parametrize("below", [False, True], ids=["above", "below"])
def test_names_of_twelve_rows_are_those_of_their_rows_wherever_they_stand(below: bool) -> None:
    page = drawn.Page(275, 190, 6.0)
    for row, name in enumerate(drawn.STANDARD):
        level = 22 + 14 * row
        page.trace(14, level, drawn.lead(10, height=0.3 + 0.05 * row))
        page.text(14, level + (7 if below else -4), name, high=2.8)
    page.text(14, 188, "25 mm/s  10 mm/mV")
    reading = read(page.pixels())
    assert (reading.layout, tuple(lead.name for lead in reading.leads)) == ("12x1", drawn.STANDARD)


@pytest.mark.parametrize("pen", [(217, 25, 25), (0, 0, 0)], ids=["red", "black"])
@pytest.mark.parametrize("scale", [100 / 25.4, 150 / 25.4], ids=["100 dpi", "150 dpi"])
def test_a_strip_in_the_middle_of_a_page_with_writing_is_read(pen: Colour, scale: float) -> None:
    """As watches print it."""
    strip = drawn.Page(190, 40, scale, paper=(255, 255, 255), fine=(255, 217, 217), bold=(255, 153, 153), pen=pen)
    strip.trace(2, 24, drawn.lead(7.4))
    page = drawn.Page(216, 200, scale, paper=(255, 255, 255), fine=None, bold=None, pen=(0, 0, 0))
    page.text(12, 20, "Jane Doe", high=5.6)
    page.text(12, 42, "Sinus Rhythm", high=5.0)
    page.text(12, 52, "This ECG does not show signs of atrial fibrillation.")
    page.text(12, 122, "25 mm/s, 10 mm/mV, Lead I, 512Hz", high=2.8)
    page.text(12, 190, "The waveform is similar to that of Lead I.", high=2.5)
    pixels = page.pixels().copy()
    inner = strip.pixels()
    top, left = round(70 * scale), round(12 * scale)
    pixels[top : top + len(inner), left : left + inner.shape[1]] = inner
    reading = read(pixels)
    (lead,) = reading.leads
    assert drawn.difference(lead.millivolts, drawn.lead(7.4)) < 2 * ALIKE
