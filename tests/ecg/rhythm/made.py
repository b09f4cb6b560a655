"""Timelines that tests make of letters and intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ecg.rhythm.timeline import Timeline

NO_VF = np.empty((0, 2), np.int64)


def timeline(
    kinds: str,
    intervals: float | Sequence[float] = 0.8,
    unreadable: Sequence[tuple[int, int]] = (),
    fibrillation: Sequence[tuple[int, int]] = (),
    seconds: int | None = None,
) -> Timeline:
    """Beats of the given kinds, each one so many seconds after the one before; the first at 0.5 s.

    Args:
        kinds: A letter a beat.
        intervals: One for all, or the interval before each beat from the second on.
        unreadable: Stretches of seconds.
        fibrillation: Stretches of seconds.
        seconds: Length; without, just after the last beat.
    """
    steps = np.full(len(kinds) - 1, intervals) if isinstance(intervals, float) else np.asarray(intervals)
    times = 0.5 + np.concatenate([[0], np.cumsum(steps)])
    readable = np.ones(seconds or int(times[-1]) + 1, np.bool_)
    for begin, end in unreadable:
        readable[begin:end] = False
    marked = np.array(fibrillation, np.int64).reshape(-1, 2)
    return Timeline(np.rint(times * 360).astype(np.int64), np.array(list(kinds)), readable, marked)
