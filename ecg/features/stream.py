"""The beats of a recording, one after the other, each with all that is known about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import WINDOW_AFTER, WINDOW_BEFORE
from ecg.features import rhythm, shape
from ecg.features.arrival import arrival_numbers
from ecg.features.atrial import atrial_numbers
from ecg.features.conduction import conduction_numbers
from ecg.features.reach import SHAPE_MARGIN, STRIP_REACH
from ecg.features.rhythm import EARLY, intervals_of, rhythm_features, usual_interval
from ecg.features.shape import aligned, qrs_likeness, shape_features
from ecg.features.usual import UsualBeat, company, usual_beat
from ecg.features.windows import BeatWindows, cut
from ecg.leads import standard_place
from ecg.peaks.stream import REACH as PEAKS_REACH
from ecg.peaks.stream import candidates
from ecg.recording import Millivolts, Recording
from ecg.signal.grid import BLOCK_SECONDS, Around, block_count, widened, with_adjacent
from ecg.signal.resampling import Ratio

_COMPANY: Final[dict[str, str]] = {
    "alike_share": "share of the beats of the minutes around that look like this one",
    "alike_early_share": "share of these that came early",
    "usual_share": "share of the beats of the minutes around that look like the usual beat",
    "strength": "evidence for a beat over that for a usual one, all leads together",
    "noise": "what lies between QRS complexes over them, in the best lead",
}

FEATURES: Final[dict[str, str]] = rhythm.NAMES | shape.NAMES | _COMPANY
"""The numbers of :attr:`Beat.features` in their order: name and what it is."""

CONTEXT: Final = 4
"""Blocks on both sides in which a beat's usual beat and usual interval are looked for: two minutes and more."""

REACH: Final = PEAKS_REACH + CONTEXT
"""Blocks on both sides that the beats of a block depend on."""

MARGIN_SECONDS: Final = REACH * BLOCK_SECONDS + 1
"""How much of a recording a piece needs on both sides, as far as there is any."""

INTERVALS: Final = 48
"""Intervals on each side of a beat that :attr:`Beat.intervals` holds."""


@dataclass(frozen=True, slots=True)
class BeatBlock:
    """The beats of a block of 30 s. Arrays, as training and serving like them; :meth:`beats` gives them singly."""

    windows: BeatWindows
    source_samples: NDArray[np.int64]
    """``[n]``: R peaks in samples of the recording's own rate."""
    features: NDArray[np.float32]
    """``[n, 60]`` in the order of :data:`FEATURES`; ``nan`` where something isn't known: no neighbour, a gap between,
    too few beats around for a usual one."""
    intervals: NDArray[np.float32]
    """``[n, 2 * INTERVALS]``, seconds: up to each beat and from it on; ``nan`` across gaps and beyond the
    minutes around."""
    usual: UsualBeat
    shifts: NDArray[np.int64]
    """``[n]``: by how many samples each beat lies later in its window than the usual one does."""
    shapes: NDArray[np.float32]
    """``[n, leads, 252]``, millivolts without baseline, aligned with the usual beat."""
    odd: NDArray[np.bool_]
    """``[n]``: whether the QRS complex is unlike the usual one, as those of ventricular beats are."""
    atrial: NDArray[np.float32]
    """``[7]``: what lies before the QRS complexes of the block; see :data:`ecg.features.atrial.ATRIAL`."""
    arrival: NDArray[np.float32]
    """``[n, 32]``: how each beat came; see :data:`ecg.features.arrival.ARRIVAL`."""
    conduction: NDArray[np.float32]
    """``[n, 41]``: how the ventricles are reached; see :data:`ecg.features.conduction.CONDUCTION`."""
    leads: NDArray[np.float32]
    """``[leads]``: place of each in :data:`ecg.leads.STANDARD`, ``nan`` of others."""

    @property
    def index(self) -> int:
        """Of the block."""
        return self.windows.index

    def __len__(self) -> int:
        return len(self.source_samples)

    def beats(self) -> Iterator[Beat]:
        """One after the other, in order of time."""
        return (Beat(self, place) for place in range(len(self)))


@dataclass(frozen=True, slots=True)
class Beat:
    """One detected beat."""

    block: BeatBlock
    place: int
    """Of the beat in its block."""

    @property
    def sample(self) -> int:
        """R peak, in samples at 360 Hz from the recording's start."""
        return int(self.block.windows.samples[self.place])

    @property
    def source_sample(self) -> int:
        """R peak, in samples of the recording's own rate."""
        return int(self.block.source_samples[self.place])

    @property
    def strip(self) -> Millivolts:
        """``[leads, 864]``, millivolts at 360 Hz, 1.2 s before the R peak and 1.2 s from it on; ``nan`` in gaps."""
        strip: Millivolts = self.block.windows.strips[self.place]
        return strip

    @property
    def windows(self) -> Millivolts:
        """``[leads, 192]``, millivolts at 360 Hz: the beat, R peak at :data:`ecg.beats.WINDOW_BEFORE`."""
        return self.strip[:, STRIP_REACH - WINDOW_BEFORE : STRIP_REACH + WINDOW_AFTER]

    @property
    def usual(self) -> Millivolts:
        """``[leads, 192]``, millivolts, each lead's mean 0: the person's usual beat, moved to where this one lies."""
        middle = STRIP_REACH - WINDOW_BEFORE - int(self.block.shifts[self.place]) - _USUAL_FIRST
        return self.block.usual.window[:, middle : middle + WINDOW_BEFORE + WINDOW_AFTER]

    @property
    def difference(self) -> Millivolts:
        """``[leads, 192]``, millivolts: what is left of the beat, its mean taken away, without the usual one."""
        beat = self.windows
        known = np.isfinite(beat)
        mean = np.where(known, beat, 0).sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
        result: Millivolts = (beat - mean - self.usual).astype(np.float32)
        return result

    @property
    def features(self) -> NDArray[np.float32]:
        """``[60]`` in the order of :data:`FEATURES`."""
        features: NDArray[np.float32] = self.block.features[self.place]
        return features

    @property
    def intervals(self) -> NDArray[np.float32]:
        """``[96]``, seconds; see :attr:`BeatBlock.intervals`."""
        intervals: NDArray[np.float32] = self.block.intervals[self.place]
        return intervals

    @property
    def readable(self) -> NDArray[np.bool_]:
        """``[leads]``: which leads can be read where the beat is."""
        readable: NDArray[np.bool_] = self.block.windows.readable[self.place]
        return readable


