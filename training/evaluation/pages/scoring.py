"""One drawn page and what was read of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ecg.ec57.pairing import NONE, pair
from ecg.peaks.stream import all_peaks
from ecg.recording import Recording
from training.evaluation.pages.signals import Aligned, aligned, at_rate, height_ratios
from training.pages.folder import on_one_axis
from training.pages.truth import LeadTruth, PageTruth

RATE: Final = 500.0
"""At which leads are compared, samples a second."""

_PEAK: Final = 0.020
"""R peaks belong together within so many seconds."""
_BEAT: Final = 0.150
"""Beats belong together within so many seconds (ANSI/AAMI EC57)."""
_WRONG: Final = 0.05
"""A scale that is further off is wrong."""


class ReadLead(Protocol):
    """A lead as it was read."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def row(self) -> int: ...  # noqa: D102
    @property
    def column(self) -> int: ...  # noqa: D102
    @property
    def begin(self) -> float: ...  # noqa: D102
    @property
    def rate(self) -> float: ...  # noqa: D102
    @property
    def millivolts(self) -> NDArray[np.float32]: ...  # noqa: D102
