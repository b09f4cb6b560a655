"""Stretches of a recording on millimetre paper: 25 mm/s, 10 mm/mV, with a calibration mark, drawn as lines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.platypus import Flowable

MM_PER_SECOND: Final = 25.0
MM_PER_MILLIVOLT: Final = 10.0
INK, SOFT, FINE, COARSE, NOTHING = (HexColor(value) for value in (0x17212B, 0x4D5A67, 0xF6D5D0, 0xE8A79E, 0xE4E7EA))

#: Half of the least and greatest height of a strip, millimetres; what needs more is drawn at half the size, and so on.
_LEAST_REACH: Final = 10
_GREATEST_REACH: Final = 30
#: Points a second that a printer can still show at 25 mm/s; of denser samples the extremes are drawn.
_POINTS: Final = 500
#: Width of the calibration mark and its margins, millimetres.
_MARK: Final = 10.0
_TEXT_SIZE: Final = 6.5

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a strip shows of one lead."""

    lead: str
    values: Values
    """``[samples]``, millivolts, nan where nothing was recorded."""
    rate: float
    """Samples a second."""
    beats: tuple[tuple[float, str], ...] = ()
    """Seconds from its begin, and the code of the class."""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.values) / self.rate


def scale_of(values: Values) -> tuple[float, int, int, float]:
    """How a stretch is drawn: millimetres a millivolt, those above and below its baseline, and the baseline, mV.

    10 mm/mV where that fits on some centimetres of paper; else 5, 2.5 and so on.
    """
    known: Values = values[np.isfinite(values)]
    if not len(known):
        return MM_PER_MILLIVOLT, _LEAST_REACH, _LEAST_REACH, 0.0
    baseline = float(np.median(known))
    above, below = float(known.max()) - baseline, baseline - float(known.min())
    gain = MM_PER_MILLIVOLT
    while max(above, below) * gain > _GREATEST_REACH:
        gain /= 2
    up, down = (max(_LEAST_REACH, 5 * math.ceil(reach * gain / 5)) for reach in (above, below))
    return gain, up, down, baseline


