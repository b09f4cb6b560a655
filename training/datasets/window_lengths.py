"""Windows of recordings as a reader without a scale sees them, and how many seconds each shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.ink.window_length import inputs_of
from training.databases.marked import MarkedRecording, generator_of, within
from training.datasets import lead_groups
from training.datasets.sources import SOURCES, Source
from training.pictures import ink_readings
from training.pictures.representations import augmented_surroundings

#: At most so many beats of one symbol in a recording, and so many of its rows.
_BEATS_OF_A_KIND: Final = 40
_ROWS: Final = 160

#: Lower windows, millivolts from the lowest to the highest point, show nothing but noise.
_LOWEST_MV: Final = 0.05


@dataclass(frozen=True, slots=True)
class Windows:
    """N windows; rows correspond."""

    inputs: NDArray[np.float32]
    """See :func:`ecg.pictures.ink.window_length.inputs_of`, ``[N, 65]``."""
    seconds: NDArray[np.float64]
    """How long they are."""
    symbols: NDArray[np.str_]
    """The beats' annotation symbols."""
    groups: NDArray[np.str_]
    """People who stay together, see :mod:`training.databases.people`."""

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """The windows of several recordings, one after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))

    def only(self, chosen: NDArray[np.bool_]) -> Windows:
        """The chosen windows."""
        return Windows(*(getattr(self, name)[chosen] for name in self.__slots__))


def of_sources(names: list[str], report: Callable[[str], None]) -> Windows:
    """Windows of everybody in some databases, in leads that look alike.

    Args:
        names: of :data:`training.datasets.sources.SOURCES`.
        report: called with each recording's name.

    Raises:
        RecordsError: a setting is empty or a record can't be read.
        ValueError: none of the records has a window.
    """
    return Windows.joined([part for name in names for part in _of_source(SOURCES[name], report)])


def _of_source(source: Source, report: Callable[[str], None]) -> Iterator[Windows]:
    folder = source.folder()
    for name in source.record_names(folder):
        part = of_recording(source.read(folder, name))
        if part is not None:
            yield part
        report(name)


def of_recording(recording: MarkedRecording) -> Windows | None:
    """One window of each of some beats and leads; None where there are none."""
    alike = np.flatnonzero(lead_groups.look_alike(np.array(recording.leads, dtype=np.str_)))
    if not len(alike) or not len(recording.samples):
        return None
    few = replace(
        recording.with_at_most(_BEATS_OF_A_KIND),
        leads=tuple(recording.leads[lead] for lead in alike.tolist()),
        signal=recording.signal[:, alike],
        primary=0,
    )
    generator = generator_of(f"window-length/{recording.name}")
    signals, intervals = augmented_surroundings(few, generator)
    beats = np.tile(few.symbols[within(few)], len(alike))
    inputs, seconds, symbols = [], [], []
    for row in generator.permutation(len(signals))[:_ROWS].tolist():
        before, after = intervals[row].tolist()
        shown = ink_readings.unscaled(signals[row], (before, after), generator)
        if np.ptp(signals[row]) >= _LOWEST_MV:
            inputs.append(inputs_of(shown.x, shown.y, shown.r_peak))
            seconds.append(shown.seconds)
            symbols.append(beats[row])
    if not inputs:
        return None
    groups = np.full(len(inputs), recording.group or recording.patient)
    return Windows(np.array(inputs, dtype=np.float32), np.array(seconds), np.array(symbols, dtype=np.str_), groups)
