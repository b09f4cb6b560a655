"""Forty-one numbers about how the ventricles are reached: by both bundles, by one, or from a pacemaker's electrode.

A bundle branch block is told by how long QRS complexes last and by what certain leads show early and late in them
(Surawicz et al. 2009, J. Am. Coll. Cardiol. 53:976): so each of these leads gives its usual QRS complex in five parts.
A pacemaker leaves a spike before the QRS complex that is narrower than anything the heart does.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE, WINDOW_BEFORE
from ecg.features.reach import SHAPE_MARGIN, STRIP_REACH
from ecg.leads import STANDARD
from ecg.recording import Millivolts

#: Leads by whose shapes a block is told.
NAMED: Final = ("I", "II", "V1", "V2", "V5", "V6")
_FIFTHS: Final = 5

CONDUCTION: Final[dict[str, str]] = {
    "qrs_milliseconds": "how long the usual QRS complex lasts, all leads together",
    "qrs_spread": "deviation of its slopes' energy in time, milliseconds",
    **{
        f"{lead}_{part}": f"the usual beat in lead {lead}, {text}, over the QRS complex's height there"
        for lead in NAMED
        for part, text in (
            *((f"qrs_{number + 1}", f"mean of fifth {number + 1} of the QRS complex") for number in range(_FIFTHS)),
            ("after", "mean of what follows the QRS complex after 40 ms, for 120 ms"),
        )
    },
    "spike": "octaves between the highest spike before the QRS complex and a usual QRS complex, in the best lead",
    "spike_leads": "the same, mean of the leads",
    "spike_before": "how long before the R peak it is, milliseconds",
}
"""What :func:`conduction_numbers` measures, in its order."""

OF_LEADS: Final = tuple(
    slice(2 + number * (_FIFTHS + 1), 2 + (number + 1) * (_FIFTHS + 1)) for number in range(len(NAMED))
)
"""Places in :data:`CONDUCTION` of what each of :data:`NAMED` shows."""

#: Place of the R peak in the usual beat's window, and what of it is looked at: 0.17 s before to 0.2 s after it.
_PEAK: Final = WINDOW_BEFORE + 2 * SHAPE_MARGIN
_LOOKED_AT: Final = slice(_PEAK - 60, _PEAK + 72)

#: Shares of the slopes' energy with which the QRS complex begins and ends.
_EDGES: Final = (0.015, 0.985)
#: Samples before the QRS complex whose mean is level, and those after it that tell of the T wave.
_LEVEL: Final = 6
_AFTER: Final = (14, 58)

#: A spike is narrower than twice so many samples (17 ms together), and lies 0.22 to 0.02 s before the R peak.
_NARROW: Final = 3
_SPIKES: Final = slice(STRIP_REACH - 80, STRIP_REACH - 8)
_TINY: Final = 1e-3


def conduction_numbers(
    usual: NDArray[np.float32], strips: Millivolts, crest: NDArray[np.float32], leads: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The numbers of :data:`CONDUCTION` for the beats of a block, ``[n, 41]``; ``nan`` where something isn't known.

    Args:
        usual: ``[leads, 240]``, millivolts as recorded: the usual beat (:attr:`ecg.features.usual.UsualBeat.window`).
        strips: ``[n, leads, 864]``, millivolts as recorded, ``nan`` in gaps.
        crest: ``[leads]``, millivolts: strength of a usual QRS complex.
        leads: ``[leads]``: place of each in :data:`ecg.leads.STANDARD`, ``nan`` of others.
    """
    of_usual = np.tile(_of_usual(usual.astype(np.float64), crest, leads), (len(strips), 1))
    return np.concatenate([of_usual, _of_spikes(strips, crest)], axis=1).astype(np.float32)


def _of_usual(
    usual: NDArray[np.float64], crest: NDArray[np.float32], leads: NDArray[np.float32]
) -> NDArray[np.float64]:
    """The first numbers, ``[38]``."""
    numbers = np.full(2 + len(NAMED) * (_FIFTHS + 1), np.nan)
    known = np.isfinite(usual).all(axis=1)
    if not known.any():
        return numbers
    slopes = np.square(np.diff(usual[known, _LOOKED_AT], axis=1) / (crest[known, None] + _TINY)).sum(axis=0)
    whole = np.cumsum(slopes) / (slopes.sum() + _TINY**2)
    begin, end = (int(np.searchsorted(whole, edge)) for edge in _EDGES)
    times = np.arange(len(slopes)) * (1000 / SAMPLING_RATE)
    middle = (slopes * times).sum() / (slopes.sum() + _TINY**2)
    numbers[0] = times[min(end, len(times) - 1)] - times[min(begin, len(times) - 1)]
    numbers[1] = np.sqrt((slopes * np.square(times - middle)).sum() / (slopes.sum() + _TINY**2))
    first, last = _LOOKED_AT.start + begin, max(_LOOKED_AT.start + end, _LOOKED_AT.start + begin + _FIFTHS)
    for name, columns in zip(NAMED, OF_LEADS, strict=True):
        own = np.flatnonzero((leads == STANDARD.index(name)) & known)
        if len(own):
            numbers[columns] = _of_lead(usual[own[0]], first, last)
    return numbers


def _of_lead(usual: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
    """Means of a lead's QRS complex, which lasts from ``first`` to ``last``, and of what follows it, ``[6]``."""
    level = usual[first - _LEVEL : first].mean()
    height = np.ptp(usual[first : last + 1]) + _TINY
    bounds = np.linspace(first, last, _FIFTHS + 1).round().astype(int)
    parts = [usual[begin:end].mean() for begin, end in pairwise(bounds.tolist())]
    after = usual[last + _AFTER[0] : last + _AFTER[1]]
    parts.append(after.mean() if len(after) else np.nan)
    return np.clip((np.array(parts) - level) / height, -3, 3)


def _of_spikes(strips: Millivolts, crest: NDArray[np.float32]) -> NDArray[np.float64]:
    """The last numbers, ``[n, 3]``."""
    wide = strips[:, :, _SPIKES.start - _NARROW : _SPIKES.stop + _NARROW]
    middle = wide[:, :, _NARROW:-_NARROW]
    before, after = middle - wide[:, :, : -2 * _NARROW], middle - wide[:, :, 2 * _NARROW :]
    heights = np.where(before * after > 0, np.minimum(np.abs(before), np.abs(after)), 0) / (crest[:, None] + _TINY)
    by_lead = np.log2(heights.max(axis=2, initial=0) + _TINY)
    best = np.argmax(by_lead, axis=1)
    line = np.arange(len(strips))
    place = np.argmax(heights[line, best], axis=1)
    early = (STRIP_REACH - _SPIKES.start - place) * (1000 / SAMPLING_RATE)
    return np.stack([by_lead[line, best], by_lead.mean(axis=1), early], axis=1)
