"""CPSC 2018, by way of the PhysioNet challenge 2020: 10 to 60 seconds of twelve leads at 500 Hz, stated as a whole.

It doesn't tell complete right bundle branch block from incomplete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from training.databases import wfdb_files
from training.databases.database import Database, DatabaseRecord, Entry, Truth
from training.databases.labels import Label, translated

_DIAGNOSES: Final = "Dx:"

#: The nine classes by their words (Liu et al. 2018) and by the SNOMED CT codes of the challenge.
OF_DIAGNOSIS: Final[Mapping[str, Label]] = {
    "Normal": Label.NORMAL,
    "426783006": Label.NORMAL,
    "AF": Label.AF,
    "164889003": Label.AF,
    "LBBB": Label.LBBB,
    "164909002": Label.LBBB,
    "RBBB": Label.RBBB,
    "59118001": Label.RBBB,
    "PAC": Label.PAC,
    "284470004": Label.PAC,
    "PVC": Label.PVC,
    "164884008": Label.PVC,
}


def _entries(folders: Sequence[Path]) -> list[Entry]:
    return [_entry(header) for folder in folders for header in wfdb_files.records_in(folder, (".mat",))]


def _entry(header: Path) -> Entry:
    lines = [line for line in wfdb_files.comments(header) if line.startswith(_DIAGNOSES)]
    stated = tuple(word.strip() for line in lines for word in line.removeprefix(_DIAGNOSES).split(",") if word.strip())
    return Entry(
        database=CPSC2018.name,
        name=header.stem,
        person=f"cpsc2018-{header.stem}",
        header=header,
        labels=translated(stated, OF_DIAGNOSIS),
        stated=stated,
    )


def _read(entry: Entry) -> DatabaseRecord:
    return DatabaseRecord(entry, wfdb_files.open_record(entry.header))


CPSC2018: Final = Database(
    name="cpsc2018",
    title="China Physiological Signal Challenge 2018",
    address="https://physionet.org/content/challenge-2020/1.0.2/",
    licence="CC BY 4.0",
    citation="Liu et al. 2018, J. Med. Imaging Health Inform. 8:1368; by way of the PhysioNet/CinC challenge 2020.",
    setting="CPSC2018_DIR",
    truth=Truth.RECORDS,
    list_entries=_entries,
    read_entry=_read,
    notice="Contains information from the China Physiological Signal Challenge 2018 by Liu et al. 2018, J. Med. Imaging"
    " Health Inform. 8:1368, by way of the PhysioNet/CinC challenge 2020"
    " (https://physionet.org/content/challenge-2020/1.0.2/), under CC BY 4.0.",
)
