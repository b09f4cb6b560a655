"""PTB-XL: ten seconds of twelve leads, stated as a whole by SCP-ECG codes. Many people, which MIT-BIH lacks.

Several folders may hold parts of it: copies of the database itself (``ptbxl_database.csv``), and excerpts with a table
``labels.csv``, in which the codes are words in ``statements`` and patients are partly unknown. A record that stands in
several is taken once, at the highest rate, with everything that any of the tables knows of it.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ecg.formats import wfdb_header
from ecg.formats.files import InputFile
from ecg.recording_errors import RecordingError
from training.databases import wfdb_files
from training.databases.database import Database, DatabaseRecord, Entry, RecordsError, Truth
from training.databases.labels import Label, translated

#: The table of the database itself, and that of excerpts.
TABLE: Final = "ptbxl_database.csv"
_TABLES: Final = (TABLE, "labels.csv")

#: By SCP-ECG code (Wagner et al. 2020, tables 6 and 7). Likelihoods are not looked at: the database gives 0 where
#: nobody stated one, which is so for most rhythms and forms.
OF_CODE: Final[Mapping[str, Label]] = {
    "NORM": Label.NORMAL,
    "SR": Label.SINUS,
    "SBRAD": Label.SINUS,
    "STACH": Label.SINUS,
    "SARRH": Label.SINUS_ARRHYTHMIA,
    "CLBBB": Label.LBBB,
    "CRBBB": Label.RBBB,
    "ILBBB": Label.INCOMPLETE_LBBB,
    "IRBBB": Label.INCOMPLETE_RBBB,
    "LAFB": Label.HEMIBLOCK,
    "LPFB": Label.HEMIBLOCK,
    "IVCD": Label.CONDUCTION_DELAY,
    "WPW": Label.PREEXCITATION,
    "PACE": Label.PACED,
    "PVC": Label.PVC,
    "PAC": Label.PAC,
    "PRC(S)": Label.ECTOPY,
    "BIGU": Label.ECTOPY,
    "TRIGU": Label.ECTOPY,
    "AFIB": Label.AF,
    "AFLT": Label.AFL,
    "SVTAC": Label.SVT,
    "PSVT": Label.SVT,
    "SVARR": Label.OTHER_RHYTHM,
    "2AVB": Label.AV_BLOCK,
    "3AVB": Label.AV_BLOCK,
}


@dataclass(slots=True)
class Known:
    """What the tables of all folders know of one record."""

    header: Path
    rate: float
    fold: int
    sex: str
    patient: str = ""
    statements: tuple[str, ...] = ()
    extra_beats: str = ""

    def add(self, other: Known) -> None:
        """Take what another table knows, and its files if they have the higher rate."""
        if other.rate > self.rate:
            self.header, self.rate = other.header, other.rate
        self.patient = self.patient or other.patient
        self.statements = self.statements or other.statements
        self.extra_beats = self.extra_beats or other.extra_beats


def known_records(folders: Sequence[Path]) -> dict[int, Known]:
    """The records in ``folders`` by number, in the order of the tables.

    Raises:
        RecordsError: a folder is no copy or excerpt of PTB-XL.
    """
    records: dict[int, Known] = {}
    for folder in folders:
        for number, known in _table(folder):
            if number in records:
                records[number].add(known)
            else:
                records[number] = known
    return records


def _entries(folders: Sequence[Path]) -> list[Entry]:
    records = known_records(folders)
    copies = _copies({number: records[number].header for number in sorted(records)})
    return [entry_of(number, records[number]) for number in sorted(records) if number not in copies]


def _table(folder: Path) -> Iterable[tuple[int, Known]]:
    """The records of one folder whose files are there, by number."""
    path = next((folder / name for name in _TABLES if (folder / name).is_file()), None)
    if path is None:
        raise RecordsError(f"{folder} has neither {' nor '.join(_TABLES)}: it is not a copy of PTB-XL.")
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                known = _row(folder, row)
                number = int(row["ecg_id"])
            except (KeyError, ValueError, SyntaxError) as error:
                raise RecordsError(f"{path} has a row that is not PTB-XL's: {error!r}") from error
            if known is not None:
                yield number, known


def _row(folder: Path, row: Mapping[str, str]) -> Known | None:
    files = [(500.0, row.get("filename_hr")), (100.0, row.get("filename_lr"))]
    there = [(folder / f"{name}.hea", rate) for rate, name in files if name and (folder / f"{name}.hea").is_file()]
    if not there:
        return None
    header, rate = there[0]
    codes = row.get("scp_codes")
    words = row["statements"].split() if "statements" in row else list(ast.literal_eval(codes or ""))
    return Known(
        header=header,
        rate=rate,
        fold=int(row["strat_fold"]),
        sex=row["sex"],
        patient=str(int(float(row["patient_id"]))) if row.get("patient_id") else "",
        statements=tuple(words),
        extra_beats=row.get("extra_beats") or "",
    )


def _copies(headers: Mapping[int, Path]) -> set[int]:
    """Records whose every sample stands under another number before: the database has some, even of two patients.

    Samples are compared by the checksum and first value that headers give of each lead.
    """
    earlier_sums: set[tuple[object, ...]] = set()
    copies = set()
    for number, path in headers.items():
        try:
            header = wfdb_header.read(InputFile(path.name, path))
        except (RecordingError, OSError) as error:
            raise RecordsError(f"{path} can't be read: {error}") from error
        sums = (header.frames, *((line.initial, line.checksum) for line in header.signals))
        if any(line.checksum for line in header.signals) and sums in earlier_sums:
            copies.add(number)
        earlier_sums.add(sums)
    return copies


def entry_of(number: int, known: Known) -> Entry:
    """One record."""
    labels = translated(known.statements, OF_CODE)
    if known.extra_beats and not labels & {Label.PVC, Label.PAC}:
        labels |= {Label.ECTOPY}
    return Entry(
        database=PTBXL.name,
        name=f"{number:05d}",
        person=f"ptbxl-{known.patient}" if known.patient else f"ptbxl-ecg{number}",
        header=known.header,
        group=f"ptbxl-fold{known.fold}-{'female' if known.sex == '1' else 'male'}",
        labels=labels,
        stated=known.statements,
    )


def fold_of(entry: Entry) -> int:
    """The database's own fold, 1 to 10 (``strat_fold``), of a record; a patient's records are all in one."""
    return int(entry.group.split("-")[1].removeprefix("fold"))


def _read(entry: Entry) -> DatabaseRecord:
    return DatabaseRecord(entry, wfdb_files.open_record(entry.header))


PTBXL: Final = Database(
    name="ptbxl",
    title="PTB-XL",
    address="https://physionet.org/content/ptb-xl/",
    licence="CC BY 4.0",
    citation="Wagner et al. 2020, Sci. Data 7:154.",
    setting="PTBXL_DIR",
    truth=Truth.RECORDS,
    list_entries=_entries,
    read_entry=_read,
    notice="Contains information from PTB-XL (https://physionet.org/content/ptb-xl/) by Wagner et al. 2020,"
    " Sci. Data 7:154, under CC BY 4.0.",
)