def beats_of(recording: Recording, blocks: range | None = None) -> Iterator[Beat]:
    """Every beat of a recording, in order of time; see :func:`beat_blocks`."""
    for block in beat_blocks(recording, blocks):
        yield from block.beats()


def beat_blocks(recording: Recording, blocks: range | None = None) -> Iterator[BeatBlock]:
    """The beats of a recording of any rate from 100 to 2,000 Hz, block by block.

    What is said of a block depends on nothing that lies more than :data:`MARGIN_SECONDS` outside of it, to the last
    bit: a recording may be cut into pieces of blocks, each analysed anywhere. Memory is bounded by some minutes of the
    recording.

    Args:
        recording: The whole, or a signal that has of it what the blocks need.
        blocks: Which of them, all without.

    Raises:
        ecg.signal.resampling.RateError: the recording's rate is outside of what is analysed.
    """
    ratio = Ratio.of(recording.rate)
    count = block_count(ratio.length(recording.samples))
    wanted = range(count) if blocks is None else blocks
    wider = widened(wanted, CONTEXT, count)
    windows = map(cut, candidates(recording, wider))
    leads = lead_places(recording.leads)
    for around in with_adjacent(windows, wider.start, CONTEXT, wanted):
        yield _described(around, ratio, recording.samples, leads)


ODD: Final = 0.8
"""Correlation of the QRS complex with the usual one, mean of the leads, below which it is odd."""
QRS_LIKENESS: Final = list(FEATURES).index("correlation_qrs_mean")
"""Place of that number in :data:`FEATURES`."""

#: The usual beat's window is the strip without what the greatest shift could take from outside of it.
_USUAL_FIRST: Final = STRIP_REACH - WINDOW_BEFORE - 2 * SHAPE_MARGIN
_USUAL: Final = slice(_USUAL_FIRST, STRIP_REACH + WINDOW_AFTER + 2 * SHAPE_MARGIN)


def _company(block: BeatWindows, usual: UsualBeat, scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """The numbers of :data:`_COMPANY`, ``[n, 5]``."""
    share = np.full(len(block.samples), usual.share)
    columns = [*company(usual, block.shapes, block.present, scale), share, block.strength, block.noise]
    return np.stack(columns, axis=1).astype(np.float32)


def lead_places(leads: Sequence[str]) -> NDArray[np.float32]:
    """Place of each of a recording's leads in :data:`ecg.leads.STANDARD`, ``[leads]``, ``nan`` of others."""
    places = [standard_place(name) for name in leads]
    return np.array([np.nan if place is None else place for place in places], np.float32)


def _described(around: Around[BeatWindows], ratio: Ratio, samples: int, leads: NDArray[np.float32]) -> BeatBlock:
    block = around.middle
    near = [item for _, item in around.known]
    begin = sum(len(item.samples) for place, item in around.known if place < 0)
    own = slice(begin, begin + len(block.samples))
    peaks = np.concatenate([item.samples for item in near])
    recorded = np.concatenate([item.recorded for item in near])
    intervals = intervals_of(peaks, recorded, near[0].index * BLOCK_SECONDS)
    early = intervals[:-1] < EARLY * usual_interval(intervals)
    heights = np.sqrt(block.weights) / block.crest
    scale = (heights / heights.max()).astype(np.float32)
    shapes_around = np.concatenate([item.shapes for item in near])
    present = np.concatenate([item.present for item in near])
    usual = usual_beat(
        shapes_around,
        np.concatenate([item.strips[:, :, _USUAL] for item in near]),
        present,
        early,
        scale,
    )
    shapes, shifts = aligned(block.shapes, usual.shape, scale)
    unreadable = ~block.readable.any(axis=1, keepdims=True)
    looks = shape_features(shapes, usual.shape, block.readable | (unreadable & block.present))
    odd = looks[:, QRS_LIKENESS - len(rhythm.NAMES)] < ODD
    odd_around = qrs_likeness(shapes_around, usual.shape, block.weights * present) < ODD
    odd_around[own] = odd
    numbers = [
        rhythm_features(intervals, own),
        looks,
        _company(block, usual, scale),
    ]
    padded = np.pad(intervals, INTERVALS, constant_values=np.nan)
    columns = np.arange(own.start, own.stop)[:, None] + np.arange(1, 2 * INTERVALS + 1)
    source = np.clip(ratio.to_source(block.samples), 0, samples - 1)
    return BeatBlock(
        block,
        source,
        np.concatenate(numbers, axis=1),
        padded[columns].astype(np.float32),
        usual,
        shifts,
        shapes,
        odd,
        atrial_numbers(shapes, block.readable.any(axis=1) & ~odd, block.crest),
        arrival_numbers(intervals, own, odd_around, shapes, usual.shape, block.crest, odd),
        conduction_numbers(usual.window, block.strips, block.crest, leads),
        leads,
    )
