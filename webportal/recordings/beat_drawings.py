"""Small drawings of single beats, as SVG paths on millimetre paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from ecg.recording import Recording
from numpy.typing import NDArray

BEFORE: Final = 0.4
"""Seconds that are drawn before an R peak."""
AFTER: Final = 0.6
"""And after it."""
#: Tenths of a millimetre: 25 mm are a second.
_WIDTH: Final = 250
_MILLIVOLT: Final = 100
#: Room for a lead, and above and below all of them.
_BAND: Final = 150
_MARGIN: Final = 10
MOST_LEADS: Final = 2
"""Leads of a beat that are drawn at most."""
#: Columns in each of which the least and the greatest value are drawn.
_COLUMNS: Final = 60


@dataclass(frozen=True, slots=True)
class Drawing:
    """One beat in some leads, tenths of a millimetre; x from left to right, y downwards."""

    width: int
    height: int
    lines: tuple[str, ...]
    """A path a lead; empty where nothing was recorded."""


def readable_leads(faults: NDArray[np.uint8], unreadable: int) -> tuple[int, ...]:
    """Places of the leads that beats are drawn in: the most readable ones, in the recording's order.

    Args:
        faults: ``[leads, seconds]``, bits of :class:`ecg.quality.Fault`.
        unreadable: The bits that make a second unreadable.
    """
    good = ((faults & unreadable) == 0).sum(axis=1)
    return tuple(sorted(np.argsort(-good, kind="stable")[:MOST_LEADS].tolist()))


def windows(recording: Recording, samples: Sequence[int], leads: Sequence[int]) -> list[NDArray[np.float32]]:
    """What is drawn of beats, ``[leads, samples]`` each, millivolts, nan where nothing was recorded.

    Args:
        recording: Of which only these stretches are read.
        samples: R peaks.
        leads: Places of the leads.
    """
    before, length = round(BEFORE * recording.rate), round((BEFORE + AFTER) * recording.rate)
    result = []
    for sample in samples:
        first = sample - before
        values = np.full((len(leads), length), np.nan, np.float32)
        begin = max(0, first)
        read = recording.read(begin, min(first + length, recording.samples))[list(leads)]
        values[:, begin - first : begin - first + read.shape[1]] = read
        result.append(values)
    return result


@dataclass(frozen=True, slots=True)
class Layout:
    """How beats are drawn that stand beside each other."""

    gain: float
    """Millimetres a millivolt: 10 where most of them fit on their paper, else 5, 2.5 or 1.25."""
    baselines: tuple[int, ...]
    """Of each lead, tenths of a millimetre from the top."""


def layout_of(beats: Sequence[NDArray[np.float32]], leads: int) -> Layout:
    """A layout in which nine of ten beats keep within their lead's room."""
    reaches = [_reach([beat[lead] for beat in beats]) for lead in range(leads)]
    needed = max((up + down for up, down in reaches), default=0.0)
    gain = next((gain for gain in (10.0, 5.0, 2.5) if needed * gain <= 0.1 * _BAND), 1.25)
    unit = gain * _MILLIVOLT / 10
    baselines = (
        round(_MARGIN + _BAND * lead + (_BAND - (up + down) * unit) / 2 + up * unit)
        for lead, (up, down) in enumerate(reaches)
    )
    return Layout(gain, tuple(baselines))


def _reach(beats: Sequence[NDArray[np.float32]]) -> tuple[float, float]:
    """How far nine of ten beats reach above and below their baselines, millivolts."""
    known = [_level(beat) for beat in beats if np.isfinite(beat).any()]
    if not known:
        return 0.0, 0.0
    above = [max(0.0, float(np.nanmax(beat))) for beat in known]
    below = [max(0.0, -float(np.nanmin(beat))) for beat in known]
    return float(np.quantile(above, 0.9)), float(np.quantile(below, 0.9))


def drawing(beat: NDArray[np.float32], layout: Layout) -> Drawing:
    """A beat, each lead on a baseline of its own."""
    unit = layout.gain * _MILLIVOLT / 10
    lines = (_path(_level(lead), at, unit) for lead, at in zip(beat, layout.baselines, strict=True))
    return Drawing(_WIDTH, _BAND * len(beat) + 2 * _MARGIN, tuple(lines))


def _level(lead: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without its baseline: the median is 0."""
    return lead - np.float32(np.nanmedian(lead)) if np.isfinite(lead).any() else lead


def _path(lead: NDArray[np.float32], baseline: int, unit: float) -> str:
    """A beat's line."""
    columns = min(_COLUMNS, len(lead))
    return svg_path(lead, columns, lambda place: place / len(lead) * _WIDTH, lambda value: baseline - value * unit)


def svg_path(
    values: NDArray[np.float32], columns: int, x_of: Callable[[int], float], y_of: Callable[[float], float]
) -> str:
    """The extremes of each column in the order in which they come, so that no spike is lost; whole numbers, each point
    told from the one before.

    Args:
        values: ``[samples]``; a column with ``nan`` among them is left out.
        columns: How many there are.
        x_of: Place of a sample.
        y_of: Place of a value.
    """
    bounds = np.linspace(0, len(values), columns + 1).astype(np.int64)
    parts: list[str] = []
    last: tuple[int, int] | None = None
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        column = values[begin:end]
        if not np.isfinite(column).all():
            last = None
            continue
        for place in dict.fromkeys(sorted((int(column.argmin()), int(column.argmax())))):
            x, y = round(x_of(begin + place)), round(y_of(float(column[place])))
            parts.append(f"M{x} {y}" if last is None else f"l{x - last[0]} {y - last[1]}")
            last = x, y
    return "".join(parts).replace(" -", "-")
