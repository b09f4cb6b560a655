"""What traces look like: whether they are those of a heart, and whether they break off between leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from ecg.pictures.pages.traces import Trace

#: A wave stands out by this share of a trace's height, and is narrower than this share of the time between waves.
_STANDS_OUT: Final = 0.5
_NARROW: Final = 0.3
_LEAST_WAVES: Final = 3
#: So far to both sides of a wave its shape is looked at, as a share of the time between waves; this share of the waves
#: correlates as much with the usual one.
_AROUND: Final = 0.3
_MOST: Final = 0.6
_ALIKE: Final = 0.8
#: A trace moves by so many pens' width.
_ALIVE: Final = 3.0
#: A trace leaps where a lead ends and the next begins: mm within two columns, in so many rows at once.
_LEAP: Final = 0.6


def is_ecg(traces: Sequence[Trace]) -> bool:
    """Whether one of the traces has narrow waves of one shape that come again and again."""
    return between_beats(traces) is not None


def between_beats(traces: Sequence[Trace]) -> float | None:
    """Pixels from one beat to the next; None where no trace has narrow waves of one shape again and again."""
    found = [between for trace in traces if (between := _between(trace)) is not None]
    return float(np.median(found)) if found else None


def _between(trace: Trace) -> float | None:
    line = trace.line
    middle = (line.upper + line.lower) / 2
    if float(np.ptp(middle)) < _ALIVE * line.thickness:
        return None
    for values in (-line.upper, line.lower):
        height = float(values.max() - np.median(values))
        peaks, properties = find_peaks(values, prominence=_STANDS_OUT * height, width=0, rel_height=0.5)
        if len(peaks) < _LEAST_WAVES:
            continue
        between = float(np.median(np.diff(line.columns[peaks])))
        if float(np.median(properties["widths"])) < _NARROW * between and _are_alike(middle, peaks, between):
            return between
    return None


def _are_alike(heights: NDArray[np.float64], peaks: NDArray[np.int64], between: float) -> bool:
    """Whether most waves have the same shape: those of charts and drawings differ."""
    reach = max(2, round(_AROUND * between))
    whole = [peak for peak in peaks.tolist() if reach <= peak < len(heights) - reach]
    if len(whole) < _LEAST_WAVES - 1:
        return False
    waves = np.array([heights[peak - reach : peak + reach + 1] for peak in whole])
    waves = waves - waves.mean(axis=1, keepdims=True)
    usual = np.median(waves, axis=0)
    lengths = np.linalg.norm(waves, axis=1) * np.linalg.norm(usual)
    likeness = waves @ usual / np.maximum(lengths, 1e-9)
    return bool((likeness >= _ALIKE).mean() >= _MOST)


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
