"""Records of PTB-XL whose one label holds for each of their beats, which are found in lead II.

Those are records of complete bundle branch block, of pacemakers and of nothing but a normal ECG, at 500 Hz.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ecg.classes import LBBB, NORMAL, PACED, RBBB
from training.databases import ptbxl
from training.databases.database import Entry, RecordsError
from training.databases.marked import r_peaks
from training.databases.marked.recording import MarkedRecording
from training.databases.marked.resampling import resampled
from training.databases.ptbxl import PTBXL

_RATE: Final = 500.0

#: Leads that are drawn: II is nearest to the modified lead II of MIT-BIH, V1 and V5 are its second channels, I is
#: another view of the same beat.
LEADS: Final = ("II", "V1", "V5", "I")

#: Label codes of a record (SCP-ECG) to annotation symbols; the first that fits counts.
SYMBOL_OF_CODE: Final = {"PACE": PACED.symbol, "CLBBB": LBBB.symbol, "CRBBB": RBBB.symbol, "NORM": NORMAL.symbol}

#: Folds of the database's own division by patient (Wagner et al. 2020): 1-8 train (of them the eighth validates here),
#: 9 and 10 test.
VALIDATION_FOLD: Final = 8
TEST_FOLDS: Final = (9, 10)


@dataclass(frozen=True, slots=True)
class LabelledRecord:
    """A record with a label that holds for each of its beats."""

    entry: Entry
    symbol: str
    """Annotation symbol of its beats."""

    @property
    def partition(self) -> str:
        """``train``, ``validation`` or ``test``, by the database's own folds."""
        fold = ptbxl.fold_of(self.entry)
        return "test" if fold in TEST_FOLDS else "validation" if fold == VALIDATION_FOLD else "train"


def database_folder(folders: Sequence[Path]) -> Path:
    """The folder whose records are labelled, of several: the first that is a copy of the database.

    Excerpts, which lie in folders of their own, add nothing unless the first of the folders is one and none is a copy.
    """
    return next((folder for folder in folders if (folder / ptbxl.TABLE).is_file()), folders[0])


def labelled(folder: Path) -> list[LabelledRecord]:
    """The records whose every beat has one known class, in the order of the database's table.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    PTBXL.check_folder(folder)
    return [
        LabelledRecord(ptbxl.entry_of(number, known), symbol)
        for number, known in ptbxl.known_records([folder]).items()
        if known.rate == _RATE and (symbol := _symbol(known))
    ]


def labelled_records(folder: Path) -> list[str]:
    """Names of the records of :func:`labelled`.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    return [record.entry.name for record in labelled(folder)]


def training_records(folder: Path) -> list[LabelledRecord]:
    """Those of :func:`labelled` that train.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    return [record for record in labelled(folder) if record.partition == "train"]


def patients(folder: Path) -> dict[str, str]:
    """The person of each labelled record, as :func:`read_recording` names both.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    return {_name(record.entry): record.entry.person for record in labelled(folder)}


def read_recording(folder: Path, record: str) -> MarkedRecording:
    """One record in :data:`LEADS` at 360 Hz with its beats found and labelled.

    Raises:
        RecordsError: the record can't be read or has no label.
    """
    chosen = next((item for item in labelled(folder) if item.entry.name == record), None)
    if chosen is None:
        raise RecordsError(f"Record {record} of {folder} has no label that holds for each of its beats.")
    recording = PTBXL.read(chosen.entry).recording
    if recording.rate != _RATE:
        raise RecordsError(f"Record {record} has {recording.rate:g} samples a second, expected {_RATE:g}.")
    signal = resampled(recording, LEADS)
    samples = r_peaks.find(signal[:, 0])
    return MarkedRecording(
        name=_name(chosen.entry),
        patient=chosen.entry.person,
        leads=LEADS,
        primary=0,
        signal=signal,
        samples=samples,
        symbols=np.full(len(samples), chosen.symbol),
        partition=chosen.partition,
        group=chosen.entry.group,
    )


def _name(entry: Entry) -> str:
    return f"{entry.database}-{entry.name}"


def _symbol(known: ptbxl.Known) -> str:
    """The symbol that holds for each beat of a record; empty where none does."""
    # Extra beats would be labelled like their neighbours.
    if known.extra_beats or {"PVC", "PAC"} & set(known.statements):
        return ""
    return next((symbol for code, symbol in SYMBOL_OF_CODE.items() if code in known.statements), "")
