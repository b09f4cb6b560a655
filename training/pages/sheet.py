"""A page on paper: grid, traces, names, pulses, separators, text; and where each of them lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.rendering import CLASSIC, draw
from training.pages import strokes
from training.pages.arrangements import Panel
from training.pages.excerpts import Excerpt
from training.pages.strokes import Coverage
from training.pages.style import Style
from training.pages.truth import GRID, MARK, PAPER, TRACE, LeadTruth
from training.pictures.fonts import font

#: A pixel belongs to a trace or a mark from this coverage on, to the grid from that.
_INK: Final = 96
_LINE: Final = 64

_BALLPOINT: Final = (30, 50, 150)

PULSE_SECONDS: Final = 0.2


@dataclass(slots=True)
class Sheet:
    """A page as its layers."""

    trace: Coverage
    mark: Coverage
    handwriting: Coverage
    fine: Coverage
    bold: Coverage
    style: Style
    pixels_per_mm: float
    leads: list[LeadTruth]
    """Places are pixels of the sheet."""

    def painted(self) -> NDArray[np.uint8]:
        """The page in colour, ``[height, width, 3]``."""
        kind = self.style.kind
        image = np.empty((*self.trace.shape, 3), np.uint8)
        image[:] = kind.paper
        for layer, colour in (
            (self.fine, kind.fine),
            (self.bold, kind.bold),
            (self.mark, self.style.text_colour),
            (self.trace, self.style.pen),
            (self.handwriting, _BALLPOINT),
        ):
            if colour is not None:
                _ink(image, layer, colour)
        return image

    def labels(self) -> NDArray[np.uint8]:
        """What each pixel shows, ``[height, width]``; see :data:`~training.pages.truth.PIXEL_CLASSES`."""
        labels = np.full(self.trace.shape, PAPER, np.uint8)
        if self.style.kind.bold is not None:
            grid = self.bold if self.style.kind.fine is None else np.maximum(self.fine, self.bold)
            labels[grid >= _LINE] = GRID
        labels[self.mark >= _INK] = MARK
        labels[self.trace >= _INK] = TRACE
        labels[self.handwriting >= _INK] = MARK
        return labels


def _ink(image: NDArray[np.uint8], layer: Coverage, colour: tuple[int, int, int]) -> None:
    """Colour the pixels of ``image`` that ``layer`` covers, in place."""
    where = np.flatnonzero(layer)
    flat = image.reshape(-1, 3)
    share = layer.reshape(-1)[where, None].astype(np.float32) / 255
    under = flat[where].astype(np.float32)
    flat[where] = np.rint(under + (np.array(colour, np.float32) - under) * share).astype(np.uint8)


def size_mm(panels: Sequence[Panel], style: Style) -> tuple[float, float]:
    """Width and height of the paper that the panels need."""
    left, above, right, below = style.margins
    seconds = max(panel.begin + panel.seconds for panel in panels)
    rows = max(panel.row for panel in panels) + 1
    pulse = 0.0 if style.pulse == "none" else PULSE_SECONDS * style.mm_per_second + 3
    return left + pulse + seconds * style.mm_per_second + right, above + rows * style.row_height + below


def drawn(
    excerpt: Excerpt, panels: Sequence[Panel], style: Style, pixels_per_mm: float, header: Sequence[str] = ()
) -> Sheet:
    """A page.

    Args:
        header: Lines of text above the rows; as many as there is room for are printed.
    """
    width_mm, height_mm = size_mm(panels, style)
    shape = (round(height_mm * pixels_per_mm), round(width_mm * pixels_per_mm))
    fine, bold = _grid(shape, style, pixels_per_mm)
    trace, mark, handwriting = (np.zeros(shape, np.uint8) for _ in range(3))
    sheet = Sheet(trace, mark, handwriting, fine, bold, style, pixels_per_mm, [])
    if style.box:
        _frame(sheet, panels)
    for panel in panels:
        sheet.leads.append(_panel(sheet, excerpt, panel))
    for panel in panels:
        _name(sheet, panel)
        if panel.column > 0:
            _separator(sheet, panel)
    if style.pulse != "none":
        for row in sorted({panel.row for panel in panels}):
            _pulse(sheet, row, panels)
    _texts(sheet, header)
    return sheet


def _origin(style: Style) -> float:
    """Where the page's first moment lies, mm."""
    return style.margins[0] + (PULSE_SECONDS * style.mm_per_second + 3 if style.pulse == "before" else 0.0)


def _baseline(style: Style, row: int) -> float:
    """A row's zero, mm."""
    return style.margins[1] + (row + 0.55) * style.row_height


def _grid(shape: tuple[int, int], style: Style, scale: float) -> tuple[Coverage, Coverage]:
    height, width = shape
    shift_x, shift_y = (part * scale for part in style.grid_shift)

    def lines(every: float, thick: float, *, dots: bool = False) -> Coverage:
        across = strokes.rulings(width, every * scale, shift_x, thick * scale)
        down = strokes.rulings(height, every * scale, shift_y, thick * scale)
        cover = down[:, None] * across if dots else np.maximum(down[:, None], across)
        return np.rint(255 * cover).astype(np.uint8)

    fine_width = style.fine_width * (3 if style.dotted else 1)
    return lines(1, fine_width, dots=style.dotted), lines(5, style.bold_width)


