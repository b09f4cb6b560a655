"""One drawn page and what was read of it."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

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
