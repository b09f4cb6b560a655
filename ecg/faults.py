"""What can be wrong with a second of a lead."""

from __future__ import annotations

from enum import IntFlag
from typing import Final


class Fault(IntFlag):
    """What is wrong with a second of a lead."""

    MISSING = 1
    """Less than half of it was recorded."""
    FLAT = 2
    """Nothing moves: no electrode."""
    SATURATED = 4
    """The amplifier is at its end for a while."""
    NOISE = 8
    """Beats don't stand out, or what stands out doesn't look like beats."""
    BASELINE = 16
    """The baseline wanders by more than a tall QRS complex is high. Beats can be found, ST is worth nothing."""
    MAINS = 32
    """50 or 60 Hz."""


UNREADABLE: Final = Fault.MISSING | Fault.FLAT | Fault.SATURATED | Fault.NOISE
"""A second with one of these counts for nothing in its lead."""
