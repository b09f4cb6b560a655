"""A signal read from a file's frames on demand: chosen channels, brought to one rate, placed on the time line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecg.digital import MISSING, Digital, Scale, to_millivolts
from ecg.formats.source import Frames


@dataclass(frozen=True, slots=True)
class Placement:
    """Frames without a gap, on the time line of samples."""

    begin: int
    """First sample on the time line."""
    samples: int
    frame: int
    """First frame."""


@dataclass(frozen=True, slots=True)
class FrameSignal:
    """Leads out of frames; a :class:`ecg.digital.DigitalSignal`."""

    source: Frames
    channels: tuple[int, ...]
    """Which of the frames' channels each lead is."""
    per_frame: tuple[int, ...]
    """Samples of each lead in a frame."""
    scales: tuple[Scale, ...]
    placements: tuple[Placement, ...]
    limits: tuple[tuple[int, int] | None, ...] = ()
    """For each lead the ends of its converter's range, where they are known."""

    @property
    def samples(self) -> int:
        """Length of every lead, gaps included."""
        last = self.placements[-1]
        return last.begin + last.samples

    def read(self, begin: int, end: int) -> NDArray[np.float32]:
        """See :class:`ecg.recording.Signal`."""
        return to_millivolts(self.read_digital(begin, end), self.scales)

    def read_digital(self, begin: int, end: int) -> Digital:
        """See :class:`ecg.digital.DigitalSignal`."""
        result = np.full((len(self.channels), end - begin), MISSING, np.int32)
        for place in self._overlapping(begin, end):
            first, last = max(begin, place.begin), min(end, place.begin + place.samples)
            if first < last:
                result[:, first - begin : last - begin] = self._within(place, first - place.begin, last - place.begin)
        return result

    def _overlapping(self, begin: int, end: int) -> Sequence[Placement]:
        low, high = 0, len(self.placements)
        while low < high:  # the first placement that ends after begin; there may be a hundred thousand
            middle = (low + high) // 2
            if self.placements[middle].begin + self.placements[middle].samples <= begin:
                low = middle + 1
            else:
                high = middle
        stop = low
        while stop < len(self.placements) and self.placements[stop].begin < end:
            stop += 1
        return self.placements[low:stop]

    def _within(self, place: Placement, first: int, last: int) -> Digital:
        """Samples of one placement, counted from its own begin."""
        top = max(self.per_frame)
        frame, stop = first // top, -(-last // top)
        extra = 1 if min(self.per_frame) < top and (stop + 1) * top <= place.samples else 0
        block = self.source.read(place.frame + frame, place.frame + stop + extra)
        at = np.arange(first - frame * top, last - frame * top)
        rows = np.empty((len(self.channels), last - first), np.int32)
        for row, (channel, count) in enumerate(zip(self.channels, self.per_frame, strict=True)):
            rows[row] = block[channel][at] if count == top else _interpolated(block[channel], at, count, top)
        return rows


def _interpolated(values: Digital, at: NDArray[np.int64], count: int, top: int) -> Digital:
    """Linear between the samples of a channel with fewer in a frame; missing where a neighbour is."""
    left = at * count // top
    rest = at * count % top
    right = np.minimum(left + 1, len(values) - 1)
    low, high = values[left].astype(np.float64), values[right].astype(np.float64)
    result = np.rint(low + (high - low) * rest / top).astype(np.int32)
    gone = (values[left] == MISSING) | ((rest > 0) & (values[right] == MISSING))
    result[gone] = MISSING
    return result
