"""How strong QRS complexes are in a lead, and how strong is what lies between them, every two seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.signal.filters import Filtered, Signals
from ecg.signal.grid import BLOCK, Around

CELL: Final = 2 * SAMPLING_RATE
"""Samples of a cell: in two seconds there is a beat, but for pauses."""
CELLS: Final = BLOCK // CELL
"""Cells of a block."""

#: Cells whose median is the level: 18 s, of which pauses, noise and strange beats may take 8.
_MEDIAN_OF: Final = 9

#: The level is at least this share of its median over a minute and a half: in a long pause, what is left is no beat.
_PAUSE_SHARE: Final = 0.5

LEAST_LEVEL: Final = 0.02
"""Millivolts. What is weaker everywhere in 18 s is no QRS complex of any lead."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Of a block and what is known beside it, in cells counted from the start of the block before."""

    crest: NDArray[np.float32]
    """``[leads, 3 * CELLS]``, millivolts: usual height of QRS complexes in :attr:`Filtered.strength`."""
    floor: NDArray[np.float32]
    """``[leads, 3 * CELLS]``, millivolts: usual median of it, so what lies between them."""

    def crest_at(self, lead: int, samples: NDArray[np.int64]) -> NDArray[np.float64]:
        """The height at samples counted from the start of the block before, ``[n]``."""
        return np.interp(samples, _CENTRES, self.crest[lead])


_CENTRES: Final = (np.arange(3 * CELLS) + 0.5) * CELL


def levels(around: Around[Filtered]) -> Levels:
    """The levels of a block, known from half a minute before it to half a minute after."""
    crests, floors = [], []
    for block in around.items:
        crest, floor = _cells(block, leads=len(around.middle.strength))
        crests.append(crest)
        floors.append(floor)
    crest = _running_median(np.concatenate(crests, axis=1))
    usual = np.median(crest, axis=1, keepdims=True)
    return Levels(
        np.maximum(np.maximum(crest, _PAUSE_SHARE * usual), LEAST_LEVEL),
        np.maximum(_running_median(np.concatenate(floors, axis=1)), LEAST_LEVEL / 100),
    )


def _cells(block: Filtered | None, leads: int) -> tuple[Signals, Signals]:
    """Greatest and median strength of each cell, ``[leads, CELLS]``; ``nan`` where less than half was recorded."""
    if block is None:
        nothing = np.full((leads, CELLS), np.nan, np.float32)
        return nothing, nothing
    cells = block.strength.reshape(leads, CELLS, CELL)
    unknown = np.isnan(block.millivolts).reshape(leads, CELLS, CELL).mean(axis=2) > 0.5
    return (
        np.where(unknown, np.float32(np.nan), cells.max(axis=2)),
        np.where(unknown, np.float32(np.nan), np.median(cells, axis=2)),
    )


def _running_median(cells: Signals) -> NDArray[np.float32]:
    """Median of the known ones among ``_MEDIAN_OF`` cells around each, 0 where none is known."""
    reach = _MEDIAN_OF // 2
    padded = np.pad(cells, ((0, 0), (reach, reach)), constant_values=np.nan)
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(padded, _MEDIAN_OF, axis=1), axis=2)  # nan comes last
    known = np.isfinite(ordered).sum(axis=2)
    low, high = np.maximum(known - 1, 0) // 2, known // 2
    both = [np.take_along_axis(ordered, places[..., None], axis=2)[..., 0] for places in (low, np.minimum(high, 8))]
    return np.where(known > 0, (both[0] + both[1]) / 2, 0).astype(np.float32)
