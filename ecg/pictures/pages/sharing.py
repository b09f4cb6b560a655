"""Ink that two rows share where their waves touch or cross: which part of it is whose."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.ink.strokes import Runs

Integers = NDArray[np.int64]


class Share(NamedTuple):
    """What is a row's of the ink."""

    runs: Runs
    shared: int
    """In how many columns it is shared with another row."""


def shared_out(paths: Sequence[Integers], levels: Sequence[float], runs: Runs) -> list[Share]:
    """Each row's runs, those that several rows go through cut where one row's wave is taken to end.

    What lies beyond the other row's level is the other's: waves of two and a half millivolts, which reach another row,
    are rarer than such that touch. Between the levels the cut lies in the middle of the gap that was seen just before
    and just behind.

    Args:
        paths: Of each row from the top, indices into ``runs``, ascending by column.
        levels: Of the rows, pixels.
        runs: Of the ink.
    """
    found = [Runs(runs.columns[path], runs.starts[path].copy(), runs.ends[path].copy()) for path in paths]
    shared = [0] * len(paths)
    for upper, lower in combinations(range(len(paths)), 2):
        _, in_upper, in_lower = np.intersect1d(paths[upper], paths[lower], return_indices=True)
        order = np.argsort(found[upper].columns[in_upper], kind="stable")
        in_upper, in_lower = in_upper[order], in_lower[order]
        columns = found[upper].columns[in_upper]
        shared[upper] += len(columns)
        shared[lower] += len(columns)
        for part in np.split(np.arange(len(columns)), np.flatnonzero(np.diff(columns) > 1) + 1):
            if len(part):
                cut = _cut(found[upper], found[lower], in_upper[part], in_lower[part], levels[upper], levels[lower])
                above, below = found[upper], found[lower]
                ends, starts = above.ends[in_upper[part]], below.starts[in_lower[part]]
                above.ends[in_upper[part]] = np.maximum(np.minimum(ends, cut), above.starts[in_upper[part]] + 1)
                below.starts[in_lower[part]] = np.minimum(np.maximum(starts, cut), below.ends[in_lower[part]] - 1)
    return [Share(*share) for share in zip(found, shared, strict=True)]


def _cut(above: Runs, below: Runs, in_above: Integers, in_below: Integers, level: float, other: float) -> int:
    """The row at which the ink that is shared in some columns next to each other is cut."""
    gaps = []
    for mine, theirs in ((in_above[0] - 1, in_below[0] - 1), (in_above[-1] + 1, in_below[-1] + 1)):
        if 0 <= mine < len(above.columns) and 0 <= theirs < len(below.columns):
            gap = (float(above.ends[mine]), float(below.starts[theirs]))
            if gap[0] <= gap[1]:
                gaps.append(sum(gap) / 2)
    middle = float(np.mean(gaps)) if gaps else (level + other) / 2
    return round(min(max(middle, level), other))
