"""Pages as carts print them to PDF, by ReportLab, with what they show known exactly."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

Floats = NDArray[np.float64]

FINE, BOLD, PEN = (1.0, 0.8, 0.8), (0.95, 0.55, 0.55), (0.05, 0.05, 0.05)


@dataclass(frozen=True)
class Style:
    """How a maker of carts draws."""

    mm_per_second: float = 25.0
    mm_per_mv: float = 10.0
    scale: float = 1.0
    """Of the whole page: 1 is true to size."""
    printed: bool = True
    """Whether speed and gain are printed."""
    joined: bool = False
    """Whether speed and gain stand without a space before their units."""
    pulse: str = "apart"
    """``apart``, a line of its own; ``before``, part of the row's; or ``none``."""
    pieces: int = 0
    """Points to a path; 0: each trace is one path."""
    rows_in_one: bool = False
    """Whether the leads of a row are one line."""
    fine: bool = True
    grid_as_bars: bool = False
    names: bool = True
    turned: int = 0
    """``/Rotate`` of the page."""
    sideways: bool = False
    """Whether all is drawn a quarter turn round."""
    in_form: bool = False
    header: Sequence[str] = field(default=("Ward 3", "12-lead ECG"))


def page(rows: Sequence[Sequence[tuple[str, Floats]]], rate: float, style: Style | None = None) -> bytes:
    """A PDF of rows of leads (name, millivolts), each row's leads one after the other."""
    style = style or Style()
    seconds = max(sum(len(values) for _, values in row) for row in rows) / rate
    width = (seconds * style.mm_per_second + 40) * mm * style.scale
    height = (26 * len(rows) + 40) * mm * style.scale
    buffer = io.BytesIO()
    # ReportLab turns the size of a page that is turned.
    swapped = style.sideways != (style.turned % 180 == 90)
    canvas = Canvas(buffer, pagesize=(height, width) if swapped else (width, height), invariant=True)
    if style.sideways:
        canvas.translate(height, 0)
        canvas.rotate(90)
    canvas.scale(style.scale, style.scale)
    if style.in_form:
        canvas.beginForm("sheet", 0, 0, width, height)
    _draw(canvas, rows, rate, style, (width / style.scale, height / style.scale))
    if style.in_form:
        canvas.endForm()
        canvas.doForm("sheet")
    if style.turned:
        canvas.setPageRotation(style.turned)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw(
    canvas: Canvas, rows: Sequence[Sequence[tuple[str, Floats]]], rate: float, style: Style, size: tuple[float, float]
) -> None:
    width, height = size
    _grid(canvas, width, height, style)
    canvas.setFont("Helvetica", 9)
    for number, line in enumerate(style.header):
        canvas.drawString(12 * mm, height - (6 + 4 * number) * mm, line)
    if style.printed:
        space = "" if style.joined else " "
        canvas.drawString(
            12 * mm, 4 * mm, f"{style.mm_per_second:g}{space}mm/s   {style.mm_per_mv:g}{space}mm/mV   0.05-150 Hz"
        )
    canvas.setStrokeColorRGB(*PEN)
    canvas.setLineWidth(0.6)
    for number, row in enumerate(rows):
        base = height - (32 + 26 * number) * mm
        _row(canvas, row, rate, style, base)


def _row(canvas: Canvas, row: Sequence[tuple[str, Floats]], rate: float, style: Style, base: float) -> None:
    left = 25 * mm
    step = style.mm_per_second / rate * mm
    lines: list[list[tuple[float, float]]] = []
    pulse = [(x * mm, base + y * style.mm_per_mv * mm) for x, y in
             ((14, 0), (15, 0), (15, 1), (15 + 0.2 * style.mm_per_second, 1), (15 + 0.2 * style.mm_per_second, 0),
              (16 + 0.2 * style.mm_per_second, 0))]  # fmt: skip
    if style.pulse != "none":
        lines.append(pulse)
    x = left
    for name, values in row:
        if style.names and name:
            canvas.drawString(x + 1 * mm, base + 9 * mm, name)
        lines.append(
            [(x + number * step, base + value * style.mm_per_mv * mm) for number, value in enumerate(values.tolist())]
        )
        x += len(values) * step
    if style.rows_in_one:
        lines = [*lines[: style.pulse != "none"], [point for line in lines[style.pulse != "none" :] for point in line]]
    if style.pulse == "before":
        lines = [[*lines[0], *lines[1]], *lines[2:]]
    for line in lines:
        pieces = style.pieces or len(line)
        for begin in range(0, len(line) - 1, pieces):
            path = canvas.beginPath()
            path.moveTo(*line[begin])
            for point in line[begin + 1 : begin + pieces + 1]:
                path.lineTo(*point)
            canvas.drawPath(path)


def _grid(canvas: Canvas, width: float, height: float, style: Style) -> None:
    for every, colour, thick in ((1, FINE, 0.15), (5, BOLD, 0.4)):
        if every == 1 and not style.fine:
            continue
        canvas.setStrokeColorRGB(*colour)
        canvas.setFillColorRGB(*colour)
        canvas.setLineWidth(thick)
        for at in np.arange(5 * mm, width - 4.9 * mm, every * mm).tolist():
            if style.grid_as_bars:
                canvas.rect(at - thick / 2, 8 * mm, thick, height - 23 * mm, stroke=0, fill=1)
            else:
                canvas.line(at, 8 * mm, at, height - 15 * mm)
        for at in np.arange(8 * mm, height - 14.9 * mm, every * mm).tolist():
            if style.grid_as_bars:
                canvas.rect(5 * mm, at - thick / 2, width - 10 * mm, thick, stroke=0, fill=1)
            else:
                canvas.line(5 * mm, at, width - 5 * mm, at)
    canvas.setFillColorRGB(*PEN)
