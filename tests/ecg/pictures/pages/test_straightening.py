"""Paper made flat, and pictures without a grid made level."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ecg.pictures.pages.reading import read
from ecg.pictures.pages.result import Kind
from tests.ecg.pictures.pages import drawn


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
