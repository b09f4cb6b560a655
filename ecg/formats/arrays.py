"""Sources of whole columns in memory, for short recordings: their values as whole numbers at their own resolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.digital import MISSING
from ecg.formats import limits
from ecg.formats.source import ArrayFrames, ChannelInfo, Source
from ecg.recording_errors import RecordingError

_MOST_DIGITS: Final = 9


@dataclass(slots=True)
class Resolution:
    """How finely a column of decimal numbers is written, learned from all of them."""

    digits: int = 0
    """After the decimal point."""
    largest: float = 0.0
    numbers: int = 0

    def add(self, values: NDArray[np.float64]) -> None:
        """More of the column; ``nan`` is no number."""
        good = values[~np.isnan(values)]
        self.numbers += len(good)
        if not len(good):
            return
        self.largest = max(self.largest, float(np.abs(good).max()))
        while self.digits < _MOST_DIGITS:
            scaled = good * 10.0**self.digits
            if np.all(np.abs(scaled - np.rint(scaled)) <= 1e-6 + 1e-12 * np.abs(scaled)):
                break
            self.digits += 1

    @property
    def step(self) -> float:
        """The last decimal place, or the finest that 31 bits can hold of the column's range."""
        return max(10.0**-self.digits, self.largest / (2**31 - 2))


def gain_not_applied(words: str) -> str:
    """The warning of whole numbers beside which a file names a gain or resolution, in ``words`` of its own."""
    return f"The file says {words[:60]!r}; its whole numbers were read as they stand, which may be wrong by that."


@dataclass(frozen=True, slots=True)
class Column:
    """One channel's values; physical = value * step + offset, in ``unit``."""

    label: str
    values: NDArray[np.float64]
    unit: str = ""
    step: float = 1.0
    offset: float = 0.0
    begin: int = 0
    """Sample of the recording at which it begins."""
    fault: str = ""


def source_of(columns: Sequence[Column], rate: float | None, *, unnamed: bool = False) -> Source:
    """A source of columns that begin together, or each at its own sample; what is not there is missing."""
    if not columns:
        raise RecordingError("RECORDING_NO_ECG", "The file has no samples of an ECG in it.")
    limits.check_channels(len(columns))
    length = max(column.begin + len(column.values) for column in columns)
    if length * len(columns) > limits.MAX_DOCUMENT_BYTES:
        raise RecordingError("RECORDING_TOO_LARGE", "The file announces more samples than it can have.")
    values = np.full((len(columns), length), MISSING, np.int32)
    channels = []
    for row, column in zip(values, columns, strict=True):
        resolution = Resolution()
        resolution.add(column.values)
        scaled = np.rint(column.values / resolution.step)
        row[column.begin : column.begin + len(scaled)] = np.where(np.isnan(scaled), MISSING, scaled)
        channels.append(
            ChannelInfo(column.label, column.unit, column.step * resolution.step, column.offset, fault=column.fault)
        )
    source = Source(channels, ArrayFrames(values), rate, unnamed=unnamed)
    if len({(column.begin, len(column.values)) for column in columns}) > 1:
        source.warn(
            "RECORDING_LEADS_UNEQUAL", "Not all leads were recorded all the time; missing samples stay missing."
        )
    return source
