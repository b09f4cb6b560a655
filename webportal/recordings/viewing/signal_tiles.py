"""The signal as tiles: so many buckets of so many samples, each always the same bytes, as a map has its squares.

A tile is little-endian::

    4 s   "BLS1"
    u32   leads
    u32   samples in a bucket
    u32   buckets
    f64   first sample
    u32   bytes of a value, 2 or 4
    u32   values of a bucket: 1 (the sample) where it holds one sample, else 2 (least, greatest)
    f64   for each lead: millivolts of one unit, millivolts of the value 0
    i16 or i32   for each lead: its values; the least number there is where nothing was recorded

Values are the source's own, so that a drawing is as exact as the recording. Where a lead was recorded upside down (its
unit is negative) the greatest value is the least voltage.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from ecg.digital import MISSING
from ecg.pyramid import FACTORS
from ecg.store import StoreSignal
from numpy.typing import NDArray

TILE: Final = 8192
"""Buckets in a tile: 23 s of samples at 360 Hz."""

ZOOMS: Final = (1, 4, *FACTORS)
"""Samples in a bucket that there are tiles of."""

_HEADER: Final = struct.Struct("<4sIIIdII")


def tiles_of(samples: int, factor: int) -> int:
    """How many tiles a lead of so many samples has."""
    return -(-samples // (factor * TILE))


def tile(signal: StoreSignal, factor: int, number: int) -> bytes:
    """A tile of the signal, see above.

    Args:
        signal: The stored samples.
        factor: Samples in a bucket, one of :data:`ZOOMS`.
        number: Which one, 0 is the first.

    Raises:
        ValueError: there is no such tile.
    """
    if factor not in ZOOMS or not 0 <= number < tiles_of(signal.samples, factor):
        raise ValueError(f"There is no tile {number} of {factor} samples a bucket.")
    begin = number * TILE * factor
    end = min(begin + TILE * factor, signal.samples)
    if factor == 1:
        values = signal.read_digital(begin, end)[:, :, None]
    else:
        _, values = signal.digital_extremes(begin, end, factor)
    leads, buckets, sides = values.shape
    if signal.dtype.itemsize == 2:
        values = np.where(values == MISSING, np.iinfo(np.int16).min, values)
    header = _HEADER.pack(b"BLS1", leads, factor, buckets, begin, signal.dtype.itemsize, sides)
    scales = np.array([(scale.step, scale.offset) for scale in signal.scales], "<f8")
    return header + scales.tobytes() + np.ascontiguousarray(values, signal.dtype).tobytes()


@dataclass(frozen=True, slots=True)
class Reach:
    """Between which millivolts a lead moves."""

    baseline: float
    """Around which it does: the median of the middles of some thousand stretches."""
    low: float
    high: float
    """What but one in two hundred of these stretches stay above, and below."""


def reaches(signal: StoreSignal) -> tuple[Reach, ...]:
    """How much room each lead needs; none around 0 for a lead of which nothing was recorded."""
    drawn = signal.extremes(0, signal.samples, min(signal.samples, TILE))
    return tuple(
        _reach(low[np.isfinite(low)], high[np.isfinite(high)]) for low, high in zip(drawn.low, drawn.high, strict=True)
    )


def _reach(low: NDArray[np.float32], high: NDArray[np.float32]) -> Reach:
    if not low.size:
        return Reach(0.0, 0.0, 0.0)
    return Reach(float(np.median((low + high) / 2)), float(np.percentile(low, 0.5)), float(np.percentile(high, 99.5)))
