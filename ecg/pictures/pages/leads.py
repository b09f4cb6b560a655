"""Leads of a page: each a stretch of a row's trace, in millivolts and seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.pages.layouts import Cell, Layout
from ecg.pictures.pages.result import RATE, Lead
from ecg.pictures.pages.scale import Scale
from ecg.pictures.pages.straightening import Flat
from ecg.pictures.pages.traces import Trace

Floats = NDArray[np.float64]

#: An interruption of the ink that is no longer is drawn over, seconds: a crossing letter, a faint spot.
_BRIDGED: Final = 0.06
#: Cost of following a trace at which it is worth half as much.
_HALF: Final = 0.5
#: What a lead loses whose name was concluded from the layout, and one without a name.
_CONCLUDED: Final = 0.95
_NAMELESS: Final = 0.8


def leads_of(
    traces: Sequence[Trace], layout: Layout, scale: Scale, flat: Flat, begin: float, end: float, factor: float
) -> tuple[Lead, ...]:
    """The leads of a page.

    Args:
        traces: Of its rows, from the top.
        layout: How they are divided.
        scale: What a pixel is worth.
        flat: How the page was straightened.
        begin: Where the rows begin, x in pixels.
        end: Where they end.
        factor: Pixels of the picture to one of the working copy.
    """
    leads = []
    for cell in layout.cells:
        trace = traces[cell.row]
        x, y = trace.points()
        width = (end - begin) / cell.columns
        left = begin + cell.column * width
        right = left + width
        # A row's trace may begin a little before the others or end behind them.
        first = min(left, trace.begin) if cell.column == 0 else left
        last = max(right, trace.end) if cell.column == cell.columns - 1 else right
        lead = _lead(cell, trace, scale, (x, y), (first, last), begin, flat, factor)
        if lead is not None:
            leads.append(lead)
    return tuple(leads)


def _lead(
    cell: Cell,
    trace: Trace,
    scale: Scale,
    points: tuple[Floats, Floats],
    stretch: tuple[float, float],
    begin: float,
    flat: Flat,
    factor: float,
) -> Lead | None:
    first, last = max(stretch[0], trace.begin), min(stretch[1], trace.end)
    number = int((last - first) / scale.pixels_per_second * RATE)
    if number < 2:
        return None
    at = first + np.arange(number) / RATE * scale.pixels_per_second
    x, y = points
    seen = np.isfinite(y)
    values = np.interp(at, x[seen], y[seen])
    values[_missing(at, x[seen], _BRIDGED * scale.pixels_per_second)] = np.nan
    millivolts = ((trace.zero - values) / scale.pixels_per_mv).astype(np.float32)
    inside = (x >= first) & (x <= last)
    line = np.full((int(inside.sum()), 2), np.nan)
    drawn = np.isfinite(y[inside])
    places = np.stack([x[inside], y[inside]], axis=1)
    line[drawn] = flat.to_picture(places[drawn]) * factor
    cover = float(np.isfinite(millivolts).mean())
    worth = 1.0 if cell.read else _CONCLUDED if cell.name else _NAMELESS
    box = (*np.nanmin(line, axis=0).tolist(), *np.nanmax(line, axis=0).tolist())
    return Lead(
        name=cell.name,
        name_read=cell.read,
        row=cell.row,
        column=cell.column,
        begin=max(0.0, (first - begin) / scale.pixels_per_second),
        rate=RATE,
        millivolts=millivolts,
        trace=line,
        box=(box[0], box[1], box[2], box[3]),
        confidence=round(cover * worth * _HALF / (_HALF + max(0.0, trace.cost)), 3),
    )


def _missing(at: Floats, x: Floats, longest: float) -> NDArray[np.bool_]:
    """Which places lie in an interruption of ``x`` that is longer than ``longest``."""
    after = np.searchsorted(x, at)
    low, high = x[np.clip(after - 1, 0, len(x) - 1)], x[np.clip(after, 0, len(x) - 1)]
    missing: NDArray[np.bool_] = (high - low) > longest
    return missing
