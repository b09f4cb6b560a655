"""The PhysioNet challenge of 2017: 9 to 60 seconds of one handheld lead at 300 Hz, its rhythm stated as a whole.

People hold the device either way round, so that many recordings are upside down; its one lead is called ``ECG``. Who is
who is not told.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from training.databases import wfdb_files
from training.databases.database import Database, DatabaseRecord, Entry, RecordsError, Truth, odc_by
from training.databases.labels import Label, translated

#: Labels were corrected twice after the challenge had begun; the newest table that is there counts.
_TABLES: Final = ("REFERENCE-v3.csv", "REFERENCE-all8528-v2.csv", "REFERENCE-v2.csv", "REFERENCE.csv")

#: ``N`` is said of the rhythm; one lead doesn't show whether its beats are normal.
OF_CLASS: Final[Mapping[str, Label]] = {
    "N": Label.SINUS,
    "A": Label.AF,
    "O": Label.OTHER_RHYTHM,
    "~": Label.NOISE,
}


def _entries(folders: Sequence[Path]) -> list[Entry]:
    return [entry for folder in folders for entry in _in_folder(folder)]


def _in_folder(folder: Path) -> list[Entry]:
    table = next((folder / name for name in _TABLES if (folder / name).is_file()), None)
    if table is None:
        raise RecordsError(f"{folder} has no {_TABLES[-1]}: it is no copy of the challenge's training set.")
    with table.open(encoding="utf-8", newline="") as file:
        classes = {row[0]: row[1].strip() for row in csv.reader(file) if len(row) == 2}
    headers = wfdb_files.records_in(folder, (".mat",))
    unlabelled = [header.stem for header in headers if classes.get(header.stem) not in OF_CLASS]
    if unlabelled:
        raise RecordsError(f"{table} has no class for {len(unlabelled)} records, the first is {unlabelled[0]}.")
    return [_entry(header, classes[header.stem]) for header in headers]


def _entry(header: Path, stated: str) -> Entry:
    return Entry(
        database=CHALLENGE2017.name,
        name=header.stem,
        person=f"challenge2017-{header.stem}",
        header=header,
        labels=translated([stated], OF_CLASS),
        stated=(stated,),
    )


def _read(entry: Entry) -> DatabaseRecord:
    return DatabaseRecord(entry, wfdb_files.open_record(entry.header))


CHALLENGE2017: Final = Database(
    name="challenge2017",
    title="PhysioNet/Computing in Cardiology Challenge 2017",
    address="https://physionet.org/content/challenge-2017/1.0.0/",
    licence="ODC-By 1.0",
    citation="Clifford et al. 2017, Comput. Cardiol. 44, doi:10.22489/CinC.2017.065-469; Goldberger et al. 2000,"
    " Circulation 101:e215.",
    setting="CHALLENGE2017_DIR",
    truth=Truth.RECORDS,
    list_entries=_entries,
    read_entry=_read,
    notice=odc_by("PhysioNet/Computing in Cardiology Challenge 2017", "challenge-2017/1.0.0"),
    people_known=False,
)
