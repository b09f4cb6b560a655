"""A page without a grid is squared by its rows."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.ink.strokes import Line
from ecg.pictures.pages import reading as reads
from ecg.pictures.pages.lattice import projection
from ecg.pictures.pages.reading import read
from ecg.pictures.pages.result import PageReading
from ecg.pictures.pages.squaring import squared
from ecg.pictures.pages.straightening import unchanged
from ecg.pictures.pages.traces import Trace
from tests.ecg.pictures.pages import drawn

PAPER = (255, 246, 244)


def askew(corners: list[tuple[float, float]]) -> NDArray[np.uint8]:
    """A page of twelve leads without a grid, its corners moved by shares of its width: clockwise, the upper left
    one first.
    """
    page = Image.fromarray(drawn.twelve(fine=None, bold=None)[0].pixels())
    width, height = page.size
    places = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    matrix = projection(places + np.array(corners) * width, places)
    factors = (matrix / matrix[2, 2]).ravel()[:8].tolist()
    seen = page.transform(page.size, Image.Transform.PERSPECTIVE, factors, Image.Resampling.BICUBIC, fillcolor=PAPER)
    return np.asarray(seen)


def rhythm(reading: PageReading) -> NDArray[np.float32]:
    """What was read of the rhythm strip; nothing where the page was read as another."""
    strips = [lead.millivolts for lead in reading.leads if lead.row == 3]
    return strips[0] if reading.layout == "3x4+1" else np.empty(0, np.float32)


@pytest.mark.parametrize(
    "corners",
    [
        [(0.06, 0.03), (-0.01, 0.0), (0.0, 0.0), (0.01, -0.01)],
        [(0.0, 0.0), (-0.05, 0.04), (0.01, -0.04), (0.02, 0.0)],
    ],
    ids=["far above", "far on the right"],
)
def test_a_page_seen_askew_is_as_its_rows_say(corners: list[tuple[float, float]]) -> None:
    found = rhythm(read(askew(corners)))
    assert len(found) / 500 == pytest.approx(10, abs=0.15)
    assert drawn.difference(found, drawn.lead(10)) < 0.25


def row(level: float, begin: int, end: int) -> Trace:
    columns = np.arange(begin, end)
    heights = np.full(len(columns), level)
    return Trace(level, Line(columns, heights, heights, 3.0), None, 0.0, columns.astype(np.float64) + 0.5, heights)


@pytest.mark.parametrize(
    ("slant", "askew", "moved"),
    [(15, False, False), (15, True, True), (3, True, False), (42, False, True)],
    ids=["as scanners leave it", "in a photograph", "next to nothing", "far more"],
)
def test_how_little_is_squared_depends_on_how_the_page_was_taken(slant: int, askew: bool, moved: bool) -> None:
    rows = [row(300 + 200 * number, 200 + slant * number // 3, 2000 - slant * number // 3) for number in range(4)]
    flat = squared(unchanged((2200, 1200)), rows, 7.0, askew=askew)
    assert (flat is not None) == moved


def test_rows_that_drift_do_not_say_how_a_page_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    page = drawn.Page(280, 110, 6.0, fine=None, bold=None)
    for row, drift in enumerate((0.7, -0.05, -0.3)):
        page.trace(14, 30 + 28 * row, drawn.lead(10) + np.linspace(0, drift, 10 * drawn.RATE))
        page.text(16, 18 + 28 * row, ("I", "II", "V5")[row])
    page.text(12, 107, "25 mm/s  10 mm/mV")
    found = read(page.pixels())
    monkeypatch.setattr(reads, "squared", lambda *_, **__: None)
    left = read(page.pixels())
    assert [lead.name for lead in found.leads] == ["I", "II", "V5"]
    for lead, other in zip(found.leads, left.leads, strict=True):
        np.testing.assert_array_equal(lead.millivolts, other.millivolts)


def test_a_page_that_is_straight_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = askew([(0.0, 0.0)] * 4)
    found = read(pixels)
    monkeypatch.setattr(reads, "squared", lambda *_, **__: None)
    np.testing.assert_array_equal(rhythm(found), rhythm(read(pixels)))
