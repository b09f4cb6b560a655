"""What all leads together say of where QRS complexes are.

A lead's evidence is the strength of its QRS band over the usual height of its own QRS complexes. Leads count by how
readable they are: QRS complexes stand out from what lies between them, and they look like each other. The second
is what bursts of noise, as high as QRS complexes and on a quiet baseline, don't do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from ecg.beats import SAMPLING_RATE
from ecg.recording import Millivolts
from ecg.signal.filters import Filtered, Signals
from ecg.signal.grid import BLOCK, Around
from ecg.signal.levels import CELL, CELLS, Levels, levels

#: A lead's own candidates: local maxima within 0.2 s, from this share of its usual height on.
_CANDIDATE_REACH: Final = SAMPLING_RATE // 5
_CANDIDATE_SHARE: Final = 0.3

#: What is compared of candidates: 0.15 s to each side, every third sample.
_SHAPE_REACH: Final = 54
_SHAPE_STEP: Final = 3

#: Weights are reckoned every 10 s from the candidates in them and 8 s around.
_STEP: Final = 10 * SAMPLING_RATE
_STEPS: Final = BLOCK // _STEP
_AROUND: Final = 8 * SAMPLING_RATE

#: The quarter of the others that a candidate is most like says how familiar it is: rare kinds of beats have partners.
_PARTNERS: Final = 0.25
#: So many candidates tell how like each other a lead's QRS complexes are; so many where no lead is recorded for more
#: than this share of the time.
_FEWEST: Final = 4
_FEWEST_OF_PART: Final = 2
_PART: Final = 0.6

#: A lead with less likeness counts next to nothing, and the weight grows with the fourth power of what is above.
#: Broad optimum on MIT-BIH: powers from 4 to 8 and quarters to two fifths miss and invent the same beats but for a few.
_LEAST_LIKENESS: Final = 0.4
_POWER: Final = 4
#: QRS complexes this many times as strong as what lies between them stand out as well as needed.
_CLEAR: Final = 8.0
_UNKNOWN_LIKENESS: Final = 0.3

#: One lead's evidence for one beat counts at most this many times its usual beat.
_MOST: Final = 2.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one block."""

    filtered: Filtered
    strength: NDArray[np.float32]
    """``[BLOCK]``: 1 where a usual QRS complex is; 0 where no lead was recorded."""
    weights: NDArray[np.float32]
    """``[leads, BLOCK // 3600]``: how much each lead counts in each 10 s, from 0 to 1."""
    likeness: NDArray[np.float32]
    """``[leads, BLOCK // 3600]``: mean correlation of QRS complexes with those that are most like them."""
    crest: NDArray[np.float32]
    """``[leads]``, millivolts: usual height of QRS complexes in :attr:`Filtered.strength`."""
    clearness: NDArray[np.float32]
    """``[leads, BLOCK // 720]``: the same over the usual strength between QRS complexes, each two seconds."""


