"""What a family of beats is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Family:
    """Beats that look and come alike."""

    early: bool
    """Whether its beats come early."""
    members: NDArray[np.int64]
    """Places of its beats among all beats of the recording, least typical first."""
    typical: int
    """Place of the beat that is most like all of them."""


@dataclass(frozen=True, slots=True)
class Families:
    """All families of a recording."""

    families: tuple[Family, ...]
    """The largest first."""
    of_beat: NDArray[np.int16]
    """``[beats]``: place of each beat's family."""
