"""Recordings to beats: which person, which record, which sample, which symbol, which lead, which millivolts.

Every source of recordings (:mod:`training.sources`) hands over a :class:`Recording`; all are cut in the same way here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import wfdb
from numpy.typing import NDArray

from ecg.classes import BEAT_SYMBOLS

#: Samples per second of MIT-BIH; every window is cut at this rate.
SAMPLING_RATE = 360

#: The picture's window around the R peak, samples at 360 Hz: R − 96 … R + 95.
WINDOW_BEFORE = 96
WINDOW_AFTER = 96

#: Extra samples kept on both sides, so that augmentation can shift and stretch without inventing signal.
MARGIN = 32

#: Samples stored for one beat.
STORED_SAMPLES = WINDOW_BEFORE + WINDOW_AFTER + 2 * MARGIN

#: The lead that the pictures show where a record has it (modified limb lead II).
PRIMARY_LEAD = "MLII"


class RecordsError(Exception):
    """The folder of recordings can't be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats in record order, one row per beat and lead."""

    table: pd.DataFrame
    """Columns: ``patient``, ``record``, ``sample`` (R peak, samples at 360 Hz), ``symbol``, ``lead`` (name),
    ``primary`` (bool: the lead that pictures show by default), ``side`` (``train`` or ``test`` where the source
    prescribes it, as class folders do, or ``validation``; else empty)."""
    windows: NDArray[np.float32]
    """Shape ``[rows, STORED_SAMPLES]``, millivolts; R at index ``MARGIN + WINDOW_BEFORE``."""


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


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording with its beats marked."""

    name: str
    patient: str
    leads: tuple[str, ...]
    primary: int
    """Which lead the pictures show by default."""
    signal: NDArray[np.float32]
    """``[samples, leads]``, millivolts at :data:`SAMPLING_RATE`."""
    samples: NDArray[np.int64]
    """Where each beat has its R peak (of fibrillation: a wave's crest)."""
    symbols: NDArray[np.str_]
    """Annotation symbol of each beat."""
    side: str = ""
    """``train``, ``validation`` or ``test`` where the source prescribes it; else empty."""
    every_peak: NDArray[np.int64] | None = None
    """R peaks of all beats, also of those that are not marked; None where every beat is marked."""

    @property
    def peaks(self) -> NDArray[np.int64]:
        """R peaks of all beats, ascending: what the rhythm is read from."""
        return self.samples if self.every_peak is None else self.every_peak

    def marking(self, beats: NDArray[np.int64]) -> Recording:
        """Only these of the marked beats are marked; the peaks of the others are still known."""
        return replace(self, samples=self.samples[beats], symbols=self.symbols[beats], every_peak=np.unique(self.peaks))


def generator_of(name: str) -> np.random.Generator:
    """Chance that is the same for the same name, and another for any other."""
    return np.random.default_rng(np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype=np.uint32))


def read_recording(folder: Path, record: str) -> Recording:
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
    return Recording(
        name=record,
        patient=patient_of(record),
        leads=leads,
        primary=leads.index(PRIMARY_LEAD) if PRIMARY_LEAD in leads else 0,
        signal=signal.p_signal.astype(np.float32),
        samples=np.asarray(annotation.sample)[wanted],
        symbols=symbols[wanted],
    )


def cut_beats(recording: Recording) -> Beats:
    """All beats of a recording, in every lead.

    Beats whose picture window would reach past the recording's ends are left out.
    """
    kept = within(recording)
    samples, symbols = recording.samples[kept], recording.symbols[kept]
    reach = WINDOW_BEFORE + MARGIN
    tables, windows = [], []
    for channel, lead in enumerate(recording.leads):
        windows.append(cut_windows(recording.signal[:, channel], samples, reach))
        tables.append(
            pd.DataFrame(
                {
                    "patient": recording.patient,
                    "record": recording.name,
                    "sample": samples,
                    "symbol": symbols,
                    "lead": lead,
                    "primary": channel == recording.primary,
                    "side": recording.side,
                }
            )
        )
    return Beats(pd.concat(tables, ignore_index=True), np.concatenate(windows))


def within(recording: Recording) -> NDArray[np.bool_]:
    """Which beats have their whole picture window inside the recording."""
    samples = recording.samples
    return (samples >= WINDOW_BEFORE) & (samples + WINDOW_AFTER <= len(recording.signal))


def cut_windows(lead: NDArray[np.float32], samples: NDArray[np.int64], reach: int) -> NDArray[np.float32]:
    """The ``2 * reach`` samples around each of ``samples``; beyond the ends the last value goes on."""
    padded = np.pad(lead, reach, mode="edge")
    return padded[samples[:, None] + np.arange(2 * reach)]