def points(values: Values, rate: float) -> tuple[NDArray[np.float64], Values]:
    """Times (s) and values to join with lines: every sample, or where they lie too close, the extremes of some each."""
    factor = int(rate // _POINTS) if rate >= 2 * _POINTS else 1
    if factor == 1:
        return np.arange(len(values)) / rate, values
    buckets = values[: len(values) // factor * factor].reshape(-1, factor)
    whole = np.asarray(np.isfinite(buckets).all(axis=1))
    filled = np.where(np.isfinite(buckets), buckets, 0)
    places = np.sort(np.stack([filled.argmin(axis=1), filled.argmax(axis=1)], axis=1), axis=1)
    chosen = np.where(whole[:, None], np.take_along_axis(buckets, places, axis=1), np.nan).astype(np.float32)
    return ((np.arange(len(buckets)) * factor)[:, None] + places).ravel() / rate, chosen.ravel()


class Strip(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A stretch of one lead on paper of its own."""

    def __init__(self, stretch: Stretch, *, is_marked: bool = True) -> None:
        super().__init__()
        self._stretch, self._is_marked = stretch, is_marked
        self._gain, up, down, self._baseline = scale_of(stretch.values)
        self._down = down
        self._left = _MARK if is_marked else 0.0
        self._across = self._left + 5 * math.ceil(stretch.seconds * MM_PER_SECOND / 5)
        self._up = up + (5 if stretch.beats else 0)
        self.width, self.height = self._across * mm, (self._up + down) * mm

    @property
    def gain(self) -> float:
        """Millimetres a millivolt."""
        return self._gain

    def wrap(self, *_: float) -> tuple[float, float]:
        """Its size, points."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw it."""
        canvas = self.canv
        canvas.saveState()
        canvas.setLineJoin(1)
        self._draw_gaps(canvas)
        _grid(canvas, self._across, self._up + self._down)
        outline = canvas.beginPath()
        outline.rect(0, 0, self.width, self.height)
        canvas.clipPath(outline, stroke=0, fill=0)
        if self._is_marked:
            self._draw_mark(canvas)
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.6)
        _polyline(canvas, self._trace())
        self._draw_words(canvas)
        canvas.restoreState()

    def _trace(self) -> Iterator[list[tuple[float, float]]]:
        """The line in points, broken where nothing was recorded."""
        times, values = points(self._stretch.values, self._stretch.rate)
        across = (self._left + times * MM_PER_SECOND) * mm
        high = (self._down + (values - self._baseline) * self._gain) * mm
        known = np.isfinite(values)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
        for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            yield list(zip(across[first:last].tolist(), high[first:last].tolist(), strict=True))

    def _draw_gaps(self, canvas: Any) -> None:
        missing = ~np.isfinite(self._stretch.values)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]]).astype(np.int8)))
        canvas.setFillColor(NOTHING)
        for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            begin, end = ((self._left + at / self._stretch.rate * MM_PER_SECOND) * mm for at in (first, last))
            canvas.rect(begin, 0, end - begin, self.height, stroke=0, fill=1)

    def _draw_mark(self, canvas: Any) -> None:
        """A rectangle of 1 mV and 0.2 s."""
        low, high = self._down * mm, (self._down + self._gain) * mm
        steps = [(2, low), (2.5, low), (2.5, high), (7.5, high), (7.5, low), (8, low)]
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.6)
        _polyline(canvas, [[(at * mm, height) for at, height in steps]])

    def _draw_words(self, canvas: Any) -> None:
        canvas.setFillColor(INK)
        canvas.setFont("Helvetica-Bold", 8)
        if self._is_marked:
            canvas.drawString(1 * mm, 1 * mm, printable(self._stretch.lead))
        top = self.height - _TEXT_SIZE - 1
        last: float | None = None
        for time, symbol in self._stretch.beats:
            at = (self._left + time * MM_PER_SECOND) * mm
            canvas.setFont("Helvetica-Bold", _TEXT_SIZE + 1)
            canvas.drawCentredString(at, top, symbol)
            if last is not None and time - last >= _LEAST_NAMED:
                canvas.setFont("Helvetica", _TEXT_SIZE)
                middle = (self._left + (time + last) / 2 * MM_PER_SECOND) * mm
                canvas.drawCentredString(middle, top, f"{1000 * (time - last):.0f}")
            last = time


#: Seconds between beats that leave room for their interval in numbers.
_LEAST_NAMED: Final = 0.3


def _grid(canvas: Any, across: float, high: float) -> None:
    """Lines each millimetre, stronger ones each five."""
    for step, colour, width in ((1, FINE, 0.15), (5, COARSE, 0.35)):
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(width)
        path = canvas.beginPath()
        for at in range(0, int(across) + 1, step):
            if step == 5 or at % 5:
                path.moveTo(_rounded(at * mm), 0)
                path.lineTo(_rounded(at * mm), _rounded(high * mm))
        for at in range(0, int(high) + 1, step):
            if step == 5 or at % 5:
                path.moveTo(0, _rounded(at * mm))
                path.lineTo(_rounded(across * mm), _rounded(at * mm))
        canvas.drawPath(path, stroke=1, fill=0)


def _polyline(canvas: Any, lines: Iterator[list[tuple[float, float]]] | Sequence[list[tuple[float, float]]]) -> None:
    path = canvas.beginPath()
    for line in lines:
        path.moveTo(*map(_rounded, line[0]))
        for point in line[1:]:
            path.lineTo(*map(_rounded, point))
    canvas.drawPath(path, stroke=1, fill=0)


def _rounded(points_: float) -> float:
    """To a hundredth of a point, 3.5 µm: small files, and nothing that anybody could see."""
    return round(points_, 2)


def printable(text: str) -> str:
    """``text`` with what the report's font lacks written as Python writes it."""
    shown = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return shown.encode("cp1252", "backslashreplace").decode("cp1252")