def evidence(around: Around[Filtered]) -> Evidence:
    """Weigh the leads of a block; the ones beside it are needed."""
    level = levels(around)
    middle = around.middle
    leads = len(middle.strength)
    strength, shape = (_joined(around, name) for name in ("strength", "shape"))
    recorded, most = _recorded(around)
    likeness = np.stack(
        [_likeness(strength[lead], shape[lead], level, lead, most) for lead in range(leads)]
    )  # of the last 10 s of the block before, the block's own, and the first of the one after
    centres = BLOCK + (np.arange(-1, _STEPS + 1) + 0.5) * _STEP
    clearness = level.crest / level.floor
    clear = clearness[:, (centres / CELL).astype(int)]
    weights = np.clip((likeness - _LEAST_LIKENESS) / (1 - _LEAST_LIKENESS), 0.02, 1) ** _POWER
    weights *= np.clip(clear / _CLEAR, 0.05, 1)
    weights *= recorded
    places = np.arange(BLOCK, 2 * BLOCK)
    total, together = np.zeros(BLOCK), np.zeros(BLOCK)
    for lead in range(leads):
        weight = np.interp(places, centres, weights[lead])
        weight[np.isnan(middle.millivolts[lead])] = 0
        together += weight * np.minimum(middle.strength[lead] / level.crest_at(lead, places), _MOST)
        total += weight
    own = slice(1, _STEPS + 1)
    cells = slice(BLOCK // CELL, 2 * BLOCK // CELL)
    return Evidence(
        middle,
        np.divide(together, total, out=np.zeros(BLOCK), where=total > 0).astype(np.float32),
        weights[:, own].astype(np.float32),
        likeness[:, own].astype(np.float32),
        _usual_height(level.crest[:, cells], middle.millivolts),
        clearness[:, cells],
    )


def _recorded(around: Around[Filtered]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much was recorded in and around each 10 s, as for :func:`_likeness`.

    What looks like beats in the second or two that a page shows of a lead may be its T waves.

    Returns:
        Of each lead, beside the one of which most was, ``[leads, _STEPS + 2]``; of that one, beside when any lead was,
        ``[_STEPS + 2]``. 1 where nothing was.
    """
    leads = len(around.middle.strength)
    nothing = np.zeros((leads + 1, _STEPS))
    shares = [nothing if item is None else _shares(item.millivolts) for item in around.items]
    known = np.concatenate(shares, axis=1)[:, _STEPS - 2 : 2 * _STEPS + 2]
    beside = known[:, :-2] + known[:, 1:-1] + known[:, 2:]
    most = beside[:-1].max(axis=0)
    of_leads = np.divide(beside[:-1], most, out=np.ones_like(beside[:-1]), where=most > 0)
    return of_leads, np.divide(most, beside[-1], out=np.ones_like(most), where=most > 0)


def _shares(millivolts: Millivolts) -> NDArray[np.float64]:
    """How much of each 10 s was recorded of each lead, and at last of any, ``[leads + 1, _STEPS]``."""
    known = ~np.isnan(millivolts)
    return np.vstack([known, known.any(axis=0)]).reshape(len(known) + 1, _STEPS, _STEP).mean(axis=2)


def _usual_height(crest: Signals, millivolts: Millivolts) -> NDArray[np.float32]:
    """Of the crests of a block's cells, those of a lead that isn't always recorded when others are count where it is:
    elsewhere they say that there are no QRS complexes.

    Args:
        crest: ``[leads, CELLS]``, millivolts.
        millivolts: ``[leads, BLOCK]``, ``nan`` in gaps.
    """
    known = np.isnan(millivolts).reshape(len(crest), CELLS, CELL).mean(axis=2) <= 0.5
    seldom = known.any(axis=1) & (known != known.any(axis=0)).any(axis=1)
    heights = np.median(crest, axis=1)
    for lead in np.flatnonzero(seldom):
        heights[lead] = np.median(crest[lead, known[lead]])
    return heights


def _joined(around: Around[Filtered], name: str) -> Signals:
    """A signal of the block and those beside it, 0 where there are none: ``[leads, 3 * BLOCK]``."""
    leads = len(around.middle.strength)
    nothing = np.zeros((leads, BLOCK), np.float32)
    return np.concatenate([nothing if item is None else getattr(item, name) for item in around.items], axis=1)


def local_maxima(signal: Signals, reach: int) -> NDArray[np.int64]:
    """Places of values above 0 that none within ``reach`` samples exceeds; of adjacent equals the first."""
    places = np.flatnonzero((signal == maximum_filter1d(signal, 2 * reach + 1)) & (signal > 0))
    return places[np.diff(places, prepend=-2) > 1]


def _likeness(
    strength: Signals, shape: Signals, level: Levels, lead: int, most: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Likeness of a lead's QRS complexes in each 10 s from 10 s before the block to 10 s after it, ``[_STEPS + 2]``."""
    places = local_maxima(strength, _CANDIDATE_REACH)
    places = places[(places >= _SHAPE_REACH) & (places < len(strength) - _SHAPE_REACH)]
    height = strength[places] / level.crest_at(lead, places)
    chosen = height > _CANDIDATE_SHARE
    places, height = places[chosen], np.minimum(height[chosen], 1.5)
    shapes = shape[places[:, None] + np.arange(-_SHAPE_REACH, _SHAPE_REACH + 1, _SHAPE_STEP)]
    shapes = shapes - shapes.mean(axis=1, keepdims=True)
    shapes /= np.linalg.norm(shapes, axis=1, keepdims=True) + 1e-9
    result = np.full(_STEPS + 2, _UNKNOWN_LIKENESS)
    for step in range(_STEPS + 2):
        begin = BLOCK + (step - 1) * _STEP
        first, last = np.searchsorted(places, [begin - _AROUND, begin + _STEP + _AROUND])
        if last - first < (_FEWEST if most[step] > _PART else _FEWEST_OF_PART):
            continue
        correlations = shapes[first:last] @ shapes[first:last].T
        np.fill_diagonal(correlations, -1)
        partners = min(max(2, int(np.ceil((last - first) * _PARTNERS))), last - first - 1)
        best = np.partition(correlations, -partners, axis=1)[:, -partners:].mean(axis=1)
        result[step] = np.average(best, weights=height[first:last])
    return result
