"""A trace followed from column to column: of the runs of ink in each, those that one pen drew in one go."""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.ink.strokes import Runs
from ecg.pictures.pages.ink import Ink

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: How far from a row's level its trace may lie where there are other rows, mm.
REACH: Final = 32.0
#: What a millimetre between the runs of neighbouring columns costs, and what most a leap may cost.
_LEAP: Final = 3.0
_MOST_LEAP: Final = 2.4
#: What a millimetre away from the row's level costs in a column: little, so that a trace comes home.
_AWAY: Final = 0.006
#: Where a piece of ink of so many mm wanders that reaches this level and no other's, it costs no more than this share
#: of what it costs to leave it out before the trace has begun.
_LONG: Final = 20.0
_WANDERING: Final = 0.5
#: What a millimetre costs that shows no ink of the trace, once it has begun, and before.
_MISSING: Final = 0.8
_NOT_BEGUN: Final = 0.3
#: What ink costs in a column that is a letter's.
_LETTER: Final = 0.2
#: What ink costs in a column that goes on as another row's level.
_OTHER: Final = 0.03
#: What a millimetre of a run's height is worth: of several that a stroke may go through, it goes through the tallest.
_TALL: Final = 0.012
#: Letters are no larger, mm.
_LETTER_SIZE: Final = (7.0, 6.0)
#: What is wider than this, mm, and so many times as wide as high, is none.
_FLAT_WIDTH: Final = 1.2
_FLAT: Final = 1.8
#: A small pulse is larger in both directions, mm; ink fills this share of its height at its sides, and of its lid.
_PULSE_SIZE: Final = 3.2
_SIDE: Final = 0.75
_LID: Final = 0.9
#: Most runs that are looked at in a column, those next to the row.
_MOST: Final = 12


class Path(NamedTuple):
    """The runs that a trace goes through."""

    runs: Integers
    """Indices into the ink's runs, a column each, ascending."""
    cost: float
    """Mean cost of a column."""


class _Step(NamedTuple):
    runs: Integers
    before: Integers
    """Which state of the step before each came from."""


def letters_of(ink: Ink, millimetre: float) -> NDArray[np.bool_]:
    """Which pieces of ink are no larger than letters and no calibration pulses, ``[pieces + 1]``."""
    widths, heights = ink.widths() / millimetre, ink.heights() / millimetre
    # A bit of a trace that is broken lies flat.
    flat = (widths > _FLAT_WIDTH) & (widths > _FLAT * heights)
    letters: NDArray[np.bool_] = (widths < _LETTER_SIZE[0]) & (heights < _LETTER_SIZE[1]) & ~flat
    for piece in np.flatnonzero(letters & (widths > _PULSE_SIZE) & (heights > _PULSE_SIZE)):
        left, top, right, bottom = ink.boxes[piece]
        letters[piece] = not _is_box(ink.labels[top:bottom, left:right] == piece, ink.thickness)
    return letters


