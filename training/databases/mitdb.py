"""The MIT-BIH Arrhythmia Database: 48 half-hour records of two leads, every beat marked by cardiologists."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import wfdb

from ecg.beats import PRIMARY_LEAD, SAMPLING_RATE
from ecg.classes import BEAT_SYMBOLS
from training.databases.marked import MarkedRecording, RecordsError


def patient_of(record: str) -> str:
    """The person of an MIT-BIH record: records 201 and 202 come from one man."""
    return "201" if record == "202" else record


def record_names(folder: Path) -> list[str]:
    """Names of the records in a MIT-BIH folder, from its ``RECORDS`` file.

    Raises:
        RecordsError: the folder is missing, has no ``RECORDS`` file, or lacks a file of a listed record.
    """
    if not folder.is_dir():
        raise RecordsError(
            f"No records folder at {folder}. Set MITDB_DIR or --records to a copy of the MIT-BIH Arrhythmia Database,"
            " or fetch one with `python -m training download`."
        )
    index = folder / "RECORDS"
    if not index.is_file():
        raise RecordsError(f"{folder} has no RECORDS file: it is not a copy of a PhysioNet database.")
    names = index.read_text().split()
    missing = [
        f"{name}.{ext}" for name in names for ext in ("hea", "dat", "atr") if not (folder / f"{name}.{ext}").is_file()
    ]
    if missing:
        raise RecordsError(f"{folder} lacks {len(missing)} files, the first is {missing[0]}. Download it again.")
    return names


def verify_checksums(folder: Path) -> int:
    """Compare every file of the records with the database's own ``SHA256SUMS.txt``.

    Returns:
        How many files were compared; 0 if the folder has no checksum file.

    Raises:
        RecordsError: a file differs.
    """
    sums = folder / "SHA256SUMS.txt"
    if not sums.is_file():
        return 0
    compared = 0
    for line in sums.read_text().splitlines():
        expected, _, name = line.partition(" ")
        path = folder / name.strip()
        if path.suffix not in {".hea", ".dat", ".atr"} or not path.is_file():
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise RecordsError(f"{path} is damaged: its SHA-256 differs from SHA256SUMS.txt. Download it again.")
        compared += 1
    return compared


def read_recording(folder: Path, record: str) -> MarkedRecording:
    """One MIT-BIH record with all its annotated beats.

    Raises:
        RecordsError: the record can't be read, or is not sampled at 360 Hz.
    """
    path = str(folder / record)
    try:
        signal = wfdb.rdrecord(path)
        annotation = wfdb.rdann(path, "atr")
    except Exception as error:  # wfdb raises many kinds for damaged files; each means the same to the caller
        raise RecordsError(f"Record {record} in {folder} can't be read: {error}") from error
    if signal.fs != SAMPLING_RATE:
        raise RecordsError(f"Record {record} has {signal.fs} samples a second, expected {SAMPLING_RATE}.")
    symbols = np.asarray(annotation.symbol)
    wanted = np.isin(symbols, BEAT_SYMBOLS)
    leads = tuple(signal.sig_name)
    return MarkedRecording(
        name=record,
        patient=patient_of(record),
        leads=leads,
        primary=leads.index(PRIMARY_LEAD) if PRIMARY_LEAD in leads else 0,
        signal=signal.p_signal.astype(np.float32),
        samples=np.asarray(annotation.sample)[wanted],
        symbols=symbols[wanted],
    )
