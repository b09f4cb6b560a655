"""Paper made flat: bends of its lines are taken away, and none are put in."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.pages import straightening
from ecg.pictures.pages.reading import read
from ecg.pictures.pages.result import Kind
from ecg.pictures.pages.straightening import Flat
from tests.ecg.pictures.pages import drawn
from tests.ecg.pictures.pages.test_millimetre import grid

SHAPE = (470, 1400)


def straightened(depth: NDArray[np.uint8], millimetre: float) -> tuple[Flat, NDArray[np.float64], NDArray[np.float64]]:
    """How the lines are made even, and by how much that moves each node to the right and down."""
    before = straightening.turned((SHAPE[1], SHAPE[0]), 0.0)
    after = straightening.smoothed(before, depth, np.zeros(SHAPE, np.bool_), (5 * millimetre, millimetre))
    return after, after.from_x - before.from_x, after.from_y - before.from_y


@pytest.mark.parametrize(("fine", "bold"), [(60, 60), (60, 130), (0, 90)])
@pytest.mark.parametrize("millimetre", [4.35, 8.54, 9.3])
def test_straight_lines_in_a_frame_stay_where_they_are(millimetre: float, fine: int, bold: int) -> None:
    depth = grid(millimetre, SHAPE, fine=fine, bold=bold, whole=True)
    framed = np.zeros_like(depth)
    framed[60:410, 80:1320] = bold
    framed[62:408, 82:1318] = depth[62:408, 82:1318]
    _, across, down = straightened(framed, millimetre)
    assert max(np.ptp(across), np.ptp(down)) < 0.5


def test_a_bend_is_taken_away() -> None:
    depth = grid(8.54, SHAPE)
    y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    bend = 3 * np.sin(x / 300)
    bent = depth[np.clip(np.rint(y - bend), 0, SHAPE[0] - 1).astype(int), x]
    flat, _, down = straightened(bent, 8.54)
    off = down - 3 * np.sin(flat.from_x / 300)
    assert float(np.median(np.abs(off - np.median(off)))) < 0.6


@pytest.mark.parametrize("degrees", [-1.5, 0.4, 2.5])
def test_a_strip_without_a_grid_that_was_scanned_askew_is_level(degrees: float) -> None:
    page = Image.fromarray(drawn.strip(scale=6.0, fine=None, bold=None).pixels())
    askew = np.asarray(page.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(255, 246, 244)))
    noise = np.random.default_rng(3).normal(0, 2, askew.shape)
    reading = read(np.clip(askew + noise, 0, 255).astype(np.uint8))
    (lead,) = reading.leads
    assert reading.degrees == pytest.approx(degrees, abs=0.1)
    assert np.nanmedian(lead.millivolts[:1000]) == pytest.approx(np.nanmedian(lead.millivolts[-1000:]), abs=0.03)


def test_a_drift_on_a_screen_is_the_trace_s_own() -> None:
    page = drawn.Page(222, 46, 6.0, paper=(0, 0, 0), fine=None, bold=None, pen=(90, 250, 120))
    page.trace(14, 28, drawn.lead(8) + np.linspace(0, 0.8, 8 * drawn.RATE))
    page.text(8, 43, "25 mm/s  10 mm/mV")
    reading = read(page.pixels())
    assert (reading.kind, reading.degrees) == (Kind.STRIP, 0.0)
