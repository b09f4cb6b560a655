"""What is cut out around the R peaks of a block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.faults import Fault
from ecg.features.reach import SHAPE_AFTER, SHAPE_BEFORE, SHAPE_MARGIN, STRIP_REACH
from ecg.features.waves import wave_numbers
from ecg.peaks.stream import PeakBlock, settled
from ecg.quality import quality
from ecg.recording import Millivolts
from ecg.signal.filters import Filtered
from ecg.signal.grid import BLOCK, BLOCK_SECONDS, Around

#: Faults with which a lead shows nothing at all.
_NOTHING: Final = int(Fault.MISSING | Fault.FLAT | Fault.SATURATED)
#: A lead is there where so much was recorded this far around an R peak (100 ms).
_QRS_REACH: Final = 36
_MOSTLY: Final = 0.9


@dataclass(frozen=True, slots=True)
class BeatWindows:
    """The beats of a block, cut out."""

    index: int
    samples: NDArray[np.int64]
    """``[n]``: R peaks at 360 Hz from the recording's start."""
    strength: NDArray[np.float32]
    """``[n]``: see :attr:`ecg.peaks.stream.PeakBlock.strength`."""
    strips: Millivolts
    """``[n, leads, 2 * STRIP_REACH]``, millivolts as recorded, ``nan`` where nothing was."""
    shapes: NDArray[np.float32]
    """``[n, leads, SHAPE_MARGIN + SHAPE_BEFORE + SHAPE_AFTER + SHAPE_MARGIN]``, millivolts without baseline."""
    present: NDArray[np.bool_]
    """``[n, leads]``: whether the lead was recorded around the R peak; all are where none was."""
    readable: NDArray[np.bool_]
    """``[n, leads]``: whether the lead was, and can be read in the second of the R peak."""
    noise: NDArray[np.float32]
    """``[n]``: noise of the best lead in the second of the R peak; see :attr:`ecg.quality.Quality.noise`."""
    recorded: NDArray[np.bool_]
    """``[BLOCK_SECONDS]``: whether any lead shows something."""
    weights: NDArray[np.float32]
    """``[leads]``: how much each lead counts; see :attr:`ecg.peaks.evidence.Evidence.weights`."""
    crest: NDArray[np.float32]
    """``[leads]``, millivolts; see :attr:`ecg.peaks.evidence.Evidence.crest`."""
    faults: NDArray[np.uint8]
    """``[leads, BLOCK_SECONDS]``; see :class:`ecg.quality.Quality`."""
    waves: NDArray[np.float32]
    """``[BLOCK_SECONDS, 6]``; see :func:`ecg.features.waves.wave_numbers`."""


def cut(around: Around[PeakBlock]) -> BeatWindows:
    """Cut out the beats of a block; the ones beside it are needed."""
    block = settled(around)
    filtered = [None if item is None else item.evidence.filtered for item in around.items]
    places = block.samples - (block.index - 1) * BLOCK
    judged = quality(block.evidence)
    seconds = np.clip((places - BLOCK) // SAMPLING_RATE, 0, BLOCK_SECONDS - 1)
    strips = _windows(filtered, "millivolts", np.nan, places, STRIP_REACH, STRIP_REACH)
    present = _present(strips)
    return BeatWindows(
        index=block.index,
        samples=block.samples,
        strength=block.strength,
        strips=strips,
        shapes=_windows(filtered, "shape", 0.0, places, SHAPE_BEFORE + SHAPE_MARGIN, SHAPE_AFTER + SHAPE_MARGIN),
        present=present,
        readable=judged.readable[:, seconds].T & present,
        noise=judged.noise[:, seconds].min(axis=0),
        recorded=((judged.faults & _NOTHING) == 0).any(axis=0),
        weights=block.evidence.weights.mean(axis=1),
        crest=block.evidence.crest,
        faults=judged.faults,
        waves=wave_numbers(filtered),
    )


def _present(strips: Millivolts) -> NDArray[np.bool_]:
    """See :attr:`BeatWindows.present`."""
    around = np.isfinite(strips[:, :, STRIP_REACH - _QRS_REACH : STRIP_REACH + _QRS_REACH])
    present = around.mean(axis=2) >= _MOSTLY
    # The first and the last beat of a recording may be cut in all leads.
    whole: NDArray[np.bool_] = present | ~present.any(axis=1, keepdims=True)
    return whole


def _windows(
    blocks: list[Filtered | None], name: str, nothing: float, places: NDArray[np.int64], before: int, after: int
) -> NDArray[np.float32]:
    """``[n, leads, before + after]`` around places counted from the start of the block before."""
    leads = next(len(block.shape) for block in blocks if block is not None)
    empty = np.full((leads, BLOCK), nothing, np.float32)
    signals = np.concatenate([empty if block is None else getattr(block, name) for block in blocks], axis=1)
    columns = places[:, None] + np.arange(-before, after)
    return np.ascontiguousarray(signals[:, columns].transpose(1, 0, 2))
