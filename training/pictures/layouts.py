"""Pictures of one beat in any geometry: window, size, margins, frame, axes, ruled paper, gain, camera.

A :class:`Layout` says how a stretch of a lead becomes a picture. :mod:`training.pictures.styles` varies the classic
geometry, this module leaves it. Each picture comes with the places of its samples, so that what is read of it can be
compared with what was drawn. Time always runs from left to right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ecg.beats import SAMPLING_RATE, WINDOW_AFTER, WINDOW_BEFORE
from ecg.pictures.rendering import CLASSIC, Geometry, draw
from training.pictures.camera import Camera, photographed

Colour = tuple[int, int, int]

WHITE: Final[Colour] = (255, 255, 255)
#: Standard paper.
MM_PER_SECOND: Final = 25.0
MM_PER_MV: Final = 10.0


@dataclass(frozen=True, slots=True)
class Ruling:
    """A grid of millimetres."""

    fine: Colour | None
    """Colour of the lines every millimetre."""
    bold: Colour
    """Colour of the lines every five."""
    shift_mm: tuple[float, float] = (0.0, 0.0)
    """Where the first bold lines lie."""
    width: int = 1
    """Of the bold lines, pixels."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Lines, ticks and numbers around the plot, in the way of plotting libraries."""

    colour: Colour = (0, 0, 0)
    box: bool = True
    """All four sides; else the left and the lower one."""
    numbers: bool = True
    title: str = ""
    lines: Colour | None = None
    """Colour of lines across the plot at the ticks."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a stretch of a lead becomes a picture. Lengths are pixels of the finished picture."""

    before: float = WINDOW_BEFORE / SAMPLING_RATE
    """Seconds before the R peak."""
    after: float = (WINDOW_AFTER - 1) / SAMPLING_RATE
    """Seconds after it."""
    plot: tuple[int, int, int, int] = (24, 15, 173, 114)
    """The plot's left, top, right and lower edge."""
    size: tuple[int, int] = (CLASSIC.width, CLASSIC.height)
    """Width and height of the picture."""
    range_mv: tuple[float, float] | None = None
    """What the plot shows from bottom to top; None: what the trace needs and 5 % more, as plotting libraries do."""
    millimetre: float | None = None
    """Pixels of a millimetre at 25 mm/s and 10 mm/mV: the plot is as large as the trace needs then, and the picture
    has no margins but those of ``plot`` and ``size`` around it."""
    gain: float = 1.0
    """Amplitudes are multiplied by it."""
    line_width: float = 0.625
    ink: Colour = (100, 100, 100)
    paper: Colour = WHITE
    transparent: bool = False
    """No paper at all: only ink, on nothing."""
    ruling: Ruling | None = None
    axes: Axes | None = None
    frame: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Width of a frame at the picture's left, top, right and lower edge."""
    frame_colour: Colour = (0, 0, 0)
    resized: tuple[int, int] | None = None
    """The picture is stretched to this size in the end, in proportion or not."""
    camera: Camera | None = None


class Drawn(NamedTuple):
    """A picture and where in it the trace lies."""

    image: Image.Image
    """``L``, ``RGB`` or ``RGBA``."""
    points: NDArray[np.float64]
    """``[N, 2]``: x and y of each sample, pixels from the left and top edge; y is NaN where it was cut off."""


def painted(lead: NDArray[np.floating], r_peak: int, layout: Layout, generator: np.random.Generator) -> Drawn:
    """The picture of the beat at sample ``r_peak`` of ``lead`` (millivolts at 360 Hz; the ends go on where they end).

    Args:
        generator: of the camera's noise.
    """
    first = r_peak - round(layout.before * SAMPLING_RATE)
    last = r_peak + round(layout.after * SAMPLING_RATE)
    signal = lead[np.clip(np.arange(first, last + 1), 0, len(lead) - 1)].astype(np.float64) * layout.gain
    geometry = _geometry(signal, layout)
    coverage = (255 - draw(signal[None].astype(np.float32), geometry)[0]).astype(np.float32) / 255
    sheet = _sheet(layout, geometry)
    image = _inked(sheet, coverage, layout)
    drawn = Drawn(image, _points(signal, geometry))
    if layout.resized is not None:
        drawn = _stretched(drawn, layout.resized)
    if layout.camera is not None:
        paper = (0, 0, 0, 0) if layout.transparent else layout.paper
        drawn = Drawn(*photographed(drawn.image, drawn.points, layout.camera, paper, generator))
    return drawn


def _geometry(signal: NDArray[np.float64], layout: Layout) -> Geometry:
    """The plot, in which a sample lies at the left edge and one at the right."""
    low, high = float(signal.min()), float(signal.max())
    room = max(0.05 * (high - low), 0.01)
    lowest, highest = layout.range_mv or (low - room, high + room)
    left, top, right, bottom = layout.plot
    width, height = layout.size
    if layout.millimetre is not None:
        across = (len(signal) - 1) / SAMPLING_RATE * MM_PER_SECOND * layout.millimetre
        down = (highest - lowest) * MM_PER_MV * layout.millimetre
        width, height = round(left + across + width - right), round(top + down + height - bottom)
        edges = (float(left), float(top), left + across, top + down)
    else:
        edges = (float(left), float(top), float(right), float(bottom))
    return replace(
        CLASSIC,
        width=max(width, 16),
        height=max(height, 16),
        left=edges[0],
        top=edges[1],
        right=edges[2],
        bottom=edges[3],
        lowest_mv=lowest,
        highest_mv=highest,
        line_width=layout.line_width,
        ink=0,
    )


