"""The grid on which recordings are analysed: blocks of 30 s at 360 Hz, counted from the recording's first sample.

Every step is a function of one block and a fixed number of those beside it. So any piece of a recording that brings
enough of its surroundings gives, bit for bit, what the whole recording gives there: pieces are stateless jobs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np

from ecg.beats import SAMPLING_RATE
from ecg.recording import Millivolts, Recording

BLOCK_SECONDS: Final = 30
BLOCK: Final = BLOCK_SECONDS * SAMPLING_RATE
"""Samples of a lead in a block."""
MARGIN: Final = SAMPLING_RATE
"""Samples on both sides of a block that its filters see."""

T = TypeVar("T")


def block_count(samples: int) -> int:
    """Blocks of a recording of ``samples`` at the working rate; the last one may be filled in part."""
    return -(-samples // BLOCK)


def read_block(recording: Recording, index: int) -> Millivolts:
    """A block with its margins, ``[leads, BLOCK + 2 * MARGIN]``, millivolts; ``nan`` in gaps and beyond the ends."""
    begin, end = index * BLOCK - MARGIN, (index + 1) * BLOCK + MARGIN
    first, last = max(0, begin), min(recording.samples, end)
    values = np.full((len(recording.leads), end - begin), np.nan, np.float32)
    values[:, first - begin : last - begin] = recording.read(first, last)
    return values


@dataclass(frozen=True, slots=True)
class Around(Generic[T]):
    """What a step has made of one block and of those beside it."""

    index: int
    """Of the block in the middle."""
    items: tuple[T | None, ...]
    """In order of time, the block itself in the middle; None before the recording's start and after its end."""

    @property
    def middle(self) -> T:
        """What was made of the block itself."""
        item = self.items[len(self.items) // 2]
        if item is None:
            raise ValueError(f"There is no block {self.index}.")
        return item

    @property
    def known(self) -> list[tuple[int, T]]:
        """All that there are, with their places relative to the block: -1 is the one before."""
        reach = len(self.items) // 2
        return [(place - reach, item) for place, item in enumerate(self.items) if item is not None]


def with_adjacent(items: Iterable[T], first: int, reach: int, wanted: range) -> Iterator[Around[T]]:
    """Each of the ``wanted`` blocks with ``reach`` more on both sides, held no longer than needed.

    Args:
        items: One for each block from ``first`` on, in order.
        first: Index of the first block.
        reach: Blocks on each side.
        wanted: Blocks to yield.
    """
    held: deque[T | None] = deque([None] * (2 * reach + 1), maxlen=2 * reach + 1)
    index = first - reach - 1
    for item in items:
        held.append(item)
        index += 1
        if index in wanted:
            yield Around(index, tuple(held))
    for _ in range(reach):
        held.append(None)
        index += 1
        if index in wanted:
            yield Around(index, tuple(held))


def widened(blocks: range, reach: int, count: int) -> range:
    """Blocks with ``reach`` more on both sides, as far as a recording of ``count`` blocks goes."""
    return range(max(0, blocks.start - reach), min(count, blocks.stop + reach))
