"""A page from an excerpt and a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.pages import capture, header_text, sheet, style
from training.pages.arrangements import TWELVE_LEADS, panels_of
from training.pages.capture import Medium
from training.pages.excerpts import Excerpt
from training.pages.style import Style
from training.pages.truth import Calibration, PageTruth

LAYOUTS: Final = ("1x1", "2x1", "3x1", *TWELVE_LEADS)

SCALES: Final = {
    Medium.CLEAN: (6.0, 11.8),
    Medium.SCAN: (5.0, 11.8),
    Medium.PHOTOGRAPH: (5.0, 10.0),
    Medium.SCREENSHOT: (3.6, 8.0),
    Medium.MONITOR: (3.6, 8.0),
}
"""Least and greatest pixels of a millimetre: 150 to 300 dots an inch on paper, what screens and cameras show."""


@dataclass(frozen=True, slots=True)
class Page:
    """A finished picture of a page."""

    pixels: NDArray[np.uint8]
    """``[height, width, 3]``, as its file holds it."""
    labels: NDArray[np.uint8]
    """``[height, width]``; see :data:`~training.pages.truth.PIXEL_CLASSES`."""
    truth: PageTruth
    jpeg: bytes | None
    """The file, where it is a JPEG file."""


def drawn(excerpt: Excerpt, layout: str, medium: Medium, seed: int, *, vary: bool = True) -> Page:
    """The page that a seed makes; equal arguments give equal pixels.

    Args:
        excerpt: What is shown; of it as much as fits, from its begin.
        layout: One of :data:`LAYOUTS`.
        medium: How it is caught.
        seed: Of style and accidents.
        vary: Papers, pens, fonts, speeds by chance; else as a machine leaves the factory.

    Raises:
        ValueError: the excerpt has too few leads for the layout.
    """
    generator = np.random.default_rng(seed)
    screen = medium is Medium.MONITOR
    look = style.varied(layout, generator, screen=screen) if vary or screen else style.plain(layout)
    cabrera = vary and layout in {"6x2", "3x4", "12x1"} and generator.random() < 0.2
    seconds = min(excerpt.seconds, 10.0 * 25 / look.mm_per_second)
    panels = panels_of(layout, excerpt.leads, seconds, cabrera=cabrera)
    low, high = SCALES[medium]
    scale = float(generator.uniform(low, high))
    page = sheet.drawn(excerpt, panels, look, scale, header_text.lines(generator))
    caught = capture.caught(page, medium, generator)
    truth = PageTruth(
        layout=layout,
        cabrera=cabrera,
        medium=medium.value,
        size=(caught.pixels.shape[1], caught.pixels.shape[0]),
        corners=caught.corners,
        calibration=_calibration(look, caught.pixels_per_mm),
        leads=caught.leads,
        source=excerpt.source,
    )
    return Page(caught.pixels, caught.labels, truth, caught.jpeg)


def _calibration(look: Style, pixels_per_mm: float) -> Calibration:
    return Calibration(
        mm_per_second=look.mm_per_second,
        mm_per_mv=look.mm_per_mv,
        pixels_per_mm=pixels_per_mm,
        printed=look.printed_scale,
        pulse=look.pulse != "none",
        grid=look.kind.bold is not None,
    )
