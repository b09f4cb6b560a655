"""Records of the QT database with all their beats, at 360 Hz."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from ecg import leads
from ecg.beats import SAMPLING_RATE
from ecg.classes import BEAT_SYMBOLS, LBBB, NORMAL, PAC, PVC, RBBB
from training.databases.database import RecordsError
from training.databases.labels import Label
from training.databases.marked import r_peaks
from training.databases.marked.recording import MarkedRecording
from training.databases.marked.resampling import resampled
from training.databases.qtdb import QTDB

#: Leads that pictures show by default where a record has one or another that stands in for it, the first that it has.
_PRIMARY: Final = ("II", "V5", "I", "V4")

#: The symbol of each kind that a class stands for; the database has others for some.
_SYMBOLS: Final = {
    Label.NORMAL: NORMAL.symbol,
    Label.LBBB: LBBB.symbol,
    Label.RBBB: RBBB.symbol,
    Label.PAC: PAC.symbol,
    Label.PVC: PVC.symbol,
}


def record_names(folder: Path) -> list[str]:
    """Names of the records.

    Raises:
        RecordsError: the folder is missing or no copy of the database.
    """
    return [entry.name for entry in QTDB.entries([folder])]


def read_recording(folder: Path, record: str) -> MarkedRecording:
    """One record with the beats whose kind is known; of conducted ones it isn't where the QRS may be wide.

    Raises:
        RecordsError: there is no such record, or it can't be read.
    """
    entry = next((entry for entry in QTDB.entries([folder]) if entry.name == record), None)
    if entry is None:
        raise RecordsError(f"There is no record {record} of the {QTDB.title} in {folder}.")
    stored = QTDB.read(entry)
    assert stored.beats is not None  # noqa: S101 - the database marks every beat
    signal = resampled(stored.recording, stored.recording.leads)
    primary = _primary(stored.recording.leads)
    scale = SAMPLING_RATE / stored.recording.rate
    marks = np.clip(np.rint(stored.beats.samples * scale).astype(np.int64), 0, len(signal) - 1)
    peaks = np.array([r_peaks.refine(signal[:, primary], [mark])[0] for mark in marks.tolist()], dtype=np.int64)
    symbols = np.array(
        [
            _SYMBOLS.get(Label(kind), symbol)
            for kind, symbol in zip(stored.beats.kinds.tolist(), stored.beats.symbols.tolist(), strict=True)
        ],
        dtype=np.str_,
    )
    known = np.isin(symbols, BEAT_SYMBOLS) & (stored.beats.kinds != Label.CONDUCTED)
    return MarkedRecording(
        name=f"{QTDB.name}-{record}",
        patient=entry.person,
        leads=stored.recording.leads,
        primary=primary,
        signal=signal,
        samples=peaks[known],
        symbols=symbols[known],
        partition="train",
        every_peak=np.unique(peaks),
        group=entry.group,
    )


def _primary(names: tuple[str, ...]) -> int:
    return next((index for wanted in _PRIMARY if (index := leads.index_of(names, wanted)) is not None), 0)
