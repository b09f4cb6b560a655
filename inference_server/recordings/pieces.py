"""How a recording is cut into segments: ranges of blocks, each with the samples that it needs around it.

What is said of a segment depends on nothing beyond its samples, to the last bit (:mod:`ecg.features.stream`), so any
worker may analyse it, any number of times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from ecg.features.stream import REACH
from ecg.recording import Millivolts, Recording
from ecg.signal.grid import BLOCK, BLOCK_SECONDS, MARGIN, block_count
from ecg.signal.resampling import Ratio

#: Blocks of a segment at most: an hour, of which the margins of 3.5 minutes on both sides are an eighth.
MOST_BLOCKS: Final = 120
#: With fewer the margins of seven minutes would cost more than the segment.
LEAST_BLOCKS: Final = 14
#: Samples of all leads of a segment, where it has more than the least blocks: 8 MB.
_MOST_VALUES: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Segment:
    """A range of blocks, and the samples that say all about it."""

    first: int
    last: int
    """The block after its last one."""
    begin: int
    end: int
    """Samples at the recording's own rate, ``end`` not included."""

    @property
    def blocks(self) -> range:
        """Its blocks."""
        return range(self.first, self.last)


@dataclass(frozen=True, slots=True)
class PieceSignal:
    """A stretch of a recording that stands where it stands in the whole; see :class:`ecg.recording.Signal`."""

    values: Millivolts
    """``[leads, n]``, millivolts."""
    begin: int
    """Place of the first of them in the recording."""
    samples: int
    """Length of the recording."""

    def read(self, begin: int, end: int) -> Millivolts:
        """See :meth:`ecg.recording.Signal.read`.

        Raises:
            ValueError: not all of it is there.
        """
        if begin < self.begin or end > self.begin + self.values.shape[1]:
            raise ValueError(f"The piece from {self.begin} on does not have the samples {begin} to {end}.")
        return self.values[:, begin - self.begin : end - self.begin]


def segments(samples: int, rate: float, leads: int) -> Iterator[Segment]:
    """The segments of a recording of ``samples`` a lead, in order of time; equally long but for the last.

    Raises:
        ecg.signal.resampling.RateError: the rate is outside of what is analysed.
    """
    ratio = Ratio.of(rate)
    working = ratio.length(samples)
    count = block_count(working)
    blocks = int(np.clip(_MOST_VALUES / (leads * rate * BLOCK_SECONDS), LEAST_BLOCKS, MOST_BLOCKS))
    for first in range(0, count, blocks):
        last = min(first + blocks, count)
        begin = max(0, (first - REACH) * BLOCK - MARGIN)
        end = min(working, (last + REACH) * BLOCK + MARGIN)
        needed = ratio.needed(begin, end) if ratio.up != ratio.down else (begin, end)
        yield Segment(first, last, max(0, needed[0]), min(samples, needed[1]))


def piece_of(segment: Segment, values: Millivolts, *, leads: tuple[str, ...], rate: float, samples: int) -> Recording:
    """The recording as far as a segment knows it, its leads in the order of their names.

    Sums over leads then don't depend on the order in which they were sent.

    Args:
        segment: Which.
        values: ``[leads, segment.end - segment.begin]``, millivolts, ``nan`` in gaps.
        leads: Their names.
        rate: Of the recording.
        samples: Length of the recording.
    """
    order = sorted(range(len(leads)), key=leads.__getitem__)
    if order != list(range(len(leads))):
        values = values[order]
    return Recording(tuple(sorted(leads)), rate, PieceSignal(values, segment.begin, samples))
