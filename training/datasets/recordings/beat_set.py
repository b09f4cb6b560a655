"""Prepared beats of many recordings as flat arrays, from which batches of any beats in any leads are taken."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecg.features.stream import INTERVALS, ODD, QRS_LIKENESS, lead_places
from inference_server.models.recording_course import Course
from training import TrainingError


class NothingPreparedError(TrainingError):
    """There are no prepared recordings where they are looked for."""


#: Arrays with a row for each lead of each beat, and with one for each beat.
PICTURES: Final = ("windows", "difference", "strip")
NUMBERS: Final = ("intervals", "features", "arrival", "conduction")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was prepared of one record; see :mod:`training.datasets.recordings.preparation`."""

    facts: dict[str, Any]
    """``database``, ``record``, ``person``, ``group``, ``edit``, ``labels``, ``leads``, ``rate``, ``samples``."""
    symbols: NDArray[np.str_]
    """``[n]``: annotation code of each detected beat, ``-`` where the database has none."""
    allowed: NDArray[np.uint8]
    """``[n]``: the classes that each may have, bits."""
    source_samples: NDArray[np.int64]
    """``[n]``: R peaks at the recording's own rate."""
    fibrillation: NDArray[np.int64]
    """``[stretches, 2]``: found ventricular fibrillation, seconds."""
    course: Course
    """Of its beats."""

    @property
    def database(self) -> str:
        """Its name."""
        return str(self.facts["database"])

    @property
    def record(self) -> str:
        """Its name in the database."""
        return str(self.facts["record"])

    @property
    def is_edited(self) -> bool:
        """Whether it was edited."""
        return bool(self.facts["edit"])


@dataclass(frozen=True, slots=True)
class BeatSet:
    """Beats of many records, one after the other."""

    records: tuple[Prepared, ...]
    begins: NDArray[np.int64]
    """``[records + 1]``: the first beat of each record, and how many beats there are."""
    record_of: NDArray[np.int64]
    """``[beats]``."""
    allowed: NDArray[np.uint8]
    """``[beats]``."""
    first_row: NDArray[np.int64]
    """``[beats]``: the first of the rows of each beat's leads in :attr:`pictures`."""
    leads: NDArray[np.int64]
    """``[beats]``: how many leads each has."""
    pictures: dict[str, NDArray[np.float16]]
    """``[rows, samples]`` each, millivolts."""
    lead_places: NDArray[np.float32]
    """``[rows]``: what the leads are (:func:`ecg.features.stream.lead_places`)."""
    numbers: dict[str, NDArray[np.float32]]
    """``[beats, …]`` each."""

    def __len__(self) -> int:
        return len(self.record_of)

    def beats_of(self, record: int) -> slice:
        """Which beats are a record's."""
        return slice(int(self.begins[record]), int(self.begins[record + 1]))

    def inputs(self, beats: NDArray[np.int64], chosen: NDArray[np.int64] | None = None) -> dict[str, NDArray[Any]]:
        """What the network reads.

        Args:
            beats: ``[n]``, places.
            chosen: ``[n, leads]``, which leads of each; all without, then each of the beats must have as many.
        """
        if chosen is None:
            chosen = np.broadcast_to(np.arange(int(self.leads[beats[0]])), (len(beats), int(self.leads[beats[0]])))
        rows = self.first_row[beats][:, None] + chosen
        return (
            {name: values[rows].astype(np.float32) for name, values in self.pictures.items()}
            | {name: values[beats] for name, values in self.numbers.items()}
            | {"leads": self.lead_places[rows]}
        )


def load(folder: Path, paths: Iterable[Path]) -> BeatSet:
    """The beats of prepared records.

    Args:
        folder: Where they are.
        paths: The records' files below it.

    Raises:
        NothingPreparedError: there is none.
    """
    parts = [_read(folder / path) for path in paths]
    if not parts:
        raise NothingPreparedError(
            f"Nothing is prepared in {folder}. Run `python -m training recordings prepare` first."
        )
    counts = np.array([len(record.allowed) for record, _ in parts])
    leads = np.repeat([arrays["windows"].shape[1] for _, arrays in parts], counts)
    return BeatSet(
        records=tuple(record for record, _ in parts),
        begins=np.concatenate([[0], np.cumsum(counts)]),
        record_of=np.repeat(np.arange(len(parts)), counts),
        allowed=np.concatenate([record.allowed for record, _ in parts]),
        first_row=np.cumsum(leads) - leads,
        leads=leads,
        pictures={
            name: np.concatenate([arrays[name].reshape(-1, arrays[name].shape[2]) for _, arrays in parts])
            for name in PICTURES
        },
        lead_places=np.concatenate(
            [
                np.tile(lead_places(record.facts["leads"]), count)
                for (record, _), count in zip(parts, counts, strict=True)
            ]
        ),
        numbers={name: np.concatenate([arrays[name] for _, arrays in parts]) for name in NUMBERS},
    )


def stored(folder: Path, databases: Sequence[str] = (), *, edited: bool = True) -> list[Path]:
    """The files of prepared records below ``folder``, in order; of all databases, unless some are named."""
    paths = sorted(path.relative_to(folder) for path in folder.glob("*/*.npz"))
    return [
        path for path in paths if (not databases or path.parent.name in databases) and (edited or not is_edited(path))
    ]


def is_edited(path: Path) -> bool:
    """Whether a file is of an edited recording, by its name."""
    return path.stem.rpartition(".")[2].rstrip("0123456789") in ("early", "runs", "irregular", "right")


def records(folder: Path, paths: Iterable[Path]) -> list[Prepared]:
    """What was prepared of records, without the arrays that the network reads."""
    parts = []
    for path in paths:
        with np.load(folder / path) as file:
            parts.append(_prepared(file))
    return parts


def _read(path: Path) -> tuple[Prepared, dict[str, NDArray[Any]]]:
    with np.load(path) as file:
        return _prepared(file), {name: file[name] for name in (*PICTURES, *NUMBERS)}


def _prepared(file: Mapping[str, NDArray[Any]]) -> Prepared:
    return Prepared(
        json.loads(str(file["facts"])),
        file["symbols"],
        file["allowed"],
        file["source_samples"],
        file["fibrillation"],
        Course(file["intervals"][:, INTERVALS - 1], file["features"][:, QRS_LIKENESS] < ODD, file["families"]),
    )
