"""Blocks of samples, as they arrive, to the segments that workers analyse. Samples are bytes here, never numbers."""

from __future__ import annotations

import math
import struct
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from inference_server.workers.recording_tasks import (
    RecordingFacts,
    RecordingRefused,
    Segment,
    Stretch,
    segment_to_bytes,
)

MOST_BLOCK_BYTES: Final = 256 * 1024
"""Samples of a message at most, bytes."""

#: What a lead without a sample has in its place.
_NOTHING: Final = {
    "FLOAT32": struct.pack("<f", math.nan),
    "INT16": struct.pack("<h", -(2**15)),
    "INT32": struct.pack("<i", -(2**31)),
}


class Segmenting:
    """Holds what the next segment of one recording needs, and nothing before it."""

    def __init__(self, facts: RecordingFacts, plan: Sequence[Segment]) -> None:
        """Segments of ``plan``, the first of which needs nothing before its own first sample."""
        self._facts = facts
        self._described = facts.to_bytes()
        self._plan = deque(plan)
        self._begin = self._plan[0].begin if self._plan else facts.samples
        self._held: deque[tuple[int, bytearray]] = deque()
        self._nothing = _NOTHING[facts.encoding] * len(facts.leads)
        self._position = 0

    def add(self, first: int, values: bytes) -> Iterator[bytes]:
        """The next block; yields the bodies of tasks for the segments that are complete now.

        Raises:
            RecordingRefused: it is not as a block must be.
        """
        self._check(first, values)
        if values and first + len(values) // self._facts.frame > self._begin:
            self._hold(first, values)
        self._position = first + len(values) // self._facts.frame
        while self._plan and self._plan[0].end <= self._position:
            segment = self._plan.popleft()
            yield segment_to_bytes(self._described, segment, [*self._within(segment)])
            self._drop_before(self._plan[0].begin if self._plan else self._position)

    def finish(self) -> None:
        """No block follows.

        Raises:
            RecordingRefused: the recording is not complete.
        """
        if self._position < self._facts.samples:
            raise RecordingRefused(
                "RECORDING_INCOMPLETE",
                f"{self._position} samples of each lead came; the header says {self._facts.samples}.",
                field="header.samples",
            )

    def _check(self, first: int, values: bytes) -> None:
        facts = self._facts
        if len(values) > MOST_BLOCK_BYTES:
            raise RecordingRefused(
                "RECORDING_BLOCK_TOO_LARGE",
                f"The block has {len(values):,} bytes; the limit is {MOST_BLOCK_BYTES:,}.",
                field="block.values",
            )
        if len(values) % facts.frame:
            raise RecordingRefused(
                "RECORDING_BLOCK_INVALID",
                f"The block has {len(values)} bytes, and a sample of all leads has {facts.frame}.",
                field="block.values",
            )
        if first < self._position:
            raise RecordingRefused(
                "RECORDING_BLOCK_MISPLACED",
                f"The block begins at sample {first}, and samples up to {self._position} came before.",
                field="block.first_sample",
            )
        if first + len(values) // facts.frame > facts.samples:
            raise RecordingRefused(
                "RECORDING_TOO_LONG",
                f"The block goes beyond the {facts.samples} samples that the header says.",
                field="header.samples",
            )

    def _hold(self, first: int, values: bytes) -> None:
        """Keep samples: few large stretches, however small the blocks and the gaps between them are."""
        frame = self._facts.frame
        if self._held:
            begin, last = self._held[-1]
            missing = (first - begin) * frame - len(last)
            if len(last) + missing + len(values) <= MOST_BLOCK_BYTES:
                last += self._nothing * (missing // frame)
                last += values
                return
        self._held.append((first, bytearray(values)))

    def _within(self, segment: Segment) -> Iterator[Stretch]:
        """What there is of a segment."""
        frame = self._facts.frame
        for first, values in self._held:
            begin = max(first, segment.begin)
            end = min(first + len(values) // frame, segment.end)
            if begin < end:
                part = values[(begin - first) * frame : (end - first) * frame]
                yield Stretch(begin, bytes(part))

    def _drop_before(self, begin: int) -> None:
        while self._held and self._held[0][0] + len(self._held[0][1]) // self._facts.frame <= begin:
            self._held.popleft()
