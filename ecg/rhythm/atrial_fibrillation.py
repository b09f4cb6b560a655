"""Atrial fibrillation by the irregularity of its intervals and the absence of P waves.

Half a minute at a time, fourteen numbers say how irregular intervals are (:data:`NUMBERS`), seven what lies before QRS
complexes (:data:`ecg.features.atrial.ATRIAL`), and a logistic regression weighs them; where nobody looked for P waves,
another weighs the intervals alone. Among the numbers are the coefficient of sample entropy (Lake & Moorman 2011, Am. J.
Physiol. Heart Circ. Physiol. 300:H319), how near each pair of successive intervals has others like it, which extra
beats in any pattern have and fibrillation hasn't, and how intervals go with those before them: breathing is slow.
Intervals beside ventricular, paced and odd beats are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.features.atrial import ATRIAL
from ecg.rhythm.heart_rate import Episode, seconds_to_episodes
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.timeline import BeatKind, Rhythm
from ecg.signal.grid import BLOCK_SECONDS

#: Seconds from one window to the next; each step is judged by the windows that hold it.
_STEP: Final = 10

#: Fewer intervals say nothing.
_LEAST_INTERVALS: Final = 8

#: Pairs of intervals that are compared at once: some megabytes.
_TOGETHER: Final = 200_000

#: Windows whose numbers are held at once.
_WINDOWS: Final = 8_640

NUMBERS: Final[dict[str, str]] = {
    "equal": "share of successive intervals that differ by less than 5 % of the median",
    "entropy": "coefficient of sample entropy of intervals within 30 ms",
    "pairs": "median distance of pairs of successive intervals to the third nearest pair",
    "change": "median change from one interval to the next, over the median",
    "rare": "negative logarithm of the share of intervals within 30 ms of each other",
    "spread": "upper quartile of the distance from the median",
    "compensated": "share of intervals far from the median of which the next one makes up for it",
    "bend": "median second difference",
    "lonely": "upper quartile of the distance of pairs to the nearest pair",
    "steady": "lower quartile of the change from one interval to the next",
    "median": "median interval, seconds",
    "following": "correlation of intervals with the next ones",
    "turning": "correlation of the changes from interval to interval with the next ones",
    "second": "correlation of intervals with the next but one",
}
"""What :func:`irregularity` measures, in its order; distances and differences are of natural logarithms of intervals
where nothing else is said."""

_TOLERANCE: Final = 0.03
"""Seconds within which sample entropy takes intervals for equal."""

#: Fitted to the windows of MIT-BIH, the 2017 challenge and AFTDB, no beat classified, every person alike;
#: ``python -m benchmarks.recordings rhythm`` fits them again and prints them. The first are those of intervals where
#: nothing else is known, the second those of intervals and of what lies before QRS complexes.
_WEIGHTS: Final[dict[bool, tuple[float, ...]]] = {
    False: (-8.808, -0.023, 0.290, -2.730, -0.295, 2.261, 6.160, 1.221, -0.348, -5.118, -4.005, 3.468, -5.609, -2.036),
    True: (
        *(-7.814, 0.048, -0.970, -1.142, -0.718, 0.947, 6.174, 0.389, -3.098, -3.884, -3.610, 2.925, -4.352, -1.500),
        *(-4.117, -2.065, 0.158, -0.786, 0.195, -0.063, 2.884),
    ),
}
_CONSTANTS: Final = {False: 4.981, True: 4.919}

#: Steps without fibrillation between two with it that don't end an episode.
_BRIDGED: Final = 20


@dataclass(frozen=True, slots=True)
class AtrialFibrillation:
    """Episodes of atrial fibrillation."""

    episodes: tuple[Episode, ...]
    burden: float | None
    """Percent of the analysable time; None without any."""
    longest: float
    """Seconds; 0 without an episode."""

    def during(self, seconds: int) -> NDArray[np.bool_]:
        """Which of a recording's ``seconds`` lie in an episode."""
        return _during(self.episodes, seconds)


