"""Samples as the recorder's converter gave them: whole numbers with an exact scale, so that copies lose nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Digital = NDArray[np.int32]

MISSING: Final = int(np.iinfo(np.int32).min)
"""The digital value of a sample that was not recorded."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How digital values become millivolts: ``digital * step + offset``."""

    step: float
    """Millivolts per digital unit: the source's own resolution. Negative where the source is inverted."""
    offset: float = 0.0
    """Millivolts of the digital value 0."""


@runtime_checkable
class DigitalSignal(Protocol):
    """A :class:`ecg.recording.Signal` that also knows its samples before they were millivolts."""

    @property
    def samples(self) -> int:
        """Length of every lead, gaps included."""

    @property
    def scales(self) -> tuple[Scale, ...]:
        """One for each lead."""

    def read_digital(self, begin: int, end: int) -> Digital:
        """Samples ``begin`` to ``end`` of every lead, ``[leads, end - begin]``; ``MISSING`` in gaps."""

    def read(self, begin: int, end: int) -> NDArray[np.float32]:
        """The same in millivolts, ``nan`` where nothing was recorded."""


def to_millivolts(digital: Digital, scales: Sequence[Scale]) -> NDArray[np.float32]:
    """``[leads, samples]`` in millivolts, ``nan`` for ``MISSING``; computed in double precision."""
    values = np.empty(digital.shape, np.float32)
    for row, scale in enumerate(scales):
        values[row] = digital[row] * np.float64(scale.step) + scale.offset
    values[digital == MISSING] = np.nan
    return values
