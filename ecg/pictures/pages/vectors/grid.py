"""How long a millimetre is on a page whose grid is drawn in lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.documents.drawing import Stroke
from ecg.pictures.pages.millimetre import Pitch

Floats = NDArray[np.float64]

#: A line of the grid is at least so long, mm on paper, and leans by no more than this share.
_LEAST_LENGTH: Final = 8.0
_LEAN: Final = 1e-3
#: Lines nearer to each other than this are one, mm on paper.
_ONE: Final = 0.1
#: So many upright and level lines make a grid.
_LEAST_LINES: Final = (8, 4)
#: A line is in its place if it is off by no more than this share of the pitch, and so many are.
_OFF: Final = 0.06
_IN_PLACE: Final = 0.8
#: Pitches are equal if they differ by no more than this share.
_EQUAL: Final = 0.01
#: A grid of lines of one kind is sure to be of millimetres, or of fives, if it is of its own size to this share, and
#: isn't taken for one beyond the other.
_SURE: Final = 0.03
_FARTHEST: Final = 0.5


def pitch_of(strokes: Iterable[Stroke], pixels_per_mm: float) -> Pitch | None:
    """The grid's pitch; None where there is none, or none that can be of millimetres.

    Args:
        strokes: All lines of the page.
        pixels_per_mm: Of the page in its own size.
    """
    lines = _lines(strokes, _LEAST_LENGTH * pixels_per_mm)
    whole = _of_lines([places for _, places in lines], pixels_per_mm)
    if whole is None:
        return None
    for pen in sorted({pen for pen, _ in lines}):
        bold = _of_lines([places for other, places in lines if other == pen], pixels_per_mm)
        if bold is not None and abs(bold / (5 * whole) - 1) <= _EQUAL:
            return Pitch(whole, bold=True, five=True)
    shown = whole / pixels_per_mm
    five = abs(np.log(shown / 5)) < abs(np.log(shown))
    size = shown / 5 if five else shown
    if abs(np.log(size)) > _FARTHEST:
        return None
    return Pitch(whole / 5 if five else whole, bold=abs(size - 1) <= _SURE, five=bool(five))


Lines = tuple[int, tuple[list[float], list[float]]]
"""A pen, and where its upright lines (x) and level ones (y) lie."""


def _lines(strokes: Iterable[Stroke], least: float) -> list[Lines]:
    found: dict[int, tuple[list[float], list[float]]] = {}
    for stroke in strokes:
        steps = np.diff(stroke.points, axis=0)
        for axis in (0, 1):
            long = (np.abs(steps[:, 1 - axis]) >= least) & (np.abs(steps[:, axis]) <= _LEAN * least)
            if long.any():
                places = found.setdefault(stroke.pen, ([], []))
                places[axis].extend(stroke.points[:-1][long, axis].tolist())
    return list(found.items())


def _of_lines(places: list[tuple[list[float], list[float]]], pixels_per_mm: float) -> float | None:
    """The distance of lines in both directions, pixels; None where they aren't evenly spaced, or not equally."""
    periods = []
    for axis, least in enumerate(_LEAST_LINES):
        at = np.sort(np.array([place for both in places for place in both[axis]]))
        at = at[np.r_[True, np.diff(at) > _ONE * pixels_per_mm]] if len(at) else at
        period = _period(at) if len(at) >= least else None
        if period is None:
            return None
        periods.append(period)
    across, down = periods
    return across if abs(across / down - 1) <= _EQUAL else None


def _period(at: Floats) -> float | None:
    """The distance of evenly spaced places; None where they aren't."""
    typical = float(np.median(np.diff(at)))
    middle = float(at[len(at) // 2])
    numbers = np.rint((at - middle) / typical)
    for _ in range(3):
        fine = np.abs(at - middle - numbers * typical) <= _OFF * typical
        if fine.sum() < _IN_PLACE * len(at):
            return None
        typical, middle = (float(value) for value in np.polyfit(numbers[fine], at[fine], 1))
        numbers = np.rint((at - middle) / typical)
    return typical
