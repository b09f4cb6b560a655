"""ECG-ID: twenty seconds of lead I at 500 Hz of 90 volunteers. Nobody says whether their hearts are well.

A second signal, the first one filtered, is left out: it is no other lead. So are the marks of a detector, which cover
ten beats a record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ecg.digital import DigitalSignal
from ecg.recording import ArraySignal, Gap, Recording, RecordingWarning, no_annotations
from training.databases import wfdb_files
from training.databases.database import Database, DatabaseRecord, Entry, RecordsError, Truth, odc_by

_LEAD: Final = "I"

#: Some records begin with a stretch of this digital value, where nothing was recorded; their headers' checksums leave
#: it out. A heart doesn't stay so still for this long, seconds.
_EMPTY: Final = -1
_LEAST_EMPTY: Final = 0.1


def _entries(folders: Sequence[Path]) -> list[Entry]:
    return [
        _entry(header)
        for folder in folders
        for person in sorted(folder.glob("Person_*"))
        for header in wfdb_files.records_in(person, (".dat",), pattern="rec_*.hea")
    ]


def _entry(header: Path) -> Entry:
    person = header.parent.name
    return Entry(ECGIDDB.name, f"{person}/{header.stem}", f"ecgiddb-{person.removeprefix('Person_')}", header)


def _read(entry: Entry) -> DatabaseRecord:
    recording = wfdb_files.open_record(entry.header)
    if _LEAD not in recording.leads:
        raise RecordsError(f"Record {entry.name} has the leads {', '.join(recording.leads)}, expected {_LEAD}.")
    return DatabaseRecord(entry, _without_empty_begin(recording))


def _without_empty_begin(recording: Recording) -> Recording:
    """The raw lead, with what was not recorded at its begin as a gap."""
    row = recording.leads.index(_LEAD)
    values = recording.read()[row : row + 1].copy()
    empty = _empty_begin(recording)
    values[:, :empty] = np.nan
    warnings = [item for item in recording.warnings if item.lead in ("", _LEAD)]
    if empty:
        message = f"The first {empty / recording.rate:.1f} s were not recorded."
        warnings = [RecordingWarning("RECORDING_GAPS", message)]
    return replace(
        recording,
        leads=(_LEAD,),
        signal=ArraySignal(values),
        gaps=(Gap(0, empty),) if empty else (),
        annotations=no_annotations(),
        warnings=tuple(warnings),
    )


def _empty_begin(recording: Recording) -> int:
    """Samples at the begin in which no lead was recorded."""
    signal = recording.signal
    assert isinstance(signal, DigitalSignal)  # noqa: S101 - what files give
    still = (signal.read_digital(0, signal.samples) == _EMPTY).all(axis=0)
    length = len(still) if still.all() else int(still.argmin())
    return length if length >= _LEAST_EMPTY * recording.rate else 0


ECGIDDB: Final = Database(
    name="ecgiddb",
    title="ECG-ID Database",
    address="https://physionet.org/content/ecgiddb/1.0.0/",
    licence="ODC-By 1.0",
    citation="Lugovaya 2005, M.S. thesis, LETI; Goldberger et al. 2000, Circulation 101:e215.",
    setting="ECGIDDB_DIR",
    truth=Truth.NOTHING,
    list_entries=_entries,
    read_entry=_read,
    notice=odc_by("ECG-ID Database", "ecgiddb/1.0.0"),
)
