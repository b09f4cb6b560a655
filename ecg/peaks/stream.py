"""R peaks of a recording, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.peaks.choosing import REFRACTORY, choose
from ecg.peaks.evidence import Evidence, evidence
from ecg.recording import Recording
from ecg.signal.filters import filtered
from ecg.signal.grid import BLOCK, Around, block_count, read_block, widened, with_adjacent
from ecg.signal.resampling import Ratio, at_working_rate

#: The R peak is looked for this far around the middle of a QRS complex' energy: 70 ms.
_AROUND_MIDDLE: Final = 25

REACH: Final = 3
"""Blocks on both sides that the peaks of a block depend on (and the filters' margin beyond them)."""


@dataclass(frozen=True, slots=True)
class PeakBlock:
    """The R peaks of a block, and what they were found in."""

    index: int
    """Of the block; it begins with sample ``index * BLOCK`` at the working rate."""
    samples: NDArray[np.int64]
    """``[n]``, ascending: R peaks at the working rate, from the recording's start; from the block's first sample on,
    but for peaks whose energy lies in the block and whose extreme lies a little outside."""
    strength: NDArray[np.float32]
    """``[n]``: evidence for each, 1 for a usual QRS complex."""
    evidence: Evidence


def peaks(recording: Recording, blocks: range | None = None) -> Iterator[PeakBlock]:
    """The R peaks of a recording of any rate from 100 to 2,000 Hz, of all its blocks or of some.

    Memory is bounded by a few blocks, whatever the recording's length.

    Raises:
        ecg.signal.resampling.RateError: the recording's rate is outside of what is analysed.
    """
    return map(settled, candidates(recording, blocks))


def candidates(recording: Recording, blocks: range | None = None) -> Iterator[Around[PeakBlock]]:
    """The blocks of :func:`peaks` and those beside them, before these have :func:`settled` what is on borders."""
    working = at_working_rate(recording)
    count = block_count(working.samples)
    wanted = range(count) if blocks is None else blocks
    of_evidence, of_choice, of_filters = (widened(wanted, reach, count) for reach in (2, 1, REACH))
    filters = (filtered(read_block(working, index)) for index in of_filters)
    weighed = map(evidence, with_adjacent(filters, of_filters.start, 1, of_evidence))
    chosen = map(_peaks_of, with_adjacent(weighed, of_evidence.start, 1, of_choice))
    return with_adjacent(chosen, of_choice.start, 1, wanted)


def all_peaks(recording: Recording) -> NDArray[np.int64]:
    """Every R peak of a recording, in samples at its own rate, ``[n]``, ascending."""
    blocks = [block.samples for block in peaks(recording)]
    samples = np.concatenate(blocks) if blocks else np.empty(0, np.int64)
    return np.clip(Ratio.of(recording.rate).to_source(samples), 0, max(0, recording.samples - 1))


def _peaks_of(around: Around[Evidence]) -> PeakBlock:
    nothing = np.zeros(BLOCK, np.float32)
    strength = np.concatenate([nothing if item is None else item.strength for item in around.items])
    places = choose(strength)
    own = places[(places >= BLOCK) & (places < 2 * BLOCK)]
    exact, kept = _apart(_extremes(around, own), strength[own])
    return PeakBlock(around.index, exact + (around.index - 1) * BLOCK, strength[own][kept], around.middle)


def _extremes(around: Around[Evidence], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the leads' deflections together are greatest, near each place (from the start of the block before)."""
    middle = around.middle
    power = np.zeros(3 * BLOCK, np.float32)
    for lead, weight in enumerate(middle.weights.mean(axis=1) / np.square(middle.crest)):
        for place, item in around.known:
            power[(place + 1) * BLOCK : (place + 2) * BLOCK] += weight * np.square(item.filtered.shape[lead])
    window = power[places[:, None] + np.arange(-_AROUND_MIDDLE, _AROUND_MIDDLE + 1)]
    return places + np.argmax(window, axis=1) - _AROUND_MIDDLE if len(places) else places


def _apart(places: NDArray[np.int64], strength: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places without the weaker ones of those whose extremes are one QRS complex', and which of them stayed."""
    kept = np.arange(len(places))
    while len(kept) > 1:
        near = np.diff(places[kept]) <= REFRACTORY
        weaker = strength[kept][1:] <= strength[kept][:-1]
        wrong = np.append(False, near & weaker) | np.append(near & ~weaker, False)
        if not wrong.any():
            break
        kept = kept[~wrong]
    return places[kept], kept


def settled(around: Around[PeakBlock]) -> PeakBlock:
    """Of two peaks on both sides of a border that can't both be beats, the stronger one stays, the first of equals."""
    block = around.middle
    kept = np.ones(len(block.samples), np.bool_)
    for place, other in around.known:
        if place == 0 or not len(other.samples) or not len(block.samples):
            continue
        mine, theirs = (0, -1) if place < 0 else (-1, 0)
        near = abs(int(block.samples[mine]) - int(other.samples[theirs])) <= REFRACTORY
        weaker = block.strength[mine] < other.strength[theirs]
        equal = block.strength[mine] == other.strength[theirs]
        if near and (weaker or (equal and place < 0)):
            kept[mine] = False
    return replace(block, samples=block.samples[kept], strength=block.strength[kept])
