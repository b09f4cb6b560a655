"""From the lines and words of a document's page to the leads that they draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.documents.drawing import Drawing, Points
from ecg.pictures.pages.layouts import Cell, Layout, layout_of, named_beside
from ecg.pictures.pages.pulses import FOOT, Pulse, pulse_of
from ecg.pictures.pages.result import BRIDGED, LEAST_SECONDS, PLACES, RATE, Kind, Lead, PageReading, Warned
from ecg.pictures.pages.rhythm_strips import named_by_likeness
from ecg.pictures.pages.scale import Scale, scale_of
from ecg.pictures.pages.vectors import curves
from ecg.pictures.pages.vectors.grid import pitch_of
from ecg.pictures.pages.vectors.turning import Turned
from ecg.pictures.pages.vectors.words import only_lead, words_of
from ecg.pictures.pages.words import Word

Floats = NDArray[np.float64]

#: Paper is no wider or higher than this, mm: seven minutes at the usual speed.
_LARGEST: Final = 10_000.0
#: Most rows of a page.
_MOST_ROWS: Final = 24
#: Pulses are looked for in columns, so many to a mm.
_COLUMNS: Final = 20.0
#: A pulse belongs to the row whose level its foot is near to, mm.
_NEAR_LEVEL: Final = 8.0


@dataclass(frozen=True, slots=True)
class _Row:
    """A row's traces without its pulse."""

    traces: list[Points]
    pulse: Pulse | None
    """In pixels."""
    level: float

    @property
    def begin(self) -> float:
        """Its left end, x in pixels."""
        return float(self.traces[0][0, 0])

    @property
    def end(self) -> float:
        """Its right end."""
        return float(self.traces[-1][-1, 0])

    @property
    def zero(self) -> float:
        """Y of 0 mV: the foot of its pulse, or its level."""
        return self.pulse.foot if self.pulse is not None else self.level


def read(drawing: Drawing) -> PageReading | None:
    """What a document's page shows by its lines; None where no grid and no traces are drawn in lines.

    Such a page may still show an ECG as a picture.
    """
    straight = Turned.of(drawing.near_page())
    pitch = pitch_of(straight.strokes, drawing.pixels_per_mm)
    if pitch is None or max(drawing.size) > _LARGEST * pitch.millimetre:
        return None
    traces, others = curves.curves_of(straight.strokes, pitch.millimetre)
    rows = [_row(row, others, pitch.millimetre) for row in curves.rows_of(traces, pitch.millimetre)]
    if not 0 < len(rows) <= _MOST_ROWS:
        return None
    begin = float(np.median([row.begin for row in rows]))
    end = float(np.median([row.end for row in rows]))
    words = words_of(straight.words)
    scale = scale_of(pitch, [row.pulse for row in rows if row.pulse is not None], words, end - begin)
    if (end - begin) / scale.pixels_per_second < LEAST_SECONDS:
        return None
    layout = _layout(rows, words, begin, end, pitch.millimetre)
    name = only_lead(straight.words)
    continued = len(rows) > 1 and {cell.name for cell in layout.cells} <= {name, ""} and bool(name)
    if continued:
        # Watches and hand-held recorders print half a minute of one lead so.
        layout = Layout(layout.text, tuple(cell._replace(name=name, read=True) for cell in layout.cells))
    width, height = drawing.size
    leads = named_by_likeness(_leads(rows, layout, scale, straight, (begin, end), continued=continued))
    unnamed = (Warned.NAME_UNKNOWN,) if any(not lead.name for lead in leads) else ()
    return PageReading(
        kind=Kind.STRIP if len(rows) == 1 else Kind.PAGE,
        size=drawing.size,
        layout=layout.text,
        cabrera=layout.cabrera,
        degrees=float((90 * straight.quarters + 180) % 360 - 180),
        corners=straight.to_page(np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)),
        calibration=scale.calibration,
        leads=leads,
        warnings=(*scale.warnings, *layout.warnings, *unnamed),
    )


def _layout(rows: Sequence[_Row], words: Sequence[Word], begin: float, end: float, millimetre: float) -> Layout:
    levels = [row.level for row in rows]
    most = max(len(row.traces) for row in rows)
    broken = most > 1 and sum(len(row.traces) == most for row in rows) >= len(rows) - 3
    names = named_beside(words, levels, millimetre, begin, end)
    return layout_of(len(rows), names, begin, end, broken=broken, alike=not broken)


