"""Thirty-two numbers about how a beat came: its interval beside many others, and what lies before its QRS complex.

A premature atrial beat is told from one of a rhythm that is irregular anyhow by both: a P wave of another form, or one
that lies in the T wave of the beat before, where others have their own. What the T wave of the beat before leaves there
is taken away first, as far as the usual beat shows it.

What is usual is told by intervals between beats of the usual QRS complex, where there are enough of them: beside
ventricular beats they are short and long, and their pauses would make every other beat look early.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.features.reach import SHAPE_AFTER, SHAPE_BEFORE

_OF_INTERVALS: Final[dict[str, str]] = {
    "own_to_longest_16": "the interval before over the longest of the sixteen nearest",
    "own_to_upper_16": "the same over their upper quartile",
    "own_to_middle_48": "the same over the median of the 48 nearest",
    "own_to_upper_48": "the same over their upper quartile",
    "own_to_long_48": "the same over their ninth decile",
    "own_to_four": "the same over the median of the four before it",
    "after_to_upper": "the interval after over the upper quartile of the 48 nearest",
    "before_last_to_upper": "the interval before the one before, likewise",
    "after_next_to_upper": "the interval after the one after, likewise",
    "both_to_upper": "half of the intervals before and after together, likewise",
    "run_before": "short intervals in a row up to the beat: under 0.87 of that quartile",
    "run_after": "short intervals in a row after the beat",
    "short_share": "share of short intervals among the 48 nearest",
    "alike_share_48": "share of the 48 nearest that differ by less than 6 %",
    "third_pair": "distance of the two intervals beside the beat to the third nearest pair in a row, logarithms",
    "first_pair": "the same to the nearest pair",
    "spread_48": "upper quartile of the distance of the 48 nearest from their median, logarithms",
    "change_48": "median change from one to the next among them, logarithms",
    "steady_48": "lower quartile of the same",
}
_OF_P_WAVE: Final[dict[str, str]] = {
    "p_alike": "correlation of what lies before the QRS with the usual beat's, in the lead with the clearest P wave",
    "p_alike_leads": "the same, mean of the leads",
    "p_below": "how far p_alike lies below the median of the half minute",
    "p_size": "how much of the usual P wave is in it",
    "p_rest": "logarithm of what else is in it over the height of QRS complexes",
    "p_height": "logarithm of all that is in it, likewise",
    "p_elsewhere": "greatest correlation with the usual P wave up to 50 ms earlier or later",
    "p_delay": "how much later that is, milliseconds",
    "p_of_early": "correlation with the mean of the other early beats of the half minute, in the best lead",
    "p_of_others": "correlation with the mean of the beats that are not early, in the best lead",
    "p_usual": "median of p_alike of the half minute",
    "p_usual_share": "share of its beats with a p_alike above 0.6",
    "p_usual_height": "logarithm of the usual P wave's height, over that of QRS complexes",
}
ARRIVAL: Final[dict[str, str]] = _OF_INTERVALS | _OF_P_WAVE
"""What :func:`arrival_numbers` measures, in its order."""

SHORT: Final = 0.87
"""An interval under this share of the upper quartile of those around is short."""

#: Intervals on each side that are looked at.
_NEAR: Final = 24
_NEAREST: Final = 8
#: Logarithm of two intervals within which they are alike, and the greatest that is told of a distance.
_ALIKE: Final = 0.06
_FARTHEST: Final = 2.0

#: Samples of a shape before the QRS complex: 0.3 to 0.05 s before the R peak.
_BEFORE: Final = SHAPE_BEFORE - 18
#: The usual P wave's part that is looked for elsewhere, and in steps of how many samples.
_CORE: Final = slice(18, 72)
_STEP: Final = 3
#: So many intervals beside no odd beat tell what is usual; with fewer all do.
_ENOUGH: Final = 6

#: Fewer beats have no mean.
_LEAST: Final = 3
_CLEAR: Final = 0.6
_TINY: Final = 1e-6
_SMALL: Final = 1e-3
#: Seconds after a beat without a T wave to take away.
_LONG: Final = 2.0

Numbers = NDArray[np.float64]


def arrival_numbers(
    intervals: Numbers,
    own: slice,
    around: NDArray[np.bool_],
    shapes: NDArray[np.float32],
    usual: NDArray[np.float32],
    crest: NDArray[np.float32],
    odd: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """The numbers of :data:`ARRIVAL` for the beats of a block, ``[n, 32]``; ``nan`` where something isn't known.

    Args:
        intervals: ``[beats + 1]``, seconds: the interval that ends with each beat of the minutes around, and the one
            after the last; ``nan`` where unknown.
        own: Which of the beats are the block's.
        around: ``[beats]``: whose QRS complex is unlike the usual one, of all beats of the minutes around.
        shapes: ``[n, leads, samples]``, millivolts without baseline, aligned, without margins.
        usual: ``[leads, samples]``, the usual beat likewise; ``nan`` where there is none.
        crest: ``[leads]``, millivolts: strength of a usual QRS complex.
        odd: ``[n]``: the same of the block's beats, aligned.
    """
    if own.stop == own.start:
        return np.empty((0, len(ARRIVAL)), np.float32)
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = np.arange(own.start, own.stop)[:, None] + np.arange(1, 2 * _NEAR + 1)
        beside = np.append(around, False) | np.append(False, around)
        rows = np.pad(intervals, _NEAR, constant_values=np.nan)[columns]
        of_intervals, upper = _of_intervals(rows, np.pad(beside, _NEAR)[columns])
        before = intervals[own]
        of_p = _of_p_waves(shapes, usual, crest, before, upper, odd)
    return np.concatenate([of_intervals, of_p], axis=1).astype(np.float32)


def _of_intervals(rows: Numbers, beside: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """The first numbers, ``[n, 19]``, and the upper quartile of the intervals around each beat, ``[n]``.

    Args:
        rows: ``[n, 48]``, seconds: the nearest intervals of each beat, its own the last of the first half.
        beside: ``[n, 48]``: which of them lie beside an odd beat.
    """
    measures = _measures(rows, beside)
    before, after = rows[:, _NEAR - 1], rows[:, _NEAR]
    near = slice(_NEAR - _NEAREST, _NEAR + _NEAREST)
    nearest = _measures(rows[:, near], np.isnan(measures[:, near]))
    longest, upper_nearest = _quantiles(nearest, 1.0, 0.75)
    middle, upper, long = _quantiles(measures, 0.5, 0.75, 0.9)
    (four,) = _quantiles(rows[:, _NEAR - 5 : _NEAR - 1], 0.5)
    short = rows < SHORT * upper[:, None]
    known = np.maximum(np.isfinite(rows).sum(axis=1), 1)
    logs = np.log(rows)
    alike = (np.abs(logs - logs[:, _NEAR - 1 : _NEAR]) < _ALIKE).sum(axis=1) / known
    first, second = (logs[:, place : place + 2 * _NEAR - 1] for place in (0, 1))
    pairs = np.maximum(np.abs(first - first[:, _NEAR - 1 : _NEAR]), np.abs(second - second[:, _NEAR - 1 : _NEAR]))
    pairs[:, _NEAR - 1] = np.inf
    pairs = np.sort(np.where(np.isfinite(pairs), pairs, _FARTHEST), axis=1)
    usual = np.log(measures)
    steady, change = _quantiles(np.abs(np.diff(usual, axis=1)), 0.25, 0.5)
    (spread,) = _quantiles(np.abs(usual - np.log(middle)[:, None]), 0.75)
    columns = [
        *(before / reference for reference in (longest, upper_nearest, middle, upper, long, four)),
        *(interval / upper for interval in (after, rows[:, _NEAR - 2], rows[:, _NEAR + 1], (before + after) / 2)),
        np.cumprod(short[:, _NEAR - 1 :: -1], axis=1).sum(axis=1),
        np.cumprod(short[:, _NEAR:], axis=1).sum(axis=1),
        short.sum(axis=1) / known,
        alike,
        np.minimum(pairs[:, 2], _FARTHEST),
        np.minimum(pairs[:, 0], _FARTHEST),
        spread,
        change,
        steady,
    ]
    return np.stack(columns, axis=1), upper


def _measures(rows: Numbers, beside: NDArray[np.bool_]) -> Numbers:
    """The intervals of each row that tell what is usual, ``nan`` in place of the others; all, where those are few."""
    chosen = np.where(beside, np.nan, rows)
    enough = np.isfinite(chosen).sum(axis=1, keepdims=True) >= _ENOUGH
    measures: Numbers = np.where(enough, chosen, rows)
    return measures


def _quantiles(rows: Numbers, *shares: float) -> list[Numbers]:
    """Of the known values of each row, the ones at some shares of their number, ``[n]`` each; ``nan`` without any."""
    ordered = np.sort(rows, axis=1)  # nan comes last
    last = np.isfinite(ordered).sum(axis=1) - 1
    line = np.arange(len(rows))
    return [ordered[line, np.rint(share * np.maximum(last, 0)).astype(np.int64)] for share in shares]


def _of_p_waves(
    shapes: NDArray[np.float32],
    usual: NDArray[np.float32],
    crest: NDArray[np.float32],
    before: Numbers,
    upper: Numbers,
    odd: NDArray[np.bool_],
) -> Numbers:
    """The last numbers, ``[n, 13]``."""
    count = len(shapes)
    even = ~odd
    if not np.isfinite(usual).all() or not even.any():
        return np.full((count, len(_OF_P_WAVE)), np.nan)
    (usual_interval,) = _quantiles(upper[None], 0.5)
    wide = usual.astype(np.float64)
    left = _t_waves(wide, np.where(np.isnan(usual_interval), _LONG, usual_interval))[0]
    template = _level(wide[:, :_BEFORE] - left)
    after_odd = np.concatenate([[False], odd[:-1]])
    waves = _level(shapes[:, :, :_BEFORE] - _t_waves(wide, np.where(np.isnan(before) | after_odd, _LONG, before)))
    heights, sizes = (np.sqrt(np.square(part).mean(axis=-1)) + _TINY for part in (template, waves))
    likeness = (waves * template).mean(axis=-1) / (heights * sizes)
    clear = np.maximum(np.median(likeness[even], axis=0), 0.05)
    lead = int(np.argmax(heights / crest * clear))
    own, pattern = waves[:, lead], template[lead]
    alike = likeness[:, lead]
    size = (own * pattern).mean(axis=1) / heights[lead] ** 2
    rest = np.sqrt(np.square(own - size[:, None] * pattern).mean(axis=1))
    elsewhere, delay = _moved(own, pattern)
    early = (before < SHORT * upper) & even
    middle = float(np.median(alike[even]))
    columns = [
        alike,
        likeness.mean(axis=1),
        middle - alike,
        np.clip(size, -4, 4),
        np.log(rest / crest[lead] + _SMALL),
        np.log(sizes[:, lead] / crest[lead] + _SMALL),
        elsewhere,
        delay,
        _likeness_to_others(waves, early),
        _likeness_to_others(waves, even & ~early),
        *(np.full(count, value) for value in (middle, (alike[even] > _CLEAR).mean())),
        np.full(count, np.log(heights[lead] / crest[lead] + _SMALL)),
    ]
    return np.stack(columns, axis=1)


def _t_waves(usual: Numbers, intervals: Numbers) -> Numbers:
    """What the usual beat before leaves before QRS complexes that come after ``intervals`` seconds,
    ``[n, leads, samples]``; where nobody knows its course any more, its last value.
    """
    later = np.rint(intervals * SAMPLING_RATE).astype(np.int64)[:, None] - SHAPE_BEFORE + np.arange(_BEFORE)
    left: Numbers = usual[:, SHAPE_BEFORE + np.clip(later, 0, SHAPE_AFTER - 1)].transpose(1, 0, 2)
    return left


def _moved(waves: Numbers, pattern: Numbers) -> tuple[Numbers, Numbers]:
    """Where each of ``waves``, ``[n, samples]``, is most like the middle of ``pattern``: how much, and how much later,
    milliseconds.
    """
    width = _CORE.stop - _CORE.start
    parts = np.lib.stride_tricks.sliding_window_view(waves, width, axis=1)[:, ::_STEP]
    parts = parts - parts.mean(axis=2, keepdims=True)
    core = pattern[_CORE] - pattern[_CORE].mean()
    likeness = parts @ core / (np.sqrt(np.square(parts).sum(axis=2) * np.square(core).sum()) + _TINY)
    place = np.argmax(likeness, axis=1)
    later: Numbers = (place * _STEP - _CORE.start) * (1000 / SAMPLING_RATE)
    return likeness.max(axis=1), later


def _likeness_to_others(waves: Numbers, chosen: NDArray[np.bool_]) -> Numbers:
    """Correlation of each of ``waves``, ``[n, leads, samples]``, with the mean of the others that are ``chosen``, in
    the best lead; ``nan`` with too few.
    """
    count = int(chosen.sum())
    if count < _LEAST:
        return np.full(len(waves), np.nan)
    total = waves[chosen].sum(axis=0)
    others = np.where(chosen[:, None, None], (total - waves) / (count - 1), total / count)
    norms = np.sqrt(np.square(waves).sum(axis=2) * np.square(others).sum(axis=2))
    likeness: Numbers = ((waves * others).sum(axis=2) / (norms + _TINY)).max(axis=1)
    return likeness


def _level(waves: Numbers) -> Numbers:
    """The same without mean and slope."""
    line = np.linspace(-1, 1, waves.shape[-1])
    waves = waves - waves.mean(axis=-1, keepdims=True)
    slope = (waves * line).sum(axis=-1, keepdims=True) / np.square(line).sum()
    level: Numbers = waves - slope * line
    return level
