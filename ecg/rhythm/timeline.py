"""The beats of a recording as measures see them: when, of which kind, and which intervals are known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.rhythm.stretches import Stretches, filled


class BeatKind(StrEnum):
    """What measures tell apart."""

    NORMAL = "N"
    """Any conducted beat, bundle branch block or not."""
    SUPRAVENTRICULAR = "S"
    """Premature from above the ventricles."""
    VENTRICULAR = "V"
    PACED = "P"
    UNKNOWN = "?"
    """Not classified; it counts for no burden, and no interval beside it is NN."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Beats in order of time, and which seconds can be read."""

    samples: NDArray[np.integer]
    """``[n]``, R peaks at 360 Hz."""
    kinds: NDArray[np.str_ | np.bytes_]
    """``[n]``, :class:`BeatKind` of each."""
    readable: NDArray[np.bool_]
    """``[seconds]``: whether any lead can be read."""
    ventricular_fibrillation: Stretches
    """``[m, 2]``, whole seconds; beats in it are none."""
    odd: NDArray[np.bool_] | None = None
    """``[n]``: beats whose QRS complex is unlike the usual one (:attr:`ecg.features.stream.BeatBlock.odd`)."""
    atrial: NDArray[np.float32] | None = None
    """``[blocks, 7]``: P waves or none (:attr:`ecg.features.stream.BeatBlock.atrial`); None: nobody looked."""

    def __post_init__(self) -> None:
        if len(self.samples) != len(self.kinds):
            raise ValueError("Beats need one kind for each sample.")
        if np.any(np.diff(self.samples) <= 0):
            raise ValueError("Beats must be in order of time.")

    @property
    def analysable(self) -> NDArray[np.bool_]:
        """``[seconds]``: readable, and no ventricular fibrillation."""
        return self.readable & ~filled(self.ventricular_fibrillation, len(self.readable))

    def rhythmic(self) -> Rhythm:
        """The beats that measures count, with their intervals."""
        analysable = self.analysable
        seconds = np.minimum(self.samples // SAMPLING_RATE, max(0, len(analysable) - 1))
        kept = analysable[seconds] if len(analysable) else np.zeros(len(seconds), np.bool_)
        seconds = seconds[kept]
        lost = np.cumsum(np.append(False, ~analysable), dtype=np.int32)
        known = lost[seconds[1:] + 1] == lost[seconds[:-1]]
        odd = np.zeros(len(kept), np.bool_) if self.odd is None else self.odd
        return Rhythm(self.samples[kept], self.kinds[kept].astype("S1"), known, odd[kept], self.atrial)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Beats in analysable seconds, some bytes each: two weeks have millions of them."""

    samples: NDArray[np.integer]
    """``[n]``, see :attr:`Timeline.samples`."""
    kinds: NDArray[np.bytes_]
    """``[n]``, ASCII."""
    known: NDArray[np.bool_]
    """``[n - 1]``: whether all seconds from one to the other are analysable. Others are no RR intervals."""
    odd: NDArray[np.bool_]
    """``[n]``; see :attr:`Timeline.odd`."""
    atrial: NDArray[np.float32] | None
    """See :attr:`Timeline.atrial`."""

    @property
    def times(self) -> NDArray[np.float64]:
        """``[n]``, seconds from the recording's start; made anew each time."""
        return self.samples / SAMPLING_RATE

    @property
    def intervals(self) -> NDArray[np.float64]:
        """``[n - 1]``, seconds from each beat to the next; made anew each time."""
        return np.diff(self.samples) / SAMPLING_RATE

    def time(self, place: int) -> float:
        """Of one beat."""
        return float(self.samples[place] / SAMPLING_RATE)

    def of(self, kind: BeatKind) -> NDArray[np.bool_]:
        """Which beats are of a kind, ``[n]``."""
        return np.asarray(self.kinds == kind.value.encode())

    @property
    def normal(self) -> NDArray[np.bool_]:
        """Which intervals are NN: known, and both beats normal, ``[n - 1]``."""
        normal = self.of(BeatKind.NORMAL)
        both: NDArray[np.bool_] = normal[1:] & normal[:-1] & self.known
        return both
