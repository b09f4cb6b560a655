"""Run by run: couplets, short and long runs of ventricular or supraventricular ectopic beats."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ecg.ec57.mapping import NOT_A_BEAT, BeatMapping, F, N, S, V
from ecg.ec57.marks import Marks, Period, Stretches
from ecg.ec57.ratios import percent
from ecg.ec57.rhythms import atrial_state, begins, episodes, ventricular_state

#: A run of so many beats or more is long; what is longer is not told apart.
LONG = 6

#: The shortest run of each length class: couplet, short run (3 to 5), long run.
SHORTEST = (2, 3, LONG)


class RunKind(StrEnum):
    """Beats of which kind follow one another."""

    VENTRICULAR = "ventricular"
    """V and F."""
    SUPRAVENTRICULAR = "supraventricular"
    """S, and N in atrial fibrillation or flutter."""


@dataclass(frozen=True, slots=True)
class RunCounts:
    """Runs of one length class."""

    reference_found: int = 0
    """Runs of the reference that the test file has (TP by sensitivity)."""
    reference_missed: int = 0
    test_true: int = 0
    """Runs of the test file that the reference has (TP by predictivity)."""
    test_false: int = 0

    def __add__(self, other: RunCounts) -> RunCounts:
        return RunCounts(
            self.reference_found + other.reference_found,
            self.reference_missed + other.reference_missed,
            self.test_true + other.test_true,
            self.test_false + other.test_false,
        )

    @property
    def sensitivity(self) -> float | None:
        """Share of the reference's runs that were found, percent."""
        return percent(self.reference_found, self.reference_found + self.reference_missed)

    @property
    def predictivity(self) -> float | None:
        """Share of the test file's runs that are true, percent."""
        return percent(self.test_true, self.test_true + self.test_false)


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Runs of one record, or of several together."""

    couplets: RunCounts
    short: RunCounts
    long: RunCounts

    @property
    def lengths(self) -> tuple[RunCounts, RunCounts, RunCounts]:
        """By length class: couplets, short runs, long runs."""
        return self.couplets, self.short, self.long


@dataclass(frozen=True, slots=True)
class Run:
    """Ectopic beats in a row."""

    begin: int
    """Sample of the first beat, or where the episode of fibrillation begins that counts as a run."""
    end: int | None
    """Sample of the last beat; None if an episode began and no beat of it was counted."""
    length: int
    """How many beats, at most ``LONG``."""


MEMBER, OTHER, EPISODE, FOREIGN_EPISODE = range(4)


@dataclass(frozen=True, slots=True)
class _Course:
    """What matters for runs in one file, in its order."""

    samples: list[int]
    kinds: list[int]
    episodes: Stretches
    """Fibrillation that counts as a long run: ventricular for ventricular runs, atrial for supraventricular ones."""


def compare_runs(reference: Marks, test: Marks, period: Period, mapping: BeatMapping, kind: RunKind) -> RunComparison:
    """Look for each run of one file in the other.

    A run of the reference is found if the test file has a run of the same length class or a longer one in the run's
    match window, which reaches from a match window before its first beat to one after its last. A run of the test file
    is true if the reference has such a run. See :func:`runs` and :func:`longest_run` for what a run is.
    """
    end = period.closed_by(reference, test)
    courses = [_course(marks, mapping, kind, end) for marks in (reference, test)]
    tallies = [[[0, 0] for _ in SHORTEST] for _ in courses]
    for side, course in enumerate(courses):
        for run in _runs(course, period):
            place = bisect_right(SHORTEST, run.length) - 1
            is_there = _longest_around(courses[1 - side], run, period.window) >= SHORTEST[place]
            tallies[side][place][0 if is_there else 1] += 1
    return RunComparison(*(RunCounts(*tallies[0][place], *tallies[1][place]) for place in range(len(SHORTEST))))


def runs(marks: Marks, period: Period, mapping: BeatMapping, kind: RunKind) -> list[Run]:
    """Runs of two or more in the test period, in order.

    - Ventricular runs consist of V and F; supraventricular ones of S and, in atrial fibrillation or flutter, of N.
      Any other beat ends a run; other marks don't.
    - Where fibrillation begins (ventricular for ventricular runs; atrial fibrillation or flutter for supraventricular
      ones), a long run begins, unless a run goes on already: that one goes on and is counted by its beats.
      What is on at the start of the test period begins there.
    - Beats before the test period are not counted: a run that reaches into it begins with its first beat there.
    - A run that goes on at the end of the record ends there.
    """
    return _runs(_course(marks, mapping, kind, period.closed_by(marks)), period)


def longest_run(marks: Marks, begin: int, end: int, mapping: BeatMapping, kind: RunKind) -> int:
    """Length of the longest run between two samples (inclusive), at most ``LONG``.

    - An episode of fibrillation that began before ``begin`` and goes on after it is a long run, and so is one that
      begins in between.
    - Only beats in between are counted.
    - The begin of the other kind of fibrillation (atrial among ventricular beats, ventricular among supraventricular
      ones) ends a run here, although it does not in :func:`runs`: so a run may not find itself.
    """
    return _longest(_course(marks, mapping, kind, int(np.max(marks.samples, initial=end))), begin, end)


def _course(marks: Marks, mapping: BeatMapping, kind: RunKind, end: int) -> _Course:
    classes = mapping.of(marks.symbols)
    atrial, ventricular = atrial_state(marks, flutter=True), ventricular_state(marks)
    if kind is RunKind.VENTRICULAR:
        member, own, foreign = np.isin(classes, [V, F]), ventricular, atrial
    else:
        member, own, foreign = (classes == S) | ((classes == N) & atrial), atrial, ventricular
    kinds = np.where(member, MEMBER, OTHER)
    kinds[begins(foreign)] = FOREIGN_EPISODE
    kinds[begins(own)] = EPISODE
    matters = (classes != NOT_A_BEAT) | begins(own) | begins(foreign)
    return _Course(marks.samples[matters].tolist(), kinds[matters].tolist(), episodes(marks, own, end))


def _runs(course: _Course, period: Period) -> list[Run]:
    over: list[Run] = []
    begin, end, length = period.start, None, LONG if course.episodes.span(period.start) else 0
    first = bisect_left(course.samples, period.start)
    last = len(course.samples) if period.end is None else bisect_right(course.samples, period.end)
    for sample, kind in zip(course.samples[first:last], course.kinds[first:last], strict=True):
        if kind == MEMBER:
            begin, end, length = begin if length else sample, sample, length + 1
        elif kind == EPISODE and not length:
            begin, end, length = sample, None, LONG
        elif kind == OTHER:
            if length >= SHORTEST[0]:
                over.append(Run(begin, end, min(length, LONG)))
            length = 0
    return [*over, Run(begin, end, min(length, LONG))] if length >= SHORTEST[0] else over


def _longest_around(course: _Course, run: Run, window: int) -> int:
    """Longest run in the match window of a run of the other file.

    An episode that no counted beat follows has a begin but no end to reach to: its run is found only if the other
    file's episode has begun before its match window.
    """
    begin = run.begin - window
    return _longest(course, begin, begin - 1 if run.end is None else run.end + window)


def _longest(course: _Course, begin: int, end: int) -> int:
    if course.episodes.span(begin):
        return LONG
    longest = length = 0
    for place in range(bisect_left(course.samples, begin), bisect_right(course.samples, end)):
        kind = course.kinds[place]
        if kind == EPISODE:
            return LONG
        length = length + 1 if kind == MEMBER else 0
        longest = max(longest, length)
    return min(longest, LONG)
