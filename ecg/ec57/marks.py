"""What is compared: the marks of one annotator, the period of the record that counts, and stretches of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecg.recording import Annotations

Samples = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Marks:
    """Annotations of one annotator, in the order of their file, which is that of time."""

    samples: Samples
    """Where each mark stands, ``[n]``."""
    symbols: NDArray[np.str_]
    """WFDB annotation code of each mark, ``[n]``."""
    notes: NDArray[np.str_]
    """Text of each mark, e.g. ``(AFIB``, ``[n]``."""
    subtypes: NDArray[np.int64]
    """WFDB subtype of each mark, ``[n]``; of ``~`` marks it tells which signals are noisy or unreadable."""

    def __post_init__(self) -> None:
        if not len(self.samples) == len(self.symbols) == len(self.notes) == len(self.subtypes):
            raise ValueError("Marks need one symbol, one note and one subtype for each sample.")
        if np.any(np.diff(self.samples) < 0):
            raise ValueError("Marks must be in order of time.")

    @classmethod
    def of(
        cls,
        samples: Sequence[int] | Samples,
        symbols: Sequence[str] | NDArray[np.str_],
        notes: Sequence[str] | NDArray[np.str_] | None = None,
        subtypes: Sequence[int] | NDArray[np.integer] | None = None,
    ) -> Marks:
        """Marks of sequences or arrays; without notes they are empty, without subtypes 0.

        Raises:
            ValueError: the lengths differ, or the marks are not in order of time.
        """
        count = len(samples)
        return cls(
            np.asarray(samples, np.int64),
            np.asarray(symbols, np.str_),
            np.full(count, "") if notes is None else np.asarray(notes, np.str_),
            np.zeros(count, np.int64) if subtypes is None else np.asarray(subtypes, np.int64),
        )

    @classmethod
    def of_annotations(cls, annotations: Annotations) -> Marks:
        """Marks of a recording's annotations, which have no subtypes, so no shutdown either."""
        return cls.of(annotations.samples, annotations.symbols, annotations.notes)


@dataclass(frozen=True, slots=True)
class Period:
    """The part of a record that is compared, and how near marks must be.

    The first five minutes are the *learning period*, which EC57 leaves out. Marks in it are not counted in either file;
    only the state in which it leaves a file (fibrillation, a beat to measure the first RR interval from) is known in
    the test period. That a pair on both sides of the border leaves one beat over is a choice for single beats; the
    printed numbers show that runs are cut there.
    """

    rate: float
    """Samples a second."""
    end: int | None = None
    """Length of the record in samples. Where it is unknown, the record ends with the last mark of both files."""
    learning_seconds: float = 300.0
    """How much of the beginning is left out."""
    match_seconds: float = 0.15
    """Two marks can mean the same beat up to this difference: EC57's match window."""

    def __post_init__(self) -> None:
        if not self.rate > 0:
            raise ValueError(f"A comparison needs a positive rate, not {self.rate}.")
        if not (self.learning_seconds >= 0 and self.match_seconds >= 0):
            raise ValueError("The learning period and the match window can't be negative.")

    @property
    def start(self) -> int:
        """First sample that counts."""
        return self._samples(self.learning_seconds)

    @property
    def window(self) -> int:
        """The match window in samples, inclusive."""
        return self._samples(self.match_seconds)

    def _samples(self, seconds: float) -> int:
        return int(seconds * self.rate + 0.5)

    def closed_by(self, *files: Marks) -> int:
        """Where the record ends: at its length, else at the last mark of any file."""
        if self.end is not None:
            return self.end
        return max((int(marks.samples[-1]) for marks in files if len(marks.samples)), default=0)

    def inside(self, samples: Samples) -> NDArray[np.bool_]:
        """Which samples lie in the test period, ``[n]``."""
        within: NDArray[np.bool_] = samples >= self.start
        return within if self.end is None else within & (samples <= self.end)


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of time in order, apart from each other, in samples: from ``begins`` to ``ends``, both ``[n]``."""

    begins: Samples
    ends: Samples

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> Stretches:
        """Stretches of pairs of begin and end; those that end before they begin are left out."""
        ordered = np.array([pair for pair in pairs if pair[0] <= pair[1]], np.int64).reshape(-1, 2)
        return cls(ordered[:, 0], ordered[:, 1])

    def clipped(self, begin: int, end: int) -> Stretches:
        """What of them lies between ``begin`` and ``end``; what only touches these bounds is left out."""
        inside = (self.ends > begin) & (self.begins < end)
        return Stretches(np.maximum(self.begins[inside], begin), np.minimum(self.ends[inside], end))

    @property
    def total(self) -> int:
        """Length of all together, in samples."""
        return int((self.ends - self.begins).sum())

    def hold(self, samples: Samples) -> NDArray[np.bool_]:
        """Which samples lie in one of them, bounds included, ``[n]``."""
        before = np.searchsorted(self.begins, samples, side="right") - 1
        return (before >= 0) & (samples <= self.ends[before]) if len(self.ends) else np.zeros(len(samples), np.bool_)

    def span(self, sample: int) -> bool:
        """Whether one of them began before ``sample`` and ends after it."""
        before = int(np.searchsorted(self.begins, sample, side="left")) - 1
        return before >= 0 and bool(self.ends[before] > sample)
