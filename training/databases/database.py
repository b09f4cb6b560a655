"""What a database is, and what it gives: recordings with who is who, labels, and beats where they are marked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecg.recording import Annotations, Recording
from training import TrainingError
from training.databases.labels import OF_SYMBOL, Label


class RecordsError(TrainingError):
    """A folder of recordings can't be used; the message says why and what to do."""


class Truth(Enum):
    """What a database knows for certain."""

    BEATS = "every beat"
    """Every beat is marked with its kind."""
    RHYTHMS = "rhythms"
    """Changes of rhythm are marked, beats are not."""
    RECORDS = "per record"
    """A recording has labels as a whole."""
    NOTHING = "nothing"
    """Nobody says anything about the heart."""


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats in order of time."""

    samples: NDArray[np.int64]
    """``[N]``, R peak (of fibrillation: a wave's crest) at the recording's rate."""
    symbols: NDArray[np.str_]
    """``[N]``, annotation code as the database has it, or that of the kind where it has none."""
    kinds: NDArray[np.str_]
    """``[N]``, the :class:`~training.databases.labels.Label` of each."""

    def __post_init__(self) -> None:
        if not len(self.samples) == len(self.symbols) == len(self.kinds):
            raise ValueError("Beats need one symbol and one kind for each sample.")

    def __len__(self) -> int:
        return len(self.samples)


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of a database, known without its signal."""

    database: str
    name: str
    """As the database calls it; unique there."""
    person: str
    """Who it is, unique over all databases, e.g. ``mitdb-201``."""
    header: Path
    """The record's WFDB header."""
    group: str = ""
    """People whom nobody can tell apart for certain; all of them stay in one partition of any division. Else the
    person."""
    labels: frozenset[Label] = frozenset()
    """What is stated of the record, or, where beats or rhythms are marked, which kinds occur in it."""
    stated: tuple[str, ...] = ()
    """The same in the database's own words."""
    beats: Mapping[str, int] = field(default_factory=dict)
    """How many marked beats there are of each symbol."""

    def __post_init__(self) -> None:
        if not self.group:
            object.__setattr__(self, "group", self.person)


@dataclass(frozen=True, slots=True)
class DatabaseRecord:
    """A record with its signal."""

    entry: Entry
    recording: Recording
    """Leads by canonical name, millivolts, marks as the database has them."""
    beats: Beats | None = None
    """Every beat with its kind; None where the database doesn't mark them so."""
    qrs: NDArray[np.int64] | None = None
    """Where beats are, at the recording's rate, if only that is marked; see the database for who marked which."""

    @property
    def database(self) -> str:
        """Name of the database."""
        return self.entry.database

    @property
    def name(self) -> str:
        """Name of the record in its database."""
        return self.entry.name

    @property
    def person(self) -> str:
        """Who it is; see :attr:`Entry.person`."""
        return self.entry.person

    @property
    def labels(self) -> frozenset[Label]:
        """See :attr:`Entry.labels`."""
        return self.entry.labels


@dataclass(frozen=True, slots=True)
class Database:
    """A database."""

    name: str
    title: str
    address: str
    licence: str
    citation: str
    setting: str
    """Environment variable that names its folder; several folders are separated as in ``PATH``."""
    truth: Truth
    list_entries: Callable[[Sequence[Path]], list[Entry]]
    read_entry: Callable[[Entry], DatabaseRecord]
    notice: str = ""
    """What must stand wherever something made from it ships."""
    headers_vary: bool = False
    """Whether there are copies with mended headers, which differ from the database's checksums and are as good."""
    people_known: bool = True
    """Whether it says who is who. Where not, every record counts as a person, and figures by person may flatter."""

    def folders(self) -> tuple[Path, ...]:
        """The folders that the setting names.

        Raises:
            RecordsError: the setting is empty.
        """
        named = [part for part in os.environ.get(self.setting, "").split(os.pathsep) if part]
        if not named:
            raise RecordsError(f"Where are the recordings of the {self.title}? Set {self.setting} to their folder.")
        return tuple(Path(part) for part in named)

    @property
    def is_set(self) -> bool:
        """Whether the setting names a folder."""
        return bool(os.environ.get(self.setting))

    def check_folder(self, folder: Path) -> None:
        """See that there is such a folder.

        Raises:
            RecordsError: there is none.
        """
        if not folder.is_dir():
            raise RecordsError(f"There is no folder {folder}. Set {self.setting} to a copy of the {self.title}.")

    def entries(self, folders: Sequence[Path] | None = None) -> list[Entry]:
        """All records in ``folders`` (without, those of the setting) in the database's order, each once.

        Raises:
            RecordsError: a folder is missing or no copy of the database.
        """
        chosen = self.folders() if folders is None else tuple(folders)
        for folder in chosen:
            self.check_folder(folder)
        entries = self.list_entries(chosen)
        if not entries:
            where = ", ".join(map(str, chosen))
            raise RecordsError(f"{where} has no recordings. Set {self.setting} to a copy of the {self.title}.")
        return entries

    def read(self, entry: Entry) -> DatabaseRecord:
        """One of the records.

        Raises:
            RecordsError: its files are missing or damaged.
        """
        return self.read_entry(entry)


def odc_by(title: str, path: str) -> str:
    """The words that the ODC Attribution License (section 4.3) asks for."""
    return (
        f"Contains information from {title} (https://physionet.org/content/{path}/) which is made available under the"
        " ODC Attribution License."
    )


def beats_of(annotations: Annotations, meanings: Mapping[str, Label] = OF_SYMBOL) -> Beats:
    """The beats among a recording's marks."""
    chosen = np.isin(annotations.symbols, list(meanings))
    symbols = annotations.symbols[chosen]
    kinds = np.array([meanings[symbol].value for symbol in symbols.tolist()], np.str_)
    return Beats(annotations.samples[chosen], symbols, kinds)
