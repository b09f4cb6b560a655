"""A recording: leads by name, in millivolts, at one rate, with its gaps, annotations and warnings.

Samples are read on demand, a stretch at a time, so a recording of two weeks takes no more memory than one of ten
seconds. Whatever was not recorded is ``nan``: a gap stays a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Millivolts = NDArray[np.float32]


class Signal(Protocol):
    """Where the samples of a recording come from: an array, a file, a store of blocks."""

    @property
    def samples(self) -> int:
        """Length of every lead, gaps included."""

    def read(self, begin: int, end: int) -> Millivolts:
        """Samples ``begin`` (inclusive) to ``end`` (exclusive) of every lead, ``[leads, end - begin]``, millivolts.

        ``nan`` where nothing was recorded. ``0 <= begin <= end <= samples``.
        """


@dataclass(frozen=True, slots=True)
class ArraySignal:
    """Samples that are in memory."""

    values: Millivolts
    """``[leads, samples]``, millivolts, ``nan`` where nothing was recorded."""

    @property
    def samples(self) -> int:
        """Length of every lead."""
        return int(self.values.shape[1])

    def read(self, begin: int, end: int) -> Millivolts:
        """See :meth:`Signal.read`; a view, not a copy."""
        return self.values[:, begin:end]


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which no lead was recorded, in samples: from ``begin`` (inclusive) to ``end`` (exclusive)."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class RecordingWarning:
    """Something about a recording that a reader should know before believing what is measured on it."""

    reason: str
    """Stable code, ``RECORDING_…``."""
    message: str
    """A sentence for people."""
    lead: str = ""
    """The lead that it is about; empty for the recording as a whole."""


@dataclass(frozen=True, slots=True)
class Annotations:
    """Marks that came with a recording, in order of time."""

    samples: NDArray[np.int64]
    """Where each mark stands, at the recording's rate."""
    symbols: NDArray[np.str_]
    """WFDB annotation code of each mark: of a beat, or ``+`` of a change of rhythm, ``~`` of a change of quality."""
    notes: NDArray[np.str_]
    """The text of each mark, e.g. ``(AFIB``; empty where there is none."""

    def __post_init__(self) -> None:
        if not len(self.samples) == len(self.symbols) == len(self.notes):
            raise ValueError("Annotations need one symbol and one note for each sample.")


def no_annotations() -> Annotations:
    """Annotations of a recording that came without any."""
    return Annotations(np.empty(0, np.int64), np.empty(0, np.str_), np.empty(0, np.str_))


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of one person."""

    leads: tuple[str, ...]
    """Names, each once, e.g. ``II``, ``V1``, ``MLII``."""
    rate: float
    """Samples a second of every lead."""
    signal: Signal
    start: datetime | None = None
    """When the first sample was taken; None where the source doesn't tell."""
    gaps: tuple[Gap, ...] = ()
    """In order of time, apart from each other."""
    annotations: Annotations = field(default_factory=no_annotations)
    warnings: tuple[RecordingWarning, ...] = ()

    def __post_init__(self) -> None:
        if not self.rate > 0:
            raise ValueError(f"A recording needs a positive rate, not {self.rate}.")
        if not self.leads or len(set(self.leads)) != len(self.leads):
            raise ValueError(f"A recording needs leads with different names, not {self.leads}.")

    @classmethod
    def of_array(
        cls,
        values: NDArray[np.floating],
        *,
        leads: tuple[str, ...],
        rate: float,
        start: datetime | None = None,
        annotations: Annotations | None = None,
    ) -> Recording:
        """A recording of ``values``, ``[leads, samples]``, millivolts, ``nan`` where nothing was recorded.

        Raises:
            ValueError: not one row for each lead.
        """
        if values.ndim != 2 or len(values) != len(leads):
            raise ValueError(f"{len(leads)} leads need an array of {len(leads)} rows, not of shape {values.shape}.")
        signal = ArraySignal(np.asarray(values, np.float32))
        return cls(leads, rate, signal, start=start, annotations=annotations or no_annotations())

    @property
    def samples(self) -> int:
        """Length of every lead, gaps included."""
        return self.signal.samples

    @property
    def seconds(self) -> float:
        """Length in seconds, gaps included."""
        return self.samples / self.rate

    def read(self, begin: int = 0, end: int | None = None) -> Millivolts:
        """Samples ``begin`` to ``end`` of every lead, ``[leads, end - begin]``, millivolts; ``nan`` in gaps.

        Bounds beyond the recording are brought back to its ends. Without ``end``, up to the end.
        """
        last = self.samples if end is None else min(end, self.samples)
        first = min(max(0, begin), last)
        return self.signal.read(first, max(first, last))

    def lead(self, name: str) -> Millivolts:
        """One whole lead, ``[samples]``, millivolts.

        Raises:
            KeyError: there is no such lead.
        """
        if name not in self.leads:
            raise KeyError(f"No lead {name!r}; there are {', '.join(self.leads)}.")
        return self.read()[self.leads.index(name)]

    def blocks(self, seconds: float) -> Iterator[tuple[int, Millivolts]]:
        """The recording from its start in stretches of ``seconds``: first sample and ``[leads, n]``, millivolts."""
        step = max(1, round(seconds * self.rate))
        for begin in range(0, self.samples, step):
            yield begin, self.read(begin, begin + step)

    def time_of(self, sample: int) -> datetime | None:
        """When a sample was taken; None where the start isn't known."""
        return None if self.start is None else self.start + timedelta(seconds=sample / self.rate)
