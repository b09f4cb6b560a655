"""LUDB, the Lobachevsky University Database: ten seconds of twelve leads at 500 Hz of 200 people, with their waves.

Cardiologists marked P, QRS and T in every lead, but for the first and last beats of most records, and stated what is
wrong with the heart as a whole.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from ecg import leads
from ecg.digital import DigitalSignal, Scale, to_millivolts
from ecg.recording import Annotations, ArraySignal
from training.databases import wfdb_files
from training.databases.database import Database, DatabaseRecord, Entry, RecordsError, Truth, odc_by
from training.databases.labels import Label, translated

_TABLE: Final = "ludb.csv"
_ABOUT_PEOPLE: Final = ("ID", "Sex", "Age")
_RHYTHMS: Final = "Rhythms"
_AXIS: Final = "Electric axis of the heart"
_RATE: Final = 500.0

#: A digital unit is a microvolt. Headers of the database say so only in part: some scale every lead to 1 mV, and there
#: are copies in which that is mended. What headers say of gains is not looked at.
_STEP: Final = Scale(0.001)

#: The lead whose QRS marks stand for the record's.
_QRS_LEAD: Final = "ii"

#: What ``ludb.csv`` states, in lower case; of extrasystoles (:data:`_EXTRASYSTOLES`) only the beginning.
OF_STATEMENT: Final[Mapping[str, Label]] = {
    "sinus rhythm": Label.SINUS,
    "sinus bradycardia": Label.SINUS,
    "sinus tachycardia": Label.SINUS,
    "sinus arrhythmia": Label.SINUS_ARRHYTHMIA,
    "irregular sinus rhythm": Label.SINUS_ARRHYTHMIA,
    "atrial fibrillation": Label.AF,
    "atrial flutter, typical": Label.AFL,
    "wandering atrial pacemaker": Label.OTHER_RHYTHM,
    "aberrant conduction": Label.ABERRATED,
    "complete left bundle branch block": Label.LBBB,
    "complete right bundle branch block": Label.RBBB,
    "incomplete left bundle branch block": Label.INCOMPLETE_LBBB,
    "incomplete right bundle branch block": Label.INCOMPLETE_RBBB,
    "left anterior hemiblock": Label.HEMIBLOCK,
    "non-specific intravintricular conduction delay": Label.CONDUCTION_DELAY,  # the table's spelling
    "iii degree av-block": Label.AV_BLOCK,
    "sinoatrial blockade, undefined": Label.OTHER_RHYTHM,
    "pacemaker presence, undefined": Label.PACED,
    "unipolar ventricular pacing": Label.PACED,
    "bipolar ventricular pacing": Label.PACED,
    "biventricular pacing": Label.PACED,
    "p-synchrony": Label.PACED,  # of ventricular pacing with the atria
    "unipolar atrial pacing": Label.ATRIAL_PACED,
}
_EXTRASYSTOLES: Final = {"ventricular extrasystole": Label.PVC, "atrial extrasystole": Label.PAC}


def _entries(folders: Sequence[Path]) -> list[Entry]:
    return [_entry(folder, row) for folder in folders for row in _rows(folder)]


def _rows(folder: Path) -> list[dict[str, str]]:
    path = folder / _TABLE
    if not path.is_file():
        raise RecordsError(f"{folder} has no {_TABLE}: it is no copy of LUDB.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and not {*_ABOUT_PEOPLE, _RHYTHMS} <= set(rows[0]):
        raise RecordsError(f"{path} has not the columns of LUDB's table.")
    wfdb_files.check_complete((_header(folder, row) for row in rows), (".dat", f".{_QRS_LEAD}"))
    return rows


def _header(folder: Path, row: Mapping[str, str]) -> Path:
    return folder / "data" / f"{row['ID'].strip()}.hea"


def _entry(folder: Path, row: Mapping[str, str]) -> Entry:
    statements = {
        column: [line.strip() for line in (text or "").splitlines() if line.strip()]
        for column, text in row.items()
        if column not in _ABOUT_PEOPLE
    }
    stated = tuple(line for lines in statements.values() for line in lines)
    labels = frozenset().union(
        *(_labels(line) for column in statements if column != _AXIS for line in statements[column])
    )
    if all(column in (_RHYTHMS, _AXIS) for column, lines in statements.items() if lines) and labels == {Label.SINUS}:
        labels |= {Label.NORMAL}  # nothing but sinus rhythm is stated
    name = row["ID"].strip()
    header = _header(folder, row)
    return Entry(LUDB.name, name, f"ludb-{name}", header, labels=labels, stated=stated)


def _labels(statement: str) -> frozenset[Label]:
    text = statement.lower()
    kind = next((label for start, label in _EXTRASYSTOLES.items() if text.startswith(start)), None)
    return frozenset({kind}) if kind else translated([text], OF_STATEMENT)


def _read(entry: Entry) -> DatabaseRecord:
    recording = wfdb_files.open_record(entry.header)
    signal = recording.signal
    if isinstance(signal, DigitalSignal) and any(scale != _STEP for scale in signal.scales):
        digital = signal.read_digital(0, signal.samples)
        values = to_millivolts(digital, [_STEP] * len(recording.leads))
        recording = replace(recording, signal=ArraySignal(values))
    marks = wfdb_files.read_marks(entry.header.with_suffix(f".{_QRS_LEAD}"), recording.rate)
    return DatabaseRecord(entry, recording, qrs=marks.samples[marks.symbols == "N"])


def waves(entry: Entry) -> dict[str, Annotations]:
    """The waves that cardiologists marked, by lead: ``(`` begin, ``p``, ``N`` or ``t`` peak, ``)`` end, at 500 Hz.

    Raises:
        RecordsError: a file of marks is missing or damaged.
    """
    return {lead: wfdb_files.read_marks(entry.header.with_suffix(f".{lead.lower()}"), _RATE) for lead in leads.STANDARD}


LUDB: Final = Database(
    name="ludb",
    title="Lobachevsky University Electrocardiography Database",
    address="https://physionet.org/content/ludb/1.0.1/",
    licence="ODC-By 1.0",
    citation="Kalyakulina et al. 2020, IEEE Access 8:186181; Goldberger et al. 2000, Circulation 101:e215.",
    setting="LUDB_DIR",
    truth=Truth.RECORDS,
    list_entries=_entries,
    read_entry=_read,
    headers_vary=True,
    notice=odc_by("Lobachevsky University Electrocardiography Database", "ludb/1.0.1"),
)
