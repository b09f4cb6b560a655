"""What a format's reader finds in a file, before it is decided which channels are leads and what their names are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ecg.digital import Digital
from ecg.recording import RecordingWarning


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """One channel as its file describes it."""

    label: str
    unit: str
    """As the file spells it; empty where it says nothing."""
    step: float = 1.0
    """Units for one digital unit."""
    offset: float = 0.0
    """Units of the digital value 0."""
    per_frame: int = 1
    """Samples in each frame."""
    limits: tuple[int, int] | None = None
    """Least and greatest digital value that the converter can give, where the file says so."""
    fault: str = ""
    """Why the channel can't be read, as a sentence; empty where it can."""


class Frames(Protocol):
    """The samples of all channels in order of time. A frame is what holds ``per_frame`` samples of each channel."""

    @property
    def frames(self) -> int:
        """How many there are."""

    def read(self, begin: int, end: int) -> Sequence[Digital]:
        """Frames ``begin`` to ``end``: for each channel ``[(end - begin) * per_frame]``, ``MISSING`` in gaps."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Frames without a gap between them."""

    seconds: float
    """When the first of them begins, from the start of the recording."""
    frame: int
    frames: int


@dataclass(frozen=True, slots=True)
class Marks:
    """Annotations by time."""

    seconds: NDArray[np.float64]
    symbols: Sequence[str]
    notes: Sequence[str]


@dataclass(slots=True)
class Source:
    """A recording as its file describes it."""

    channels: Sequence[ChannelInfo]
    frames: Frames
    frame_rate: float | None
    """Frames a second; None where the file doesn't say."""
    start: datetime | None = None
    pieces: Sequence[Piece] | None = None
    """In order of time; None where there are no gaps between frames."""
    marks: Marks | None = None
    warnings: list[RecordingWarning] = field(default_factory=list)
    unnamed: bool = False
    """Nothing in the file says which of several channels is what."""

    def warn(self, reason: str, message: str, lead: str = "") -> None:
        """Note something that a reader of the recording should know."""
        self.warnings.append(RecordingWarning(reason, message, lead))


@dataclass(frozen=True, slots=True)
class ArrayFrames:
    """Samples that are in memory, one of each channel in a frame."""

    values: Digital
    """``[channels, samples]``."""

    @property
    def frames(self) -> int:
        """See :class:`Frames`."""
        return int(self.values.shape[1])

    def read(self, begin: int, end: int) -> Sequence[Digital]:
        """See :class:`Frames`."""
        return list(self.values[:, begin:end])
