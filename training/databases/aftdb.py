"""The AF Termination Challenge Database: 80 records of one minute, two leads at 128 Hz, all of atrial fibrillation.

Beats were marked by a detector and never audited (``.qrs``). Records of the groups S and T are neighbouring minutes of
one person; who else has several records is not told, so all stay together.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from training.databases import wfdb_files
from training.databases.database import Database, DatabaseRecord, Entry, Truth, odc_by
from training.databases.labels import Label

_FOLDERS: Final = ("learning-set", "test-set-a", "test-set-b")

#: Both leads are called "ECG" in the database.
_LEADS: Final = ("ECG1", "ECG2")

#: By the first letter of a record of the learning set; of the test sets it was the challenge's question.
_GROUPS: Final = {
    "n": "AF that doesn't end",
    "s": "AF that ends a minute after the record",
    "t": "AF that ends within a second of the record",
}


def _entries(folders: Sequence[Path]) -> list[Entry]:
    return [
        _entry(header)
        for folder in folders
        for part in _FOLDERS
        for header in wfdb_files.records_in(folder / part, (".dat", ".qrs"))
    ]


def _entry(header: Path) -> Entry:
    letter, number = header.stem[0], header.stem[1:]
    return Entry(
        database=AFTDB.name,
        name=f"{header.parent.name}/{header.stem}",
        person=f"aftdb-s{number}" if letter == "t" else f"aftdb-{header.stem}",
        header=header,
        group="aftdb",
        labels=frozenset({Label.AF}),
        stated=(_GROUPS.get(letter, "AF"),),
    )


def _read(entry: Entry) -> DatabaseRecord:
    recording = wfdb_files.open_record(entry.header, "qrs", leads=_LEADS)
    return DatabaseRecord(entry, recording, qrs=recording.annotations.samples)


AFTDB: Final = Database(
    name="aftdb",
    title="AF Termination Challenge Database",
    address="https://physionet.org/content/aftdb/1.0.0/",
    licence="ODC-By 1.0",
    citation="Moody 2004, Comput. Cardiol. 31:101; Goldberger et al. 2000, Circulation 101:e215.",
    setting="AFTDB_DIR",
    truth=Truth.RECORDS,
    list_entries=_entries,
    read_entry=_read,
    notice=odc_by("AF Termination Challenge Database", "aftdb/1.0.0"),
    people_known=False,
)
