"""Fibrillation of the MIT-BIH Malignant Ventricular Ectopy Database, the crests of its waves marked as beats."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ecg.beats import SAMPLING_RATE
from ecg.classes import VF
from training.databases import vfdb
from training.databases.database import RecordsError
from training.databases.labels import Label
from training.databases.marked.recording import MarkedRecording
from training.databases.marked.resampling import resampled
from training.databases.vfdb import VFDB


def fibrillating_records(folder: Path) -> list[str]:
    """Names of the records with marked fibrillation.

    Raises:
        RecordsError: the folder is not a copy of the database, or a record can't be read.
    """
    return [entry.name for entry in VFDB.entries([folder]) if Label.VF in entry.labels]


def read_recording(folder: Path, record: str) -> MarkedRecording:
    """One record with the crests of its fibrillation waves as beats, at 360 Hz.

    Raises:
        RecordsError: the record can't be read, or is not sampled at 250 Hz.
    """
    stored = VFDB.read(vfdb.entry_of(folder / f"{record}.hea"))
    recording = stored.recording
    if recording.rate != vfdb.RATE:
        raise RecordsError(f"Record {record} has {recording.rate:g} samples a second, expected {vfdb.RATE:g}.")
    signal = resampled(recording, recording.leads)
    scale = SAMPLING_RATE / vfdb.RATE
    stretches = [(int(begin * scale), int(end * scale)) for begin, end in vfdb.fibrillation(recording)]
    crests = [begin + vfdb.crests(signal[begin:end, 0], SAMPLING_RATE) for begin, end in stretches]
    samples = np.concatenate([np.empty(0, np.int64), *crests])
    return MarkedRecording(
        name=record,
        patient=stored.person,
        leads=recording.leads,
        primary=0,
        signal=signal,
        samples=samples,
        symbols=np.full(len(samples), VF.symbol),
        group=stored.entry.group,
    )
