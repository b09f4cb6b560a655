"""The MIT-BIH Malignant Ventricular Ectopy Database (VFDB): the only fibrillation from more than one person.

It marks rhythms, not beats, so windows are centred on the crests of the waves inside the marked stretches.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray
from scipy.signal import find_peaks, resample_poly

from ecg.beats import SAMPLING_RATE
from ecg.classes import VF
from training.databases.marked import MarkedRecording, RecordsError

#: Rhythm annotations that mean ventricular fibrillation or flutter.
FIBRILLATION = ("(VF", "(VFL", "(VFIB")

#: Samples per second of the database.
_RATE = 250

#: Waves come at 150 to 500 a minute (Clayton 1993); crests nearer than this are one wave, seconds.
_LEAST_GAP = 0.2


def fibrillating_records(folder: Path) -> list[str]:
    """Names of the records with marked fibrillation.

    Raises:
        RecordsError: the folder is not a copy of the database, or a record can't be read.
    """
    names = sorted(path.stem for path in folder.glob("*.hea")) if folder.is_dir() else []
    if not names:
        raise RecordsError(f"{folder} has no recordings. Set VFDB_DIR or --records to a copy of the database.")
    missing = [f"{name}.{ext}" for name in names for ext in ("dat", "atr") if not (folder / f"{name}.{ext}").is_file()]
    if missing:
        raise RecordsError(f"{folder} lacks {len(missing)} files, the first is {missing[0]}. Download it again.")
    return [name for name in names if _stretches(folder, name)]


def read_recording(folder: Path, record: str) -> MarkedRecording:
    """One record with the crests of its fibrillation waves as beats, at 360 Hz.

    Raises:
        RecordsError: the record can't be read, or is not sampled at 250 Hz.
    """
    stretches = _stretches(folder, record)
    try:
        stored = wfdb.rdrecord(str(folder / record))
    except Exception as error:  # wfdb raises many kinds for damaged files; each means the same to the caller
        raise RecordsError(f"Record {record} in {folder} can't be read: {error}") from error
    if stored.fs != _RATE:
        raise RecordsError(f"Record {record} has {stored.fs} samples a second, expected {_RATE}.")
    signal = resample_poly(np.nan_to_num(stored.p_signal), SAMPLING_RATE, _RATE, axis=0).astype(np.float32)
    scale = SAMPLING_RATE / _RATE
    samples = np.concatenate(
        [_crests(signal[:, 0], int(start * scale), int(end * scale)) for start, end in stretches]
        or [np.empty(0, dtype=np.int64)]
    )
    return MarkedRecording(
        name=record,
        patient=f"vfdb-{record}",
        # Both leads are called "ECG" in the database.
        leads=tuple(f"ECG{number}" for number in range(1, signal.shape[1] + 1)),
        primary=0,
        signal=signal,
        samples=samples,
        symbols=np.full(len(samples), VF.symbol),
    )


def _stretches(folder: Path, record: str) -> list[tuple[int, int]]:
    """First and last sample (250 Hz) of each stretch of fibrillation."""
    try:
        annotation = wfdb.rdann(str(folder / record), "atr")
        length = wfdb.rdheader(str(folder / record)).sig_len
    except Exception as error:  # as above
        raise RecordsError(f"Record {record} in {folder} can't be read: {error}") from error
    rhythms = [note.strip("\x00 ") for note in annotation.aux_note]
    marks = [(sample, note) for sample, note in zip(annotation.sample.tolist(), rhythms, strict=True) if note]
    ends = [*(sample for sample, _ in marks[1:]), length]
    return [(start, end) for (start, note), end in zip(marks, ends, strict=False) if note in FIBRILLATION]


def _crests(lead: NDArray[np.float32], start: int, end: int) -> NDArray[np.int64]:
    stretch = lead[start:end]
    if len(stretch) < SAMPLING_RATE:
        return np.empty(0, dtype=np.int64)
    prominence = 0.3 * float(np.subtract(*np.percentile(stretch, [95, 5])))
    peaks, _ = find_peaks(stretch, distance=int(_LEAST_GAP * SAMPLING_RATE), prominence=max(prominence, 0.05))
    return start + peaks.astype(np.int64)
