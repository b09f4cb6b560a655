"""Leads of a page: each a stretch of a row's trace, in millivolts and seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.pages.layouts import Cell, Layout
from ecg.pictures.pages.result import BRIDGED, PLACES, RATE, Lead
from ecg.pictures.pages.scale import Scale
from ecg.pictures.pages.traces import Trace

Floats = NDArray[np.float64]
ToPicture = Callable[[Floats], Floats]

#: A separator is so tall, stands so near to where a lead ends, is no wider than this beside its pen, and goes so far
#: beyond the trace on both sides, mm.
_TALL: Final = 2.0
_AT_EDGE: Final = 1.0
_BAR: Final = 0.4
_BEYOND: Final = 0.5
#: Of so many rows none begins earlier than the others by more than this, mm.
_ROWS: Final = 3
_EARLY: Final = 1.5
#: Cost of following a trace at which it is worth half as much.
_HALF: Final = 0.5
#: What a lead loses whose name was concluded from the layout, and one without a name.
_CONCLUDED: Final = 0.95
_NAMELESS: Final = 0.8


def leads_of(
    traces: Sequence[Trace], layout: Layout, scale: Scale, to_picture: ToPicture, begin: float, end: float
) -> tuple[Lead, ...]:
    """The leads of a page.

    Args:
        traces: Of its rows, from the top.
        layout: How they are divided.
        scale: What a pixel is worth.
        to_picture: Places of the straightened page as those of the picture.
        begin: Where the rows begin, x in pixels.
        end: Where they end.
    """
    leads = []
    for cell in layout.cells:
        trace = traces[cell.row]
        width = (end - begin) / cell.columns
        edges = [begin + width * number for number in range(1, cell.columns)]
        x, y = _without_separators(trace, edges, scale.calibration.pixels_per_mm)
        left = begin + cell.column * width
        right = left + width
        # A row's trace may begin a little before the others or end behind them; what begins much earlier than most is
        # a pulse that something crosses.
        early = left - trace.begin
        some = len(traces) < _ROWS or early <= _EARLY * scale.calibration.pixels_per_mm
        first = trace.begin if cell.column == 0 and early > 0 and some else left
        last = max(right, trace.end) if cell.column == cell.columns - 1 else right
        lead = _lead(cell, trace, scale, (x, y), (first, last), begin, to_picture)
        if lead is not None:
            leads.append(lead)
    return tuple(leads)


def _without_separators(trace: Trace, edges: Sequence[float], millimetre: float) -> tuple[Floats, Floats]:
    """X and y of a trace, without the upright bars that stand where one lead ends and the next begins."""
    columns, upper, lower, pen = trace.line
    x = columns + 0.5
    keep = np.ones(len(trace.x), np.bool_)
    for edge in edges:
        near = np.abs(x - edge) <= _AT_EDGE * millimetre
        bar = np.flatnonzero(near & (lower - upper > _TALL * millimetre))
        if not len(bar) or x[bar[-1]] - x[bar[0]] > _BAR * millimetre + 2 * pen:
            continue
        foot = 1.0 + pen / 2
        around = (x < x[bar[0]] - foot) & (x > x[bar[0]] - foot - millimetre)
        around |= (x > x[bar[-1]] + foot) & (x < x[bar[-1]] + foot + millimetre)
        # A stroke of the trace goes from one side's level to the other's: a bar goes beyond both.
        above, below = upper[bar].min() + _BEYOND * millimetre, lower[bar].max() - _BEYOND * millimetre
        if around.any() and upper[around].min() > above and lower[around].max() < below:
            keep &= (trace.x < x[bar[0]] - foot) | (trace.x > x[bar[-1]] + foot)
    return trace.x[keep], trace.y[keep]


def _lead(
    cell: Cell,
    trace: Trace,
    scale: Scale,
    points: tuple[Floats, Floats],
    stretch: tuple[float, float],
    begin: float,
    to_picture: ToPicture,
) -> Lead | None:
    first, last = max(stretch[0], trace.begin), min(stretch[1], trace.end)
    number = int((last - first) / scale.pixels_per_second * RATE)
    if number < 2:
        return None
    at = first + np.arange(number) / RATE * scale.pixels_per_second
    x, y = points
    values = np.interp(at, x, y)
    values[_missing(at, x, BRIDGED * scale.pixels_per_second)] = np.nan
    millivolts = ((trace.zero - values) / scale.pixels_per_mv).astype(np.float32)
    places = np.stack([at, values], axis=1)[::PLACES]
    drawn = np.isfinite(places[:, 1])
    if not drawn.any():
        return None
    places[~drawn] = np.nan
    places[drawn] = to_picture(places[drawn])
    inside = (x >= first) & (x <= last)
    around = to_picture(np.stack([x[inside], y[inside]], axis=1)) if inside.any() else places[drawn]
    cover = float(np.isfinite(millivolts).mean())
    worth = 1.0 if cell.read else _CONCLUDED if cell.name else _NAMELESS
    (left, top), (right, bottom) = around.min(axis=0).tolist(), around.max(axis=0).tolist()
    return Lead(
        name=cell.name,
        name_read=cell.read,
        row=cell.row,
        column=cell.column,
        begin=max(0.0, (first - begin) / scale.pixels_per_second),
        rate=RATE,
        millivolts=millivolts,
        trace=places,
        box=(left, top, right, bottom),
        confidence=round(cover * worth * _HALF / (_HALF + max(0.0, trace.cost)), 3),
    )


def _missing(at: Floats, x: Floats, longest: float) -> NDArray[np.bool_]:
    """Which places lie in an interruption of ``x`` that is longer than ``longest``."""
    after = np.searchsorted(x, at)
    low, high = x[np.clip(after - 1, 0, len(x) - 1)], x[np.clip(after, 0, len(x) - 1)]
    missing: NDArray[np.bool_] = (high - low) > longest
    return missing