def _row(traces: list[Points], others: Sequence[Points], millimetre: float) -> _Row:
    """A row, its pulse told from its traces."""
    level = curves.level_of(np.concatenate(traces), millimetre)
    left, right = traces[0][0, 0], traces[-1][-1, 0]
    for other in others:
        beside = other[-1, 0] <= left + millimetre or other[0, 0] >= right - millimetre
        if beside and abs(other[:, 1].max() - level) <= _NEAR_LEVEL * millimetre:
            pulse = _pulse_in([other], millimetre)
            if pulse is not None:
                return _Row(traces, pulse, level)
    pulse = _pulse_in(traces, millimetre)
    if pulse is None:
        return _Row(traces, None, level)
    foot = FOOT * millimetre
    is_left = pulse.right < (left + right) / 2
    first, last = (pulse.right + foot, right) if is_left else (left, pulse.left - foot)
    parts = [_between(trace, first, last) for trace in traces]
    return _Row([part for part in parts if len(part) > 1], pulse, level)


def _pulse_in(traces: Sequence[Points], millimetre: float) -> Pulse | None:
    finer = _COLUMNS / millimetre
    columns, middle = [], []
    for trace in traces:
        x, y = trace.T * finer
        at = np.arange(np.ceil(x[0]), np.floor(x[-1]) + 1)
        columns.append(at.astype(np.int64))
        middle.append(np.interp(at, x, y))
    # Short ones have nothing on either side that could be measured.
    reach = np.arange(1, round(_COLUMNS) + 1)
    at, y = np.concatenate(columns), np.concatenate(middle)
    at = np.r_[at[0] - reach[::-1], at, at[-1] + reach]
    found = pulse_of(at, np.pad(y, len(reach), mode="edge"), _COLUMNS)
    return None if found is None else Pulse(*(part / finer for part in found[0]))


def _between(trace: Points, first: float, last: float) -> Points:
    return trace[(trace[:, 0] >= first) & (trace[:, 0] <= last)]


def _leads(
    rows: Sequence[_Row],
    layout: Layout,
    scale: Scale,
    straight: Turned,
    across: tuple[float, float],
    *,
    continued: bool,
) -> tuple[Lead, ...]:
    leads = []
    begin, end = across
    passed = 0.0
    for cell in layout.cells:
        row = rows[cell.row]
        width = (end - begin) / cell.columns
        if len(row.traces) == cell.columns:
            parts = [row.traces[cell.column]]
        else:
            left = begin + cell.column * width
            first = min(left, row.begin) if cell.column == 0 else left
            last = max(left + width, row.end) if cell.column == cell.columns - 1 else left + width
            parts = [part for trace in row.traces if len(part := _between(trace, first, last)) > 1]
        if not parts:
            continue
        earlier = passed if continued else max(0.0, (float(parts[0][0, 0]) - begin) / scale.pixels_per_second)
        lead = _lead(cell, parts, row.zero, scale, straight, earlier)
        passed += len(lead.millivolts) / RATE
        leads.append(lead)
    return tuple(leads)


def _lead(cell: Cell, parts: Sequence[Points], zero: float, scale: Scale, straight: Turned, begin: float) -> Lead:
    """A lead of a row's traces: the line itself, at :data:`~ecg.pictures.pages.result.RATE` from its first point on."""
    points = np.concatenate(parts)
    x, y = points.T
    step = scale.pixels_per_second / RATE
    number = int((x[-1] - x[0]) / step + 1e-3) + 1
    at = x[0] + np.arange(number) * step
    millivolts = (zero - np.interp(at, x, y)) / scale.pixels_per_mv
    for before, after in pairwise(parts):
        if after[0, 0] - before[-1, 0] > BRIDGED * scale.pixels_per_second:
            millivolts[(at > before[-1, 0]) & (at < after[0, 0])] = np.nan
    places = straight.to_page(points)
    (left, top), (right, bottom) = places.min(axis=0), places.max(axis=0)
    return Lead(
        name=cell.name,
        name_read=cell.read,
        row=cell.row,
        column=cell.column,
        begin=begin,
        rate=RATE,
        millivolts=millivolts.astype(np.float32),
        trace=straight.to_page(np.stack([at, zero - scale.pixels_per_mv * millivolts], axis=1)[::PLACES]),
        box=(float(left), float(top), float(right), float(bottom)),
        confidence=1.0,
    )
