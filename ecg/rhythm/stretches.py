"""Stretches of time as booleans of consecutive items, and as begin and end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Stretches = NDArray[np.int64]
"""``[n, 2]``: from (inclusive) and to (exclusive), in order, apart from each other."""


def where(on: NDArray[np.bool_]) -> Stretches:
    """Stretches in which ``on`` holds."""
    edges = np.diff(on.astype(np.int8), prepend=0, append=0)
    return np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)], axis=1)


def unbroken(on: NDArray[np.bool_], linked: NDArray[np.bool_]) -> Stretches:
    """Stretches in which ``on`` holds, parted where an item is not ``linked`` to the next one, ``[items - 1]``."""
    both = on[1:] & on[:-1] & linked
    begins, ends = on.copy(), on.copy()
    begins[1:] &= ~both
    ends[:-1] &= ~both
    return np.stack([np.flatnonzero(begins), np.flatnonzero(ends) + 1], axis=1)


def filled(stretches: Stretches, items: int) -> NDArray[np.bool_]:
    """Which of ``items`` lie in one of the stretches."""
    edges = np.zeros(items + 1, np.int32)
    np.add.at(edges, stretches[:, 0], 1)
    np.add.at(edges, stretches[:, 1], -1)
    return np.cumsum(edges, dtype=np.int32)[:items] > 0


def held(enter: NDArray[np.bool_], stay: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Stretches of ``stay`` in which ``enter`` holds somewhere."""
    candidates = where(stay)
    entered = np.cumsum(np.append(False, enter & stay), dtype=np.int32)
    return filled(candidates[entered[candidates[:, 1]] > entered[candidates[:, 0]]], len(stay))


def joined(stretches: Stretches, longest_break: int) -> Stretches:
    """The stretches, those with at most ``longest_break`` items between them made one."""
    if not len(stretches):
        return stretches
    apart = stretches[1:, 0] - stretches[:-1, 1] > longest_break
    return np.stack([stretches[np.append(True, apart), 0], stretches[np.append(apart, True), 1]], axis=1)


def lasting(stretches: Stretches, least: int) -> Stretches:
    """Those of at least ``least`` items."""
    return stretches[stretches[:, 1] - stretches[:, 0] >= least]
