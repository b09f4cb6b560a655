"""Strips and pages drawn for tests, in plain strokes, with what is drawn known exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Floats = NDArray[np.float64]

RATE = 500
STANDARD = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
_FINER = 3
"""Everything is drawn so many times as large, and made smaller."""


def lead(seconds: float, *, height: float = 1.0, rate: float = 72.0, late: float = 0.3) -> Floats:
    """A sinus rhythm in millivolts: P, QRS and T, ``height`` millivolts high."""
    times = np.arange(round(seconds * RATE)) / RATE
    values = np.zeros_like(times)
    for begin in np.arange(late, seconds + 1, 60 / rate):
        for after, high, wide in ((-0.16, 0.12, 0.025), (-0.03, -0.1, 0.01), (0.0, 1.0, 0.013), (0.035, -0.22, 0.012)):
            values += height * high * np.exp(-(((times - begin - after) / wide) ** 2) / 2)
        values += height * 0.28 * np.exp(-(((times - begin - 0.3) / 0.05) ** 2) / 2)
    return values


class Page:
    """A page under the pen. Lengths are millimetres."""

    def __init__(
        self,
        width: float,
        height: float,
        scale: float,
        *,
        paper: tuple[int, int, int] = (255, 246, 244),
        fine: tuple[int, int, int] | None = (250, 208, 204),
        bold: tuple[int, int, int] | None = (240, 150, 146),
        pen: tuple[int, int, int] = (20, 20, 20),
    ) -> None:
        self.scale = scale
        self._pen = pen
        size = (round(width * scale * _FINER), round(height * scale * _FINER))
        self._image = Image.new("RGB", size, paper)
        self._draw = ImageDraw.Draw(self._image)
        for every, colour, thick in ((1, fine, 0.1), (5, bold, 0.22)):
            if colour is not None:
                self._lines(every, colour, thick, width, height)

    def _lines(self, every: int, colour: tuple[int, int, int], thick: float, width: float, height: float) -> None:
        pixels = max(1, round(thick * self.scale * _FINER))
        for place in np.arange(0.5, width, every):
            x = round(place * self.scale * _FINER)
            self._draw.line([(x, 0), (x, self._image.height)], fill=colour, width=pixels)
        for place in np.arange(0.5, height, every):
            y = round(place * self.scale * _FINER)
            self._draw.line([(0, y), (self._image.width, y)], fill=colour, width=pixels)

    def trace(self, x: float, y: float, values: Floats, *, speed: float = 25.0, gain: float = 10.0) -> None:
        """A lead from ``x`` on, whose zero is at ``y``."""
        places = [(x + number / RATE * speed, y - float(value) * gain) for number, value in enumerate(values)]
        self.line(places)

    def pulse(self, x: float, y: float, *, speed: float = 25.0, gain: float = 10.0) -> None:
        """A millivolt for a fifth of a second."""
        wide = speed / 5
        self.line([(x - 1, y), (x, y), (x, y - gain), (x + wide, y - gain), (x + wide, y), (x + wide + 1, y)])

    def line(
        self, places: Sequence[tuple[float, float]], thick: float = 0.32, pen: tuple[int, int, int] | None = None
    ) -> None:
        """A stroke of the pen, or of another one."""
        points = [(x * self.scale * _FINER, y * self.scale * _FINER) for x, y in places]
        self._draw.line(points, fill=pen or self._pen, width=max(1, round(thick * self.scale * _FINER)), joint="curve")

    def text(self, x: float, y: float, words: str, high: float = 3.4, pen: tuple[int, int, int] | None = None) -> None:
        """Words on a line at ``y``."""
        font = ImageFont.load_default(high * self.scale * _FINER)
        place = (x * self.scale * _FINER, y * self.scale * _FINER)
        self._draw.text(place, words, fill=pen or self._pen, font=font, anchor="ls")

    def pixels(self) -> NDArray[np.uint8]:
        """The finished page, ``[rows, columns, 3]``."""
        size = (self._image.width // _FINER, self._image.height // _FINER)
        return np.asarray(self._image.resize(size, Image.Resampling.BOX))


def strip(
    seconds: float = 8.0, *, scale: float = 8.0, name: str = "II", **colours: tuple[int, int, int] | None
) -> Page:
    """A strip of one lead with a pulse and its scale in print."""
    page = Page(22 + 25 * seconds, 46, scale, **colours)  # type: ignore[arg-type]
    page.pulse(5, 28)
    page.trace(14, 28, lead(seconds))
    page.text(15, 12, name)
    page.text(8, 43, "25 mm/s  10 mm/mV")
    return page


def twelve(
    *, scale: float = 6.0, order: Sequence[str] = STANDARD, **colours: tuple[int, int, int] | None
) -> tuple[Page, dict[str, Floats]]:
    """A page of 3 × 4 and a rhythm strip, and what each lead shows in its 2.5 seconds (II in all ten)."""
    page = Page(280, 130, scale, **colours)  # type: ignore[arg-type]
    heights = dict(zip(order, (0.6, 1.0, 0.5, -0.8, 0.3, 0.7, -0.6, 0.9, 1.2, 1.4, 1.1, 0.8), strict=True))
    shown: dict[str, Floats] = {}
    for number, name in enumerate(order):
        column, row = divmod(number, 3)
        values = lead(10, height=heights[name])[column * 1250 : (column + 1) * 1250]
        page.trace(18 + 62.5 * column, 35 + 25 * row, values)
        page.text(19.5 + 62.5 * column, 26 + 25 * row, name)
        shown[name] = values
    shown["II"] = lead(10)
    page.trace(18, 110, shown["II"])
    page.text(19.5, 101, "II")
    for row in range(4):
        page.pulse(9, 35 + 25 * row)
    page.text(12, 127, "25 mm/s  10 mm/mV")
    return page, shown


def two_rows_and_a_crease(pen: tuple[int, int, int] | None = None) -> Page:
    """``I`` and ``II``, and above them a line by a ``pen`` that is no row."""
    page = Page(230, 110, 8.0)
    for y, name in ((50, "I"), (80, "II")):
        page.trace(14, y, lead(8))
        page.text(14, y - 12, name)
    page.text(14, 104, "25 mm/s  10 mm/mV")
    along = np.arange(60, 222, 0.5)
    crease = np.stack([along, 18 + 1.2 * np.sin(along / 9) + 0.4 * np.sin(along / 2.1)], axis=1)
    page.line(crease.tolist(), thick=0.5, pen=pen)
    return page


def difference(values: NDArray[np.floating], shown: Floats) -> float:
    """How far a lead that was read is from the one that was drawn: share of its height, at the best of some delays."""
    best = np.inf
    for delay in range(-12, 13):
        first, last = max(0, delay), min(len(values), len(shown) + delay)
        read, drawn = values[first:last], shown[first - delay : last - delay]
        off = (read - np.nanmedian(read)) - (drawn - np.median(drawn))
        best = min(best, float(np.sqrt(np.nanmean(off**2))))
    return best / float(np.sqrt(np.mean((shown - shown.mean()) ** 2)))
