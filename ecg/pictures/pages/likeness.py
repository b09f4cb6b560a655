"""What traces look like: whether they are those of a heart, and whether they break off between leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.signal import find_peaks

from ecg.pictures.pages.traces import Trace

#: A wave stands out by this share of a trace's height, and is narrower than this share of the time between waves.
_STANDS_OUT: Final = 0.5
_NARROW: Final = 0.3
_LEAST_WAVES: Final = 3
#: A trace moves by so many pens' width.
_ALIVE: Final = 3.0
#: A trace leaps where a lead ends and the next begins: mm within two columns, in so many rows at once.
_LEAP: Final = 0.6


def is_ecg(traces: Sequence[Trace]) -> bool:
    """Whether one of the traces has narrow waves that come again and again."""
    return any(_beats(trace) for trace in traces)


def _beats(trace: Trace) -> bool:
    line = trace.line
    middle = (line.upper + line.lower) / 2
    if float(np.ptp(middle)) < _ALIVE * line.thickness:
        return False
    for values in (-line.upper, line.lower):
        height = float(values.max() - np.median(values))
        peaks, properties = find_peaks(values, prominence=_STANDS_OUT * height, width=0, rel_height=0.5)
        if len(peaks) < _LEAST_WAVES:
            continue
        between = float(np.median(np.diff(line.columns[peaks])))
        if float(np.median(properties["widths"])) < _NARROW * between:
            return True
    return False


def breaks_off(traces: Sequence[Trace], begin: float, end: float, millimetre: float) -> bool:
    """Whether several rows leap at each quarter, or at the middle, of their length."""
    if len(traces) < 3:
        return False
    parts = 2 if len(traces) == 6 else 4
    leaps = [
        sum(_leaps(trace, begin + number * (end - begin) / parts, millimetre) for trace in traces)
        for number in range(1, parts)
    ]
    return all(leap >= 2 for leap in leaps)


def _leaps(trace: Trace, x: float, millimetre: float) -> bool:
    line = trace.line
    near = np.abs(line.columns - x) <= 1.0 * millimetre
    columns, middle = line.columns[near], ((line.upper + line.lower) / 2)[near]
    if len(columns) < 4:
        return True
    steps = np.abs(np.diff(middle))
    return bool(np.diff(columns).max() > 2 or steps.max() > _LEAP * millimetre)
