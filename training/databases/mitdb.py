"""The MIT-BIH Arrhythmia Database: 48 half-hour records of two leads at 360 Hz, every beat marked by cardiologists."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from training.databases import wfdb_files
from training.databases.database import Database, DatabaseRecord, Entry, RecordsError, Truth, beats_of, odc_by
from training.databases.labels import OF_SYMBOL

_RATE: Final = 360.0

#: Records 201 and 202 come from one man.
_SAME_PERSON: Final = {"202": "201"}


def person_of(record: str) -> str:
    """The person of a record."""
    return f"mitdb-{_SAME_PERSON.get(record, record)}"


def _entries(folders: Sequence[Path]) -> list[Entry]:
    return [entry_of(header) for folder in folders for header in headers(folder)]


def headers(folder: Path) -> list[Path]:
    """Headers of the records of a folder, in the order of its ``RECORDS`` file.

    Raises:
        RecordsError: there is no such file, or a file of a record is missing.
    """
    index = folder / "RECORDS"
    if not index.is_file():
        raise RecordsError(f"{folder} has no RECORDS file: it is no copy of a PhysioNet database.")
    listed = [folder / f"{name}.hea" for name in index.read_text(encoding="utf-8").split()]
    wfdb_files.check_complete(listed, (".dat", ".atr"))
    return listed


def entry_of(header: Path) -> Entry:
    """One record, by its header.

    Raises:
        RecordsError: its annotations are missing or damaged.
    """
    marks = wfdb_files.read_marks(header.with_suffix(".atr"), _RATE)
    beats, rhythms = wfdb_files.counted(marks), wfdb_files.rhythms_of(marks)
    return Entry(
        database=MITDB.name,
        name=header.stem,
        person=person_of(header.stem),
        header=header,
        labels=frozenset(OF_SYMBOL[symbol] for symbol in beats) | wfdb_files.rhythm_labels(rhythms),
        stated=(*beats, *rhythms),
        beats=beats,
    )


def _read(entry: Entry) -> DatabaseRecord:
    recording = wfdb_files.open_record(entry.header, "atr")
    return DatabaseRecord(entry, recording, beats=beats_of(recording.annotations))


_CITATION: Final = (
    "Moody & Mark 2001, IEEE Eng. Med. Biol. 20(3):45-50; Goldberger et al. 2000, Circulation 101:e215;"
    " doi:10.13026/C2F305."
)

MITDB: Final = Database(
    name="mitdb",
    title="MIT-BIH Arrhythmia Database",
    address="https://physionet.org/content/mitdb/1.0.0/",
    licence="ODC-By 1.0",
    citation=_CITATION,
    setting="MITDB_DIR",
    truth=Truth.BEATS,
    list_entries=_entries,
    read_entry=_read,
    notice=odc_by("MIT-BIH Arrhythmia Database", "mitdb/1.0.0") + f" {_CITATION}",
)
