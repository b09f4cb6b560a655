"""Whether rows show one lead all along: then the beats of their later half are those of the earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.pages.traces import Trace

#: What is looked for again begins so far before a steep place of a row's first half, and ends so far behind it, mm.
_BEFORE: Final = 3.0
_BEHIND: Final = 6.0
#: So many of the steepest are looked for: one may be an extra beat's, or a pulse.
_PLACES: Final = 3
#: Most are as like (correlation) where rows go on, and are not where leads change; what is lower, or higher, by more
#: than this share is another lead's.
_ALIKE: Final = 0.95
_AS_HIGH: Final = 0.75
_LEAST_POINTS: Final = 8
#: Variance of what is as good as level.
_FLAT: Final = 1e-6


def are_alike(traces: Sequence[Trace], begin: float, end: float, millimetre: float) -> bool:
    """Whether what is steepest in the first half of the rows is found again in the second, mostly.

    Args:
        traces: A row each.
        begin: Where the rows begin, x in pixels.
        end: Where they end.
        millimetre: Pixels.
    """
    likeness = [like for trace in traces for like in _likeness(_heights(trace, begin, end), millimetre)]
    return bool(likeness) and float(np.median(likeness)) >= _ALIKE


def _heights(trace: Trace, begin: float, end: float) -> NDArray[np.float64]:
    """The height of a trace in each column between both ends, pixels; level across its gaps."""
    columns = np.arange(round(begin), round(end))
    return np.interp(columns, trace.line.columns, trace.line.middle)


def _likeness(heights: NDArray[np.float64], millimetre: float) -> list[float]:
    """How like what is around each of the steepest places of the first half is to what is likest in the second."""
    first, second = np.array_split(heights, 2)
    before, behind = round(_BEFORE * millimetre), round(_BEHIND * millimetre)
    if min(len(first), len(second)) < 2 * (before + behind) or before + behind < _LEAST_POINTS:
        return []
    places = np.lib.stride_tricks.sliding_window_view(second, before + behind)
    varies = np.maximum(places.var(axis=1) * places.shape[1], _FLAT)
    steep = np.abs(np.diff(first))
    steep[:before] = steep[-behind:] = -1.0
    found: list[float] = []
    while len(found) < _PLACES and steep.max() >= 0:
        place = int(steep.argmax())
        steep[max(0, place - before - behind) : place + before + behind] = -1.0
        beat = first[place - before : place + behind]
        beat = beat - beat.mean()
        power = max(_FLAT, float(np.square(beat).sum()))
        as_high = np.minimum(varies, power) >= _AS_HIGH**2 * np.maximum(varies, power)
        found.append(float((places @ beat / np.sqrt(varies * power))[as_high].max(initial=0.0)))
    return found