def _frame(sheet: Sheet, panels: Sequence[Panel]) -> None:
    """Keep the grid within a frame around the rows."""
    style, scale = sheet.style, sheet.pixels_per_mm
    rows = max(panel.row for panel in panels) + 1
    height_mm = rows * style.row_height
    left, top = round((style.margins[0] - 3) * scale), round(style.margins[1] * scale)
    right = sheet.trace.shape[1] - round((style.margins[2] - 3) * scale)
    bottom = round((style.margins[1] + height_mm) * scale)
    outside = np.ones(sheet.trace.shape, np.bool_)
    outside[top:bottom, left:right] = False
    sheet.fine[outside] = 0
    sheet.bold[outside] = 0
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    strokes.line(sheet.bold, np.array(corners, np.float64), max(1.0, style.bold_width * scale))


def _panel(sheet: Sheet, excerpt: Excerpt, panel: Panel) -> LeadTruth:
    """Draw a stretch of a lead."""
    style, scale = sheet.style, sheet.pixels_per_mm
    first = round(panel.begin * excerpt.rate)
    lead = excerpt.lead(panel.lead)[first : first + round(panel.seconds * excerpt.rate) + 1]
    step = style.mm_per_second / excerpt.rate * scale
    x = (_origin(style) + panel.begin * style.mm_per_second) * scale + np.arange(len(lead)) * step
    y = (_baseline(style, panel.row) - lead.astype(np.float64) * style.mm_per_mv) * scale
    known = np.isfinite(lead)
    ends = np.flatnonzero(np.diff(np.r_[False, known, False].astype(np.int8)))
    for begin, end in zip(ends[::2], ends[1::2], strict=True):
        if end - begin > 1:
            _stroke(sheet.trace, x[begin:end], y[begin:end], style.pen_width * scale)
    half = style.pen_width * scale / 2
    seen = y[known] if known.any() else np.array([_baseline(style, panel.row) * scale])
    box = (float(x[0]) - half, float(seen.min()) - half, float(x[-1]) + half, float(seen.max()) + half)
    return LeadTruth(
        name=panel.lead,
        begin=first / excerpt.rate,
        rate=excerpt.rate,
        millivolts=lead,
        trace=np.stack([x, y], axis=1),
        box=box,
        row=panel.row,
        column=panel.column,
    )


def _stroke(layer: Coverage, x: NDArray[np.floating], y: NDArray[np.floating], width: float) -> None:
    """A line through points whose x are evenly spaced, exactly anti-aliased, upon the layer."""
    margin = width + 2
    left = int(np.floor(x[0] - margin))
    top, bottom = int(np.floor(y.min() - margin)), int(np.ceil(y.max() + margin))
    geometry = replace(
        CLASSIC,
        width=int(np.ceil(x[-1] + margin)) - left,
        height=bottom - top,
        left=float(x[0] - left),
        right=float(x[-1] - left),
        top=0.0,
        bottom=float(bottom - top),
        lowest_mv=float(-bottom),
        highest_mv=float(-top),
        line_width=width,
        ink=0,
    )
    strokes.add(layer, 255 - draw(-y[None].astype(np.float32), geometry)[0], left, top)


def _name(sheet: Sheet, panel: Panel) -> None:
    """Print the lead's name at its panel."""
    style, scale = sheet.style, sheet.pixels_per_mm
    x = _origin(style) + panel.begin * style.mm_per_second
    y = _baseline(style, panel.row) - 0.32 * style.row_height
    if not style.names_above and panel.column == 0:
        x, y = 2.0, _baseline(style, panel.row) + style.text_height / 2
    else:
        x += 1.2
    strokes.text(sheet.mark, (x * scale, y * scale), panel.lead, font(style.font, round(style.text_height * scale)))


def _separator(sheet: Sheet, panel: Panel) -> None:
    style, scale = sheet.style, sheet.pixels_per_mm
    x, middle = _origin(style) + panel.begin * style.mm_per_second, _baseline(style, panel.row)
    ends: list[tuple[float, float]] = {
        "tick": [(-5.0, -2.5), (2.5, 5.0)],
        "bar": [(-7.5, 7.5)],
        "colon": [(-3.0, -2.0), (2.0, 3.0)],
        "none": [],
    }[style.separators]
    for upper, lower in ends:
        points = np.array([(x, middle + upper), (x, middle + lower)]) * scale
        strokes.line(sheet.mark, points, style.pen_width * scale)


def _pulse(sheet: Sheet, row: int, panels: Sequence[Panel]) -> None:
    """One millivolt for a fifth of a second."""
    style, scale = sheet.style, sheet.pixels_per_mm
    width, base = PULSE_SECONDS * style.mm_per_second, _baseline(style, row)
    end = max(panel.begin + panel.seconds for panel in panels if panel.row == row)
    x = _origin(style) - width - 2 if style.pulse == "before" else _origin(style) + end * style.mm_per_second + 1.5
    high = base - style.mm_per_mv
    points = [(x - 1, base), (x, base), (x, high), (x + width, high), (x + width, base), (x + width + 1, base)]
    strokes.line(sheet.mark, np.array(points) * scale, style.pen_width * scale)


def _texts(sheet: Sheet, header: Sequence[str]) -> None:
    """Print the lines above, and speed and gain below."""
    style, scale = sheet.style, sheet.pixels_per_mm
    letters = font(style.font, round(style.text_height * scale))
    y = style.text_height + 2
    for words in header[: style.header]:
        if y > style.margins[1] - 1:
            break
        strokes.text(sheet.mark, (style.margins[0] * scale, y * scale), words, letters)
        y += 1.35 * style.text_height
    if style.printed_scale:
        words = f"{style.mm_per_second:g} mm/s  {style.mm_per_mv:g} mm/mV"
        height_mm = sheet.mark.shape[0] / scale
        strokes.text(sheet.mark, (style.margins[0] * scale, (height_mm - 3) * scale), words, letters)
