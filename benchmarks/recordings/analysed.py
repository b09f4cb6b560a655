"""Records of databases and what is found in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from ecg.ec57.marks import Marks
from ecg.faults import UNREADABLE
from ecg.features.stream import beat_blocks
from ecg.recording import Recording
from ecg.rhythm.stretches import Stretches
from ecg.rhythm.ventricular_fibrillation import fibrillation_odds, ventricular_fibrillation
from ecg.signal.resampling import Ratio
from training.databases.database import Database, DatabaseRecord


def records(database: Database) -> Iterator[DatabaseRecord]:
    """All records of a database, with a progress bar."""
    for entry in track(database.entries(), database.name, transient=True):
        yield database.read(entry)


@dataclass(frozen=True, slots=True)
class Analysed:
    """What is found in one recording."""

    samples: NDArray[np.int64]
    """R peaks at the recording's own rate."""
    working_samples: NDArray[np.int64]
    """The same at 360 Hz."""
    faults: NDArray[np.uint8]
    """``[leads, seconds]``."""
    waves: NDArray[np.float32]
    """``[seconds, 6]``; see :func:`ecg.features.waves.wave_numbers`."""
    odd: NDArray[np.bool_]
    """``[n]``; see :attr:`ecg.features.stream.BeatBlock.odd`."""
    atrial: NDArray[np.float32]
    """``[blocks, 7]``; see :attr:`ecg.features.stream.BeatBlock.atrial`."""
    fibrillation: Stretches
    """Ventricular, whole seconds."""

    @property
    def readable(self) -> NDArray[np.bool_]:
        """``[seconds]``: whether any lead can be read."""
        return ((self.faults & int(UNREADABLE)) == 0).any(axis=0)

    def marks(self, rate: float, *, fibrillation: bool) -> Marks:
        """As an annotator's: all beats normal, ventricular fibrillation between ``[`` and ``]`` if wanted."""
        bounds = np.rint(self.fibrillation * rate).astype(np.int64) if fibrillation else np.empty((0, 2), np.int64)
        samples = np.concatenate([self.samples, bounds[:, 0], bounds[:, 1]])
        symbols = np.array(["N"] * len(self.samples) + ["["] * len(bounds) + ["]"] * len(bounds))
        order = np.argsort(samples, kind="stable")
        return Marks.of(samples[order], symbols[order])


def analysed(recording: Recording) -> Analysed:
    """Find everything."""
    blocks = list(beat_blocks(recording))
    seconds = max(1, int(Ratio.of(recording.rate).length(recording.samples) / 360))
    windows = [block.windows for block in blocks]
    waves = np.concatenate([item.waves for item in windows])[:seconds]
    return Analysed(
        np.concatenate([block.source_samples for block in blocks]),
        np.concatenate([item.samples for item in windows]),
        np.concatenate([item.faults for item in windows], axis=1)[:, :seconds],
        waves,
        np.concatenate([block.odd for block in blocks]),
        np.stack([block.atrial for block in blocks]),
        ventricular_fibrillation(fibrillation_odds(waves)),
    )
