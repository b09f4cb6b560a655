"""From a network's logits to the marks of a recording, beside those of the reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.ec57.comparison import RecordComparison, compare
from ecg.ec57.mapping import BeatMapping
from ecg.ec57.marks import Marks, Period
from ecg.recording import Recording
from training.databases.registry import DATABASES
from training.datasets.recordings.beat_set import Prepared
from training.datasets.recordings.labelling import CLASSES
from training.learning.recordings.runs import key

SYMBOLS: Final = np.array([kind.symbol for kind in CLASSES])


@dataclass(frozen=True, slots=True)
class Answered:
    """A record with marks of its database, and what a model calls its detected beats."""

    prepared: Prepared
    reference: Marks
    symbols: NDArray[np.str_]
    """``[n]``: annotation code of each detected beat's class."""

    @property
    def marks(self) -> Marks:
        """The model's marks: beats, and found ventricular fibrillation between ``[`` and ``]``."""
        rate = float(self.prepared.facts["rate"])
        bounds = np.rint(self.prepared.fibrillation * rate).astype(np.int64)
        samples = np.concatenate([self.prepared.source_samples, bounds[:, 0], bounds[:, 1]])
        symbols = np.concatenate([self.symbols, ["["] * len(bounds), ["]"] * len(bounds)]).astype(np.str_)
        order = np.argsort(samples, kind="stable")
        return Marks.of(samples[order], symbols[order])

    def compared(self, start: float, mapping: BeatMapping) -> RecordComparison:
        """The two by EC57, from ``start`` seconds on."""
        facts = self.prepared.facts
        period = Period(float(facts["rate"]), int(facts["samples"]), learning_seconds=start)
        return compare(self.prepared.record, self.reference, self.marks, period, mapping)


def answered(records: Sequence[Prepared], classes: Mapping[str, NDArray[np.int64]]) -> list[Answered]:
    """Records of databases that mark every beat, and their beats' classes.

    Args:
        records: Those that are asked about.
        classes: Place of the class of each beat, by :func:`~training.learning.recordings.runs.key`.

    Raises:
        RecordsError: a database's setting is empty, or a record's marks can't be read.
    """
    return [
        Answered(record, Marks.of_annotations(recording.annotations), SYMBOLS[classes[key(record)]])
        for record, recording in zip(records, recordings(records), strict=True)
    ]


def recordings(records: Sequence[Prepared]) -> Iterator[Recording]:
    """The recordings of prepared records, opened again, in the same order.

    Raises:
        RecordsError: a database's setting is empty, or a record can't be read.
    """
    entries = {
        name: {entry.name: entry for entry in DATABASES[name].entries()}
        for name in {record.database for record in records}
    }
    for record in records:
        yield DATABASES[record.database].read(entries[record.database][record.record]).recording