def _points(signal: NDArray[np.float64], geometry: Geometry) -> NDArray[np.float64]:
    x = np.linspace(geometry.left, geometry.right, len(signal))
    per_mv = (geometry.bottom - geometry.top) / (geometry.highest_mv - geometry.lowest_mv)
    y = geometry.top + (geometry.highest_mv - signal) * per_mv
    y[(y < geometry.top) | (y > geometry.bottom)] = np.nan
    return np.stack([x, y], axis=1)


def _inked(sheet: Image.Image, coverage: NDArray[np.float32], layout: Layout) -> Image.Image:
    if layout.transparent:
        opacity = np.maximum(coverage, np.asarray(sheet, dtype=np.float32)[..., 3] / 255)
        pixels = np.empty((*coverage.shape, 4), dtype=np.uint8)
        pixels[..., :3] = layout.ink
        pixels[..., 3] = np.rint(255 * opacity)
        return Image.fromarray(pixels)
    paper = np.asarray(sheet, dtype=np.float32)
    mixed = paper + (np.array(layout.ink, dtype=np.float32) - paper) * coverage[..., None]
    pixels = np.rint(mixed).astype(np.uint8)
    grey = (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all()
    return Image.fromarray(pixels[..., 0] if grey else pixels)


def _sheet(layout: Layout, geometry: Geometry) -> Image.Image:
    """The paper with its grid, axes and frame, before the trace is drawn."""
    size = (geometry.width, geometry.height)
    sheet = Image.new("RGBA", size, (0, 0, 0, 0)) if layout.transparent else Image.new("RGB", size, layout.paper)
    pen = ImageDraw.Draw(sheet)
    if layout.ruling is not None:
        _rule(pen, layout, layout.ruling, geometry)
    if layout.axes is not None:
        _draw_axes(pen, layout, geometry, layout.axes)
    left, top, right, bottom = layout.frame
    width, height = size
    for box, thick in (
        ((0, 0, left - 1, height), left),
        ((0, 0, width, top - 1), top),
        ((width - right, 0, width, height), right),
        ((0, height - bottom, width, height), bottom),
    ):
        if thick:
            pen.rectangle(box, fill=layout.frame_colour)
    return sheet


def _rule(pen: ImageDraw.ImageDraw, layout: Layout, ruling: Ruling, geometry: Geometry) -> None:
    millimetre = layout.millimetre or (geometry.right - geometry.left) / (
        (layout.before + layout.after) * MM_PER_SECOND
    )
    for every, colour, width in ((1, ruling.fine, 1), (5, ruling.bold, ruling.width)):
        step = every * millimetre
        if colour is None or step < 2:  # closer lines would be one tint, as on any screen
            continue
        shift = [(part % 5) * millimetre for part in ruling.shift_mm]
        for x in np.arange(shift[0] % step, geometry.width, step):
            pen.line((x, 0, x, geometry.height), fill=colour, width=width)
        for y in np.arange(shift[1] % step, geometry.height, step):
            pen.line((0, y, geometry.width, y), fill=colour, width=width)


def _draw_axes(pen: ImageDraw.ImageDraw, layout: Layout, geometry: Geometry, axes: Axes) -> None:
    left, top, right, bottom = geometry.left, geometry.top, geometry.right, geometry.bottom
    line = max(1, round(geometry.width / 500))
    size = max(7, round(geometry.width / 34))
    tick = max(2.0, geometry.width / 90)
    seconds = layout.before + layout.after
    step = 0.1 if seconds < 0.8 else 0.2
    for second in np.arange(0, seconds, step):
        x = left + second / seconds * (right - left)
        if axes.lines is not None:
            pen.line((x, top, x, bottom), fill=axes.lines, width=line)
        pen.line((x, bottom, x, bottom + tick), fill=axes.colour, width=line)
        if axes.numbers:
            pen.text((x, bottom + tick + 1), f"{second:.1f}", fill=axes.colour, font_size=size, anchor="mt")
    span = geometry.highest_mv - geometry.lowest_mv
    step = next((step for step in (0.1, 0.2, 0.5, 1.0) if span / step < 9), 2.0)
    for level in np.arange(np.ceil(geometry.lowest_mv / step), geometry.highest_mv / step) * step:
        y = top + (geometry.highest_mv - level) / span * (bottom - top)
        if axes.lines is not None:
            pen.line((left, y, right, y), fill=axes.lines, width=line)
        pen.line((left - tick, y, left, y), fill=axes.colour, width=line)
        if axes.numbers:
            pen.text((left - tick - 2, y), f"{level:.1f}", fill=axes.colour, font_size=size, anchor="rm")
    if axes.box:
        pen.rectangle((left, top, right, bottom), outline=axes.colour, width=line)
    else:
        pen.line((left, top, left, bottom, right, bottom), fill=axes.colour, width=line)
    if axes.title:
        pen.text(((left + right) / 2, max(0, top - 2)), axes.title, fill=axes.colour, font_size=size, anchor="mb")


def _stretched(drawn: Drawn, size: tuple[int, int]) -> Drawn:
    shrinks = size[0] < drawn.image.width or size[1] < drawn.image.height
    method = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC
    factors = (size[0] / drawn.image.width, size[1] / drawn.image.height)
    return Drawn(drawn.image.resize(size, method), drawn.points * factors)
