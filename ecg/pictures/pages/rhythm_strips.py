"""Which lead a rhythm strip shows: the one whose own stretch of the page is the same at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.pages.layouts import BARS
from ecg.pictures.pages.result import RATE, Lead

#: Correlation from which on two stretches are the same lead, how much likelier it must be than any other, or how many
#: times as near to 1, and below which they are not.
_SAME: Final = 0.9
_CLEARER: Final = 0.02
_TIMES: Final = 4.0
_OTHER: Final = 0.7
#: Samples by which the one may lie beside the other, and the least that are compared.
_SHIFTS: Final = range(-6, 7)
_LEAST: Final = round(1.0 * RATE)


def named_by_likeness(leads: Sequence[Lead]) -> tuple[Lead, ...]:
    """The leads of a page of twelve, its rhythm strips named where that could not be read, or was misread."""
    several = {lead.row for lead in leads if lead.column > 0}
    parts = [lead for lead in leads if lead.row in several and lead.name]
    if not parts:
        return tuple(leads)
    strips = [lead for lead in leads if lead.row not in several]
    alike = {strip.row: {part.name: _likeness(strip, part) for part in parts} for strip in strips}
    own = {strip.row: alike[strip.row].get(strip.name, 0.0) for strip in strips}
    highest = {strip.name: max(own[other.row] for other in strips if other.name == strip.name) for strip in strips}
    found = {strip.row: _named(strip, alike[strip.row], twice=own[strip.row] < highest[strip.name]) for strip in strips}
    return tuple(found.get(lead.row, lead) for lead in leads)


def _named(strip: Lead, alike: Mapping[str, float], *, twice: bool) -> Lead:
    """A strip with its name.

    Args:
        strip: As it was read.
        alike: How like the leads of the page it is.
        twice: Whether a strip that is liker to the lead of that name has it, too.
    """
    if strip.name_read and strip.name == "I":
        # Of II and III a bar may be lost; an I is the likest to its own stretch.
        bars = _surely({name: likeness for name, likeness in alike.items() if name in BARS})
        if bars is not None:
            return strip if bars == strip.name else replace(strip, name=bars, name_read=False)
    first = _surely(alike)
    if first is None or first == strip.name:
        return strip
    read = strip.name_read and not twice
    if read and (alike.get(strip.name, 1.0) >= _OTHER or not _mistakable(strip.name, first)):
        return strip
    return replace(strip, name=first, name_read=False)


def _surely(alike: Mapping[str, float]) -> str | None:
    """The likest of leads, if it is like enough, and clearly more so than the others."""
    first, *others = sorted(alike, key=lambda name: -alike[name]) or [""]
    if not first or alike[first] < _SAME:
        return None
    second = alike[others[0]] if others else 0.0
    clear = alike[first] - second >= _CLEARER or 1 - second >= _TIMES * (1 - alike[first])
    return first if clear else None


def _mistakable(read: str, other: str) -> bool:
    """Whether a name may have been read for another: a lone bar for any, others for those that begin alike."""
    return read == "I" or read[0] == other[0]


def _likeness(strip: Lead, part: Lead) -> float:
    """The highest correlation of a lead's stretch with the strip at that time, over small shifts."""
    begin = round((part.begin - strip.begin) * RATE)
    return max(_correlation(_at(strip.millivolts, begin + shift, len(part.millivolts)), part) for shift in _SHIFTS)


def _at(values: NDArray[np.float32], begin: int, length: int) -> NDArray[np.float32]:
    found = np.full(length, np.nan, np.float32)
    first, last = max(0, begin), min(len(values), begin + length)
    if last > first:
        found[first - begin : last - begin] = values[first:last]
    return found


def _correlation(values: NDArray[np.float32], part: Lead) -> float:
    known = np.isfinite(values) & np.isfinite(part.millivolts)
    if np.count_nonzero(known) < _LEAST:
        return 0.0
    one, other = values[known].astype(np.float64), part.millivolts[known].astype(np.float64)
    one, other = one - one.mean(), other - other.mean()
    below = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / below if below > 0 else 0.0