def _is_box(mask: NDArray[np.bool_], thickness: float) -> bool:
    """Whether a piece has two upright sides, a lid from one to the other, and nothing below it."""
    high = len(mask)
    sides = np.flatnonzero(mask.sum(axis=0) >= _SIDE * high)
    pen = round(2 * thickness)
    if not len(sides):
        return False
    within = mask[:, sides[0] + pen : max(0, sides[-1] + 1 - pen)]
    if within.shape[1] < thickness:
        return False
    return bool(within[: high // 3].any(axis=0).mean() > _LID and not within[high // 2 :].any())


def followed(ink: Ink, level: float, others: list[float], millimetre: float, letters: NDArray[np.bool_]) -> Path | None:
    """The trace of the row at ``level``; None where there is none.

    Args:
        ink: Of the straightened page.
        level: Row of the trace's level, pixels.
        others: Levels of the other rows.
        millimetre: Pixels.
        letters: Pieces that are no larger than letters.
    """
    runs = ink.runs
    reach = REACH * millimetre if others else float(len(ink.mask))
    top, bottom = level - reach, level + reach
    near = np.flatnonzero((runs.ends > top) & (runs.starts < bottom))
    if not len(near):
        return None
    costs = _own_costs(ink, runs.only(_mask(near, len(runs.columns))), level, others, millimetre, letters)
    columns = runs.columns[near]
    firsts = np.flatnonzero(np.r_[True, columns[1:] != columns[:-1]])
    bounds = np.r_[firsts, len(near)]
    begin, end = int(columns[0]), int(columns[-1]) + 1
    groups = {int(columns[first]): (first, last) for first, last in pairwise(bounds.tolist())}
    starts, ends = runs.starts[near].astype(np.float64), runs.ends[near].astype(np.float64)
    steps: list[_Step] = []
    state_runs, state_costs = np.array([-1]), np.array([0.0])
    for column in range(begin, end):
        first, last = groups.get(column, (0, 0))
        chosen = np.arange(first, last)
        if len(chosen) > _MOST:
            chosen = np.sort(chosen[np.argsort(costs[chosen])[:_MOST]])
        step, state_costs = _stepped(state_runs, state_costs, chosen, costs, starts, ends, millimetre)
        state_runs = step.runs
        steps.append(step)
    return _backwards(steps, state_costs, near, runs)


def _mask(places: Integers, length: int) -> NDArray[np.bool_]:
    mask = np.zeros(length, np.bool_)
    mask[places] = True
    return mask


def _own_costs(
    ink: Ink, runs: Runs, level: float, others: list[float], millimetre: float, letters: NDArray[np.bool_]
) -> Floats:
    """What each run costs by itself."""
    away = np.maximum(0, np.maximum(runs.starts - level, level - runs.ends)) / millimetre
    pieces = ink.labels[runs.starts, runs.columns]
    own = _only_here(runs, pieces, level, others, millimetre)
    wandering = np.isin(pieces, own[ink.widths()[own] >= _LONG * millimetre])
    far = np.where(wandering, np.minimum(_AWAY * away, _WANDERING * _NOT_BEGUN / millimetre), _AWAY * away)
    costs = far + _LETTER * letters[pieces]
    costs -= _TALL * (runs.ends - runs.starts) / millimetre
    for other in others:
        nearer = np.abs((runs.starts + runs.ends) / 2 - other) < np.abs((runs.starts + runs.ends) / 2 - level)
        covers = (runs.starts < other + millimetre) & (runs.ends > other - millimetre)
        costs += _OTHER * (nearer & covers)
    return costs


def _only_here(
    runs: Runs, pieces: NDArray[np.int32], level: float, others: list[float], millimetre: float
) -> NDArray[np.int32]:
    """The pieces of ink that reach the row's level, and no other row's."""
    reached = [
        pieces[(runs.starts < place + millimetre) & (runs.ends > place - millimetre)] for place in (level, *others)
    ]
    return np.setdiff1d(reached[0], np.concatenate([np.empty(0, np.int32), *reached[1:]]))


def _stepped(
    state_runs: Integers,
    state_costs: Floats,
    chosen: Integers,
    own: Floats,
    starts: Floats,
    ends: Floats,
    millimetre: float,
) -> tuple[_Step, Floats]:
    """One column on: each of its runs from the best state before, or no ink at all."""
    known = state_runs >= 0
    kept_costs = state_costs + np.where(known, _MISSING, _NOT_BEGUN) / millimetre
    if not len(chosen):
        return _Step(state_runs, np.arange(len(state_runs))), kept_costs
    held = np.maximum(state_runs, 0)
    gaps = np.maximum(starts[chosen][:, None] - ends[held], starts[held] - ends[chosen][:, None])
    jumps = np.where(known, np.minimum(_LEAP / millimetre * np.maximum(gaps, 0.0), _MOST_LEAP), 0.3)
    total = state_costs + jumps
    before = total.argmin(axis=1)
    costs = total[np.arange(len(chosen)), before] + own[chosen]
    # States that saw no ink here go on, the best of them.
    kept = np.argsort(kept_costs)[:4]
    return (
        _Step(np.concatenate([chosen, state_runs[kept]]), np.concatenate([before, kept])),
        np.concatenate([costs, kept_costs[kept]]),
    )


def _backwards(steps: list[_Step], costs: Floats, near: Integers, runs: Runs) -> Path | None:
    best = int(costs.argmin())
    cost = float(costs[best]) / max(1, len(steps))
    path: list[int] = []
    for step in reversed(steps):
        path.append(int(step.runs[best]))
        best = int(step.before[best])
    chosen = np.unique(np.array([run for run in path if run >= 0], np.int64))
    if not len(chosen):
        return None
    indices = near[chosen]
    return Path(indices[np.argsort(runs.columns[indices], kind="stable")], cost)
