"""Traces among a page's lines: what goes on from left to right in many short pieces, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.documents.drawing import Points, Stroke

#: Lines that begin where the one before ends, to this many mm, are one.
_JOINED: Final = 0.02
#: A trace turns back by no more than this, mm; has at least so many points; and so many of them a mm.
_BACK: Final = 0.02
_LEAST_POINTS: Final = 40
_DENSITY: Final = 0.8
#: A trace is at least so long, mm, and as this share of the longest row.
_LEAST_LENGTH: Final = 15.0
_LEAST_SHARE: Final = 0.35
#: A curve goes on in the row whose level differs from its own by no more than this, mm.
_SAME_ROW: Final = 12.0
#: Curves of a row lie beside each other to this many mm.
_OVERLAP: Final = 1.0
#: A calibration pulse has at most so many points, and is so wide, mm.
_PULSE_POINTS: Final = 60
_PULSE_WIDTHS: Final = (2.0, 20.0)
#: Levels are counted in cells of this many mm.
_CELL: Final = 0.2


def curves_of(strokes: Iterable[Stroke], millimetre: float) -> tuple[list[Points], list[Points]]:
    """The traces, and what may be calibration pulses beside them; ``[n, 2]`` each, from left to right."""
    traces: list[tuple[int, Points]] = []
    others: list[tuple[int, Points]] = []
    for pen, line in _joined(strokes, _JOINED * millimetre):
        curve = _onwards(line, _BACK * millimetre)
        if curve is None:
            continue
        length = (curve[-1, 0] - curve[0, 0]) / millimetre
        if length >= _LEAST_LENGTH and len(curve) >= max(_LEAST_POINTS, _DENSITY * length):
            traces.append((pen, curve))
        elif len(curve) <= _PULSE_POINTS and _PULSE_WIDTHS[0] <= length <= _PULSE_WIDTHS[1]:
            others.append((pen, curve))
    pens = {pen for pen, _ in traces}
    return [curve for _, curve in traces], [curve for pen, curve in others if pen in pens]


def rows_of(curves: Sequence[Points], millimetre: float) -> list[list[Points]]:
    """The traces of each row, rows from the top, a row's traces from the left."""
    rows: list[list[Points]] = []
    for curve in sorted(curves, key=lambda points: (float(points[0, 0]), level_of(points, millimetre))):
        level = level_of(curve, millimetre)
        before = [
            (abs(level_of(row[-1], millimetre) - level), number)
            for number, row in enumerate(rows)
            if row[-1][-1, 0] <= curve[0, 0] + _OVERLAP * millimetre
        ]
        if before and min(before)[0] <= _SAME_ROW * millimetre:
            rows[min(before)[1]].append(curve)
        else:
            rows.append([curve])
    longest = max((extent(row) for row in rows), default=0.0)
    rows = [row for row in rows if extent(row) >= _LEAST_SHARE * longest]
    return sorted(rows, key=lambda row: level_of(np.concatenate(row), millimetre))


def extent(row: Sequence[Points]) -> float:
    """From a row's begin to its end, pixels."""
    return float(row[-1][-1, 0] - row[0][0, 0])


def level_of(curve: Points, millimetre: float) -> float:
    """The most frequent y of a curve, pixels."""
    low = float(curve[:, 1].min())
    cells = ((curve[:, 1] - low) / (_CELL * millimetre)).astype(np.int64)
    counts = np.convolve(np.bincount(cells), np.ones(3), "same")
    near = curve[np.abs(cells - int(counts.argmax())) <= 1, 1]
    return float(np.median(near))


def _joined(strokes: Iterable[Stroke], near: float) -> Iterator[tuple[int, Points]]:
    """Lines of one pen that begin where the one before ends, as one."""
    parts: list[Points] = []
    pen = -1
    for stroke in strokes:
        if parts and (stroke.pen != pen or np.abs(stroke.points[0] - parts[-1][-1]).max() > near):
            yield pen, np.concatenate(parts)
            parts = []
        pen = stroke.pen
        parts.append(stroke.points[1:] if parts else stroke.points)
    if parts:
        yield pen, np.concatenate(parts)


def _onwards(line: Points, back: float) -> NDArray[np.float64] | None:
    """The line from left to right; None where it turns back."""
    steps = np.diff(line[:, 0])
    if (steps >= -back).all():
        return line
    return line[::-1] if (steps <= back).all() else None
