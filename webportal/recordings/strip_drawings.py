"""Strips of a report as SVG on millimetre paper: 25 mm/s, with a calibration mark, class and interval of each beat."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from inference_server.exports.paper import MM_PER_SECOND, Stretch, scale_of

from webportal.recordings.beat_drawings import svg_path

#: Tenths of a millimetre: of the calibration mark with its margins, and of the words above the strip.
_MARK: Final = 100
_WORDS: Final = 50
#: Seconds between beats that leave room for their interval in numbers.
_LEAST_NAMED: Final = 0.3
#: Tenths of a millimetre in each of which the least and the greatest value are drawn.
_COLUMN: Final = 4


@dataclass(frozen=True, slots=True)
class Label:
    """Letters above the strip, in the middle of ``x``."""

    x: int
    text: str


@dataclass(frozen=True, slots=True)
class StripDrawing:
    """A stretch of one lead, tenths of a millimetre; x from left to right, y downwards."""

    width: int
    height: int
    line: str
    mark: str
    """1 mV and 0.2 s."""
    gaps: tuple[tuple[int, int], ...]
    """Begin and width of what was not recorded."""
    beats: tuple[Label, ...]
    intervals: tuple[Label, ...]
    """Milliseconds, between the beats."""
    gain: float
    """Millimetres a millivolt."""


def strip(stretch: Stretch) -> StripDrawing:
    """Draw a stretch as the report on paper has it."""
    gain, up, down, baseline = scale_of(stretch.values)
    unit, zero = 10 * gain, _WORDS + 10 * up
    width = _MARK + round(10 * MM_PER_SECOND * stretch.seconds)
    times = [time for time, _ in stretch.beats]
    return StripDrawing(
        width=width,
        height=zero + 10 * down,
        line=_line(stretch, zero + baseline * unit, unit),
        mark=f"M20 {zero}h5v{-round(unit)}h50v{round(unit)}h5",
        gaps=_gaps(stretch),
        beats=tuple(Label(_x(time), symbol) for time, symbol in stretch.beats),
        intervals=tuple(
            Label((_x(before) + _x(time)) // 2, f"{1000 * (time - before):.0f}")
            for before, time in itertools.pairwise(times)
            if time - before >= _LEAST_NAMED
        ),
        gain=gain,
    )


def _x(seconds: float) -> int:
    return _MARK + round(10 * MM_PER_SECOND * seconds)


def _line(stretch: Stretch, zero: float, unit: float) -> str:
    values = stretch.values
    columns = max(1, min(len(values), round(10 * MM_PER_SECOND * stretch.seconds / _COLUMN)))
    return svg_path(values, columns, lambda place: _x(place / stretch.rate), lambda value: zero - value * unit)


def _gaps(stretch: Stretch) -> tuple[tuple[int, int], ...]:
    missing = ~np.isfinite(stretch.values)
    edges = np.flatnonzero(np.diff(missing.astype(np.int8), prepend=0, append=0))
    begins, ends = edges[::2] / stretch.rate, edges[1::2] / stretch.rate
    return tuple((_x(begin), _x(end) - _x(begin)) for begin, end in zip(begins.tolist(), ends.tolist(), strict=True))
