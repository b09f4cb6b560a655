"""Atrial fibrillation by the irregularity of its intervals.

Half a minute at a time, three numbers say how irregular intervals are: how many differ little from the one before, how
predictable the next one is from the last (coefficient of sample entropy: Lake & Moorman 2011, Am. J. Physiol. Heart
Circ. Physiol. 300:H319), and how near each pair of successive intervals has others like it, which frequent extra beats
have and fibrillation hasn't. Intervals beside ventricular beats are left out where beats are classified.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.rhythm.heart_rate import Episode, seconds_to_episodes
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.timeline import BeatKind, Rhythm

#: Seconds from one window to the next; each step is judged by the windows that hold it.
_STEP: Final = 10

#: Fewer intervals say nothing.
_LEAST_INTERVALS: Final = 8

#: Intervals that differ by less than this share of the median are as good as equal.
_EQUAL: Final = 0.05
#: Within this many seconds sample entropy takes intervals for equal.
_TOLERANCE: Final = 0.03
#: Nearest other pairs of intervals that are looked at.
_NEIGHBOURS: Final = 3

#: Logistic regression of AF against normal and other rhythms in windows of the 2017 challenge's recordings, detected
#: peaks; no record of MIT-BIH had a part in it. See :func:`score`.
_WEIGHTS: Final = (-6.3, 1.0, 0.6)
_CONSTANT: Final = 4.4

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
    """The three numbers for intervals in a row, seconds, ``[3]``; None for too few.

    Share of nearly equal successors; coefficient of sample entropy; median distance (natural logarithm) of pairs of
    successive intervals from the three pairs nearest to them.
    """
    if len(intervals) < _LEAST_INTERVALS:
        return None
    equal = float(np.mean(np.abs(np.diff(intervals)) < _EQUAL * np.median(intervals)))
    near = np.abs(intervals[:, None] - intervals[None, :]) < _TOLERANCE
    above = np.triu_indices(len(intervals) - 1, 1)
    matches = max(int(near[:-1, :-1][above].sum()), 1)
    both = max(float((near[:-1, :-1] & near[1:, 1:])[above].sum()), 0.5)
    entropy = -np.log(both / matches) + np.log(2 * _TOLERANCE) - np.log(intervals.mean())
    logs = np.log(intervals)
    pairs = np.stack([logs[:-1], logs[1:]], axis=1)
    distances = np.abs(pairs[:, None] - pairs[None, :]).max(axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = np.partition(distances, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS].mean(axis=1)
    return np.array([equal, entropy, float(np.median(nearest))])


def score(intervals: NDArray[np.float64]) -> float:
    """Above 0 for fibrillation, ``nan`` for too few intervals in a row, seconds."""
    numbers = irregularity(intervals)
    return float("nan") if numbers is None else float(numbers @ np.array(_WEIGHTS) + _CONSTANT)


def window_scores(
    rhythm: Rhythm, seconds: int, settings: RhythmSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Begin of each window, seconds, and its :func:`score`."""
    ventricular = rhythm.of(BeatKind.VENTRICULAR) | rhythm.of(BeatKind.PACED)
    usable = rhythm.known & ~ventricular[1:] & ~ventricular[:-1]
    usable[1:] &= ~ventricular[1:-1]  # the pause after a ventricular beat
    begins = np.arange(0, max(1, seconds - int(settings.fibrillation_window_seconds) + _STEP), _STEP, dtype=np.float64)
    first = np.searchsorted(rhythm.times[:-1], begins)
    last = np.searchsorted(rhythm.times[1:], begins + settings.fibrillation_window_seconds)
    scores = [score(rhythm.intervals[one:other][usable[one:other]]) for one, other in zip(first, last, strict=True)]
    return begins, np.array(scores)


def atrial_fibrillation(rhythm: Rhythm, analysable: NDArray[np.bool_], settings: RhythmSettings) -> AtrialFibrillation:
    """Episodes of a recording.

    Args:
        rhythm: Its beats.
        analysable: ``[seconds]``.
        settings: Definitions.
    """
    count = len(analysable)
    on = np.zeros(count, np.bool_)
    if len(rhythm.times) > 1:
        begins, scores = window_scores(rhythm, count, settings)
        total, known = np.zeros(count), np.zeros(count)
        for begin, value in zip(begins.astype(int), scores, strict=True):
            if np.isfinite(value):
                window = slice(begin, begin + int(settings.fibrillation_window_seconds))
                total[window] += value
                known[window] += 1
        on = (known > 0) & (total > 0)
    episodes = seconds_to_episodes(on, _BRIDGED, settings.fibrillation_seconds)
    readable = int(analysable.sum())
    return AtrialFibrillation(
        episodes,
        100 * float((_during(episodes, count) & analysable).sum()) / readable if readable else None,
        max((episode.seconds for episode in episodes), default=0.0),
    )
