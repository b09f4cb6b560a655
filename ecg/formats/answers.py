"""What a person says about a recording whose file doesn't."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ecg.formats import units
from ecg.recording_errors import RecordingError


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to a :class:`ecg.recording_errors.RecordingQuestion`. They fill in what a file leaves out; what a file
    says itself stands.
    """

    rate: float | None = None
    """Samples a second."""
    unit: str | None = None
    """Unit of the samples: ``mV``, ``uV``, ``V`` or ``nV``, with a factor where one count is more: ``4.88uV``."""
    leads: tuple[str, ...] | None = None
    """One name for each column; ``-`` for a column that is no lead."""

    def __post_init__(self) -> None:
        if self.rate is not None and not (math.isfinite(self.rate) and self.rate > 0):
            raise RecordingError("RECORDING_RATE_INVALID", f"{self.rate} is no number of samples a second.")
        if self.unit is not None and units.millivolts(self.unit) is None:
            raise RecordingError("RECORDING_UNIT_INVALID", f"{self.unit!r} is no unit of voltage; say mV, uV or V.")
