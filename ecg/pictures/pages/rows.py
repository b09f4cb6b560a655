"""The rows of a page: where each trace's level lies."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.signal import find_peaks

from ecg.pictures.pages.ink import Ink

Floats = NDArray[np.float64]

#: Connected ink of a trace is at least so wide, mm: letters and pulses are not.
TRACE_WIDTH: Final = 9.0
#: Rows are at least so far apart, mm.
_APART: Final = 9.5
#: How blurred the levels are counted, mm.
_BLUR: Final = 0.5
#: A row has level ink for so many mm at least, and as this share of the row that has most.
_LEAST_LEVEL: Final = 6.0
_LEAST_SHARE: Final = 0.14
#: Where the number of rows is known, this share of that is enough.
_STATED: Final = 0.4
#: A level run is no higher than so many times the pen.
_LEVEL: Final = 2.2
#: Ink about a level, mm, and the share of its columns at either end that may lie beside the rest.
_ABOUT: Final = 1.5
_OUTER: Final = 0.1
#: Of a level that a trace wanders to, so much is that trace's.
_MOSTLY: Final = 0.6
#: Rows that begin at one place, a millimetre more or less, tell where the others do.
_FEWEST: Final = 2
#: Ten seconds at the speeds of machines, mm, and by how much less or more may be seen of them.
_LENGTHS: Final = (125.0, 250.0, 500.0)
_WHOLE: Final = 0.01
#: Most rows of a page.
MOST_ROWS: Final = 16


def rows_of(ink: Ink, millimetre: float, number: int | None = None) -> list[float]:
    """Levels of the rows, from the top, pixels; at most ``number``, those that are clearest, where that is known."""
    columns, middles = level_runs(ink, millimetre)
    if not len(middles):
        return []
    counts = np.bincount(middles.astype(np.int64), minlength=len(ink.mask)).astype(np.float64)
    smooth = ndimage.gaussian_filter1d(counts, _BLUR * millimetre, mode="constant")
    smooth *= _BLUR * millimetre * np.sqrt(2 * np.pi)  # columns whose ink lies about here
    least = max(_LEAST_LEVEL * millimetre, _LEAST_SHARE * float(smooth.max(initial=0.0)))
    if number is not None:
        least *= _STATED
    padded = np.r_[0.0, smooth, 0.0]
    peaks, _ = find_peaks(padded, height=least, distance=max(1.0, _APART * millimetre))
    chosen = peaks - 1
    most = MOST_ROWS if number is None else number
    if len(chosen) > most:
        chosen = np.sort(chosen[np.argsort(smooth[chosen])[-most:]])
    if number is None:
        chosen = np.array(_one_each(ink, chosen.tolist(), smooth, (columns, middles), millimetre), np.int64)
    return [float(place) + 0.5 for place in chosen]


def _one_each(
    ink: Ink, places: list[int], counts: Floats, runs: tuple[NDArray[np.int64], Floats], millimetre: float
) -> list[int]:
    """The levels without all but one of those of a single trace: its baseline wanders from one to the other.

    Args:
        ink: Of the page.
        places: Levels, from the top.
        counts: How much ink lies about each.
        runs: Columns and middles of what may be the level parts of traces.
        millimetre: Pixels.
    """
    columns, middles = runs
    kept: list[int] = []
    for place in sorted(places, key=lambda level: -counts[level]):
        own = np.abs(middles - place) <= _ABOUT * millimetre
        for other in kept:
            theirs = np.abs(middles - other) <= _ABOUT * millimetre
            if _are_one(ink, (columns[own], middles[own]), (columns[theirs], middles[theirs])):
                break
        else:
            kept.append(place)
    return sorted(kept)


def _are_one(ink: Ink, one: tuple[NDArray[np.int64], Floats], other: tuple[NDArray[np.int64], Floats]) -> bool:
    """Whether level runs, columns and middles, are mostly one piece of ink's that lies at one level first and then at
    the other. Rows that tall waves join lie beside each other in other pieces.
    """
    pieces = [ink.labels[middles.astype(np.int64), columns] for columns, middles in (one, other)]
    if not all(len(labels) for labels in pieces):
        return False
    counts = [np.bincount(labels) for labels in pieces]
    most = [int(count.argmax()) for count in counts]
    if most[0] != most[1] or not most[0] or min(float(count.max() / count.sum()) for count in counts) < _MOSTLY:
        return False
    (first, last), (begin, end) = (
        np.quantile(columns[labels == most[0]], (_OUTER, 1 - _OUTER))
        for (columns, _), labels in zip((one, other), pieces, strict=True)
    )
    return bool(last < begin or end < first)


def level_runs(ink: Ink, millimetre: float) -> tuple[NDArray[np.int64], Floats]:
    """Columns and middles of what may be the level parts of traces, pixels."""
    runs = ink.runs
    wide = ink.widths() >= TRACE_WIDTH * millimetre
    level = wide[ink.labels[runs.starts, runs.columns]] & (runs.ends - runs.starts <= _LEVEL * ink.thickness + 1)
    return runs.columns[level], ((runs.starts + runs.ends) / 2)[level]


def ends_of(begins: list[float], ends: list[float], millimetre: float, *, sure: bool) -> tuple[float, float]:
    """Where rows begin and end: at the places that most share.

    Of several such, those between which pages have ten seconds, else the innermost: what is beyond is seldom a row's.

    Args:
        begins: Of the rows, x in pixels.
        ends: Of the rows, too.
        millimetre: Pixels.
        sure: Whether that was measured, not guessed.
    """
    firsts, lasts = _shared_places(begins, millimetre), _shared_places([-end for end in ends], millimetre)
    between = [(first, -last) for first in firsts for last in lasts]
    if sure and len(between) > 1:
        lengths = [(begin, end, (end - begin) / millimetre) for begin, end in between]
        off, whole = min((abs(seen / length - 1), (begin, end)) for begin, end, seen in lengths for length in _LENGTHS)
        if off <= _WHOLE:
            return whole
    return between[-1]


def _shared_places(places: list[float], near: float) -> list[float]:
    """Where rows begin: the places that most share, ascending."""
    ordered = np.sort(places)
    counts = np.searchsorted(ordered, ordered + near, "right") - np.arange(len(ordered))
    most = int(counts.max())
    if most < _FEWEST:
        return [float(np.median(ordered))]
    return [float(np.median(ordered[first : first + most])) for first in np.flatnonzero(counts == most)]