def _during(episodes: tuple[Episode, ...], seconds: int) -> NDArray[np.bool_]:
    inside = np.zeros(seconds, np.bool_)
    for episode in episodes:
        inside[int(episode.begin) : int(episode.end)] = True
    return inside


def irregularity(intervals: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The :data:`NUMBERS` of intervals in a row, seconds, ``[14]``; None for too few."""
    return None if len(intervals) < _LEAST_INTERVALS else _irregularities(intervals[None])[0]


def _irregularities(intervals: NDArray[np.float64]) -> NDArray[np.float64]:
    """The :data:`NUMBERS` of windows with equally many intervals, ``[windows, intervals]``, as ``[windows, 14]``."""
    median = np.median(intervals, axis=1)
    logs = np.log(intervals)
    changes, steps = np.abs(np.diff(intervals)), np.diff(logs)
    entropy, rare = _entropy(intervals)
    apart = np.abs(logs[:, :, None] - logs[:, None, :])
    distances = np.maximum(apart[:, :-1, :-1], apart[:, 1:, 1:])
    places = np.arange(distances.shape[1])
    distances[:, places, places] = np.inf
    nearest = np.partition(distances, (0, 2), axis=2)
    usual = median[:, None]
    made_up = np.abs(intervals[:, :-1] + intervals[:, 1:] - 2 * usual) < 0.12 * usual
    return np.stack(
        [
            np.mean(changes < 0.05 * usual, axis=1),
            entropy,
            np.median(nearest[:, :, 2], axis=1),
            np.median(changes, axis=1) / median,
            rare,
            np.quantile(np.abs(logs - np.log(usual)), 0.75, axis=1),
            np.mean(made_up & (np.abs(intervals[:, :-1] - usual) > 0.1 * usual), axis=1),
            np.median(np.abs(np.diff(steps)), axis=1),
            np.quantile(nearest[:, :, 0], 0.75, axis=1),
            np.quantile(np.abs(steps), 0.25, axis=1),
            median,
            _correlation(intervals[:, :-1], intervals[:, 1:]),
            _correlation(steps[:, :-1], steps[:, 1:]),
            _correlation(intervals[:, :-2], intervals[:, 2:]),
        ],
        axis=1,
    )


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each row; 0 where one of them doesn't change."""
    first, second = (rows - rows.mean(axis=1, keepdims=True) for rows in (first, second))
    norm = np.sqrt(np.square(first).sum(axis=1) * np.square(second).sum(axis=1))
    return np.where(norm > 1e-9, (first * second).sum(axis=1) / np.maximum(norm, 1e-9), 0.0)


def _entropy(intervals: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficient of sample entropy, and the negative logarithm of how many intervals are near each other."""
    count = intervals.shape[1]
    near = np.abs(intervals[:, :, None] - intervals[:, None, :]) < _TOLERANCE
    above = np.triu(np.ones((count - 1, count - 1), np.bool_), 1)
    matches = np.maximum((near[:, :-1, :-1] & above).sum(axis=(1, 2)), 1)
    both = np.maximum((near[:, :-1, :-1] & near[:, 1:, 1:] & above).sum(axis=(1, 2)), 0.5)
    entropy = -np.log(both / matches) + np.log(2 * _TOLERANCE) - np.log(intervals.mean(axis=1))
    return entropy, -np.log((near.sum(axis=(1, 2)) - count + 1) / (count * (count - 1)))


def score(numbers: NDArray[np.float64]) -> float:
    """Above 0 for fibrillation: the logarithm of its odds.

    Args:
        numbers: Those of a window, ``[21]``; the last seven ``nan`` where nobody looked for P waves.
    """
    seen = bool(np.isfinite(numbers).all())
    weights = np.array(_WEIGHTS[seen])
    return float(numbers[: len(weights)] @ weights + _CONSTANTS[seen])


def windows(
    rhythm: Rhythm, seconds: int, settings: RhythmSettings, step: int = _STEP
) -> Iterator[tuple[int, NDArray[np.float64] | None]]:
    """Windows of a recording of ``seconds``: where each begins, seconds, and its numbers, ``[21]``: its
    :func:`irregularity` and what lies before its QRS complexes, ``nan`` where that isn't known; None with too few
    intervals.
    """
    width = int(settings.fibrillation_window_seconds)
    chosen = _usable(rhythm)
    intervals = rhythm.intervals[chosen]
    before = np.cumsum(np.append(False, chosen), dtype=np.int32)
    samples = rhythm.samples
    every = np.arange(0, max(1, seconds - width + step), step)
    for begins in (every[first : first + _WINDOWS] for first in range(0, len(every), _WINDOWS)):
        at = (SAMPLING_RATE * np.stack([begins, begins + width])).astype(samples.dtype)
        firsts = np.searchsorted(samples[:-1], at[0])
        lasts = np.maximum(firsts, np.searchsorted(samples[1:], at[1]))
        irregular = _by_count(intervals, before[firsts], before[lasts])
        for begin, numbers in zip(begins.tolist(), irregular, strict=True):
            yield begin, None if np.isnan(numbers[0]) else np.concatenate([numbers, _atrial(rhythm, begin, width)])


def _by_count(
    intervals: NDArray[np.float64], firsts: NDArray[np.int32], lasts: NDArray[np.int32]
) -> NDArray[np.float64]:
    """The :data:`NUMBERS` of stretches of intervals, ``[stretches, 14]``; nan where they are too few.

    Stretches of equally many intervals are measured together: a day has thousands.
    """
    numbers = np.full((len(firsts), len(NUMBERS)), np.nan)
    counts = lasts - firsts
    for count in np.unique(counts[counts >= _LEAST_INTERVALS]).tolist():
        places = np.flatnonzero(counts == count)
        together = max(1, _TOGETHER // count**2)
        for part in (places[first : first + together] for first in range(0, len(places), together)):
            numbers[part] = _irregularities(intervals[firsts[part][:, None] + np.arange(count)])
    return numbers


def _atrial(rhythm: Rhythm, begin: int, width: int) -> NDArray[np.float64]:
    """Mean over the window's seconds of the numbers of their blocks, ``[7]``."""
    if rhythm.atrial is None:
        return np.full(len(ATRIAL), np.nan)
    blocks = np.arange(begin, begin + width) // BLOCK_SECONDS
    rows = rhythm.atrial[blocks[blocks < len(rhythm.atrial)]].astype(np.float64)
    known = rows[np.isfinite(rows).all(axis=1)]
    return known.mean(axis=0) if len(known) else np.full(len(ATRIAL), np.nan)


def _usable(rhythm: Rhythm) -> NDArray[np.bool_]:
    """Which intervals say something of the atria: known, and neither beside a ventricular, paced or odd beat nor,
    as the pause after one, one further; ``[n - 1]``.
    """
    ventricular = rhythm.of(BeatKind.VENTRICULAR) | rhythm.of(BeatKind.PACED) | rhythm.odd
    chosen = rhythm.known & ~ventricular[1:] & ~ventricular[:-1]
    chosen[1:] &= ~ventricular[:-2]
    return chosen


def atrial_fibrillation(rhythm: Rhythm, analysable: NDArray[np.bool_], settings: RhythmSettings) -> AtrialFibrillation:
    """Episodes of a recording.

    Args:
        rhythm: Its beats.
        analysable: ``[seconds]``.
        settings: Definitions.
    """
    count = len(analysable)
    on = np.zeros(count, np.bool_)
    if len(rhythm.samples) > 1:
        total, known = np.zeros(count), np.zeros(count, np.int32)
        for begin, numbers in windows(rhythm, count, settings):
            if numbers is not None:
                window = slice(begin, begin + int(settings.fibrillation_window_seconds))
                total[window] += score(numbers)
                known[window] += 1
        on = (known > 0) & (total > 0)
    episodes = seconds_to_episodes(on, _BRIDGED, settings.fibrillation_seconds)
    readable = int(analysable.sum())
    return AtrialFibrillation(
        episodes,
        100 * float((_during(episodes, count) & analysable).sum()) / readable if readable else None,
        max((episode.seconds for episode in episodes), default=0.0),
    )
