"""Records of the MIT-BIH Arrhythmia Database with all their beats."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ecg.beats import PRIMARY_LEAD, SAMPLING_RATE
from ecg.classes import BEAT_SYMBOLS
from training.databases import mitdb
from training.databases.database import RecordsError
from training.databases.marked.recording import MarkedRecording
from training.databases.mitdb import MITDB


def patient_of(record: str) -> str:
    """The person of a record, called as their first record is: 201 and 202 come from one man."""
    return mitdb.person_of(record).removeprefix(f"{MITDB.name}-")


def record_names(folder: Path) -> list[str]:
    """Names of the records, in the order of the folder's ``RECORDS`` file.

    Raises:
        RecordsError: the folder is missing, has no such file, or lacks a file of a listed record.
    """
    MITDB.check_folder(folder)
    return [header.stem for header in mitdb.headers(folder)]


def read_recording(folder: Path, record: str) -> MarkedRecording:
    """One record with all its annotated beats.

    Raises:
        RecordsError: the record can't be read, or is not sampled at 360 Hz.
    """
    stored = MITDB.read(mitdb.entry_of(folder / f"{record}.hea"))
    recording = stored.recording
    if recording.rate != SAMPLING_RATE:
        raise RecordsError(f"Record {record} has {recording.rate:g} samples a second, expected {SAMPLING_RATE}.")
    marks = recording.annotations
    wanted = np.isin(marks.symbols, BEAT_SYMBOLS)
    return MarkedRecording(
        name=record,
        patient=patient_of(record),
        leads=recording.leads,
        primary=recording.leads.index(PRIMARY_LEAD) if PRIMARY_LEAD in recording.leads else 0,
        signal=np.ascontiguousarray(recording.read().T),
        samples=marks.samples[wanted],
        symbols=marks.symbols[wanted],
        group=stored.entry.group,
    )
