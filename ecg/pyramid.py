"""Least and greatest values of a signal by buckets of 4^k samples, so that a viewer shows a day without reading it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

FACTORS: Final = tuple(4**power for power in range(2, 9))
"""Samples in a bucket of each level. 4 would cost half the signal's size and is reckoned when asked for."""

Integers = NDArray[np.signedinteger]


@dataclass(frozen=True, slots=True)
class Level:
    """One level as it lies in the file: ``[buckets, leads, 2]``."""

    factor: int
    buckets: int
    offset: int
    """First value of the level, counted in values."""


def levels(samples: int, leads: int) -> tuple[Level, ...]:
    """The levels of a signal; those with a single bucket are left out."""
    result, offset = [], 0
    for factor in FACTORS:
        buckets = -(-samples // factor)
        if buckets < 2:
            break
        result.append(Level(factor, buckets, offset))
        offset += buckets * leads * 2
    return tuple(result)


def extremes(values: Integers, factor: int, missing: int) -> Integers:
    """Least and greatest of each ``factor`` values of every row: ``[leads, samples]`` to ``[leads, buckets, 2]``.

    Missing values count for nothing; a bucket with nothing else is ``missing`` twice. The last bucket may be short.
    """
    leads, samples = values.shape
    padding = -samples % factor
    if padding:
        values = np.concatenate([values, np.full((leads, padding), missing, values.dtype)], axis=1)
    buckets = values.reshape(leads, -1, factor)
    high = buckets.max(axis=2)  # missing is the least of all values
    top = np.iinfo(values.dtype).max
    low = np.where(buckets == missing, top, buckets).min(axis=2)
    low = np.where(high == missing, missing, low)
    return np.stack([low, high], axis=2).astype(values.dtype)


def coarser(finer: Integers, missing: int) -> Integers:
    """The next level of ``[leads, buckets, 2]``: four buckets become one."""
    low = extremes(finer[:, :, 0], 4, missing)[:, :, 0]
    high = extremes(finer[:, :, 1], 4, missing)[:, :, 1]
    return np.stack([low, high], axis=2)


def parts(values: Integers, missing: int) -> Iterator[tuple[int, Integers]]:
    """All levels of a stretch that begins at a multiple of the coarsest factor: factor and ``[leads, buckets, 2]``."""
    level = extremes(values, FACTORS[0], missing)
    for factor in FACTORS:
        yield factor, level
        level = coarser(level, missing)


def write_part(file: BinaryIO, level: Level, first_bucket: int, part: Integers) -> None:
    """Put a part of a level, ``[leads, buckets, 2]``, where it belongs."""
    leads = part.shape[0]
    file.seek((level.offset + first_bucket * leads * 2) * part.dtype.itemsize)
    file.write(np.ascontiguousarray(part.transpose(1, 0, 2)).tobytes())
