"""Records that are labelled as a whole: their beats found, and those marked of which the kind is certain.

Bundle branch block, pacing and a normal ECG hold for all beats of a record, but for the odd ones, which are left out
(:mod:`training.databases.odd_beats`); premature beats are marked where :mod:`training.databases.certainty` tells them.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.classes import LBBB, NORMAL, PAC, PACED, PVC, RBBB
from training.databases import certainty, odd_beats, ptbxl
from training.databases.database import Database, DatabaseRecord, Entry, RecordsError
from training.databases.ecgiddb import ECGIDDB
from training.databases.labels import Label
from training.databases.marked import r_peaks
from training.databases.marked.ptbxl import VALIDATION_FOLD
from training.databases.marked.recording import MarkedRecording
from training.databases.marked.resampling import resampled
from training.databases.odd_beats import Comparison
from training.databases.ptbxl import PTBXL

#: Leads that are drawn, where a record has them: those in which beats look alike, lead II the primary one, and V1,
#: which people send as well and in which they look otherwise.
LEADS: Final = ("II", "I", "aVF", "V5", "V6", "V1")

#: What holds for all beats of a record, by label; the first that fits counts.
_THROUGHOUT: Final = {
    Label.PACED: PACED.symbol,
    Label.LBBB: LBBB.symbol,
    Label.RBBB: RBBB.symbol,
    Label.NORMAL: NORMAL.symbol,
}
_PREMATURE: Final = {Label.PVC: PVC.symbol, Label.PAC: PAC.symbol}

#: With these, nothing is said of all beats: both branches can't be blocked, and preexcitation comes and goes.
_BOTH_BLOCKED: Final = frozenset({Label.LBBB, Label.RBBB})
_COMES_AND_GOES: Final = frozenset({Label.PREEXCITATION, Label.VT, Label.VENTRICULAR_ESCAPE})

#: With one of these, a beat of the usual shape that comes early is a premature one.
_EARLY_BEATS: Final = frozenset({Label.PAC, Label.ABERRATED, Label.JUNCTIONAL, Label.ECTOPY, Label.PVC})
_EARLY: Final = 0.85

#: A label holds throughout only where this share of the beats is of one shape.
_LEAST_SHARE: Final = 0.5

#: Fewer beats have no usual one.
_LEAST_BEATS: Final = 3


def record_names(database: Database, folder: Path) -> list[str]:
    """Names of the records of which some beats may be certain, in the database's order.

    Args:
        database: Whose records they are.
        folder: Its folder; where it is one of several that the setting names, the records of all of them.

    Raises:
        RecordsError: a folder is missing or no copy of the database.
    """
    entries = _entries(database, folder)
    return [name for name, entry in entries.items() if _symbol(_labels(entry)) or _labels(entry) & set(_PREMATURE)]


def read_recording(database: Database, folder: Path, record: str) -> MarkedRecording:
    """One record in :data:`LEADS` at 360 Hz, with the beats marked whose kind is certain.

    Raises:
        RecordsError: there is no such record, or it can't be read.
    """
    entry = _entries(database, folder).get(record)
    if entry is None:
        raise RecordsError(f"There is no record {record} of the {database.title} in {folder}.")
    stored = database.read(entry)
    signal = resampled(stored.recording, stored.recording.leads)
    leads = tuple(lead for lead in LEADS if lead in stored.recording.leads)
    columns = [stored.recording.leads.index(lead) for lead in leads]
    peaks = _peaks(stored, signal[:, columns])
    symbols = _symbols(signal, peaks, _labels(entry))
    certain = symbols != ""
    return MarkedRecording(
        name=f"{database.name}-{record}",
        patient=entry.person,
        leads=leads,
        primary=0,
        signal=np.ascontiguousarray(signal[:, columns]),
        samples=peaks[certain],
        symbols=symbols[certain],
        partition="validation" if _validates(entry) else "train",
        every_peak=peaks,
        group=entry.group,
    )


@lru_cache(maxsize=8)
def _entries(database: Database, folder: Path) -> dict[str, Entry]:
    """The records by names that files may have."""
    folders = database.folders() if database.is_set and folder in database.folders() else (folder,)
    return {entry.name.replace("/", "."): entry for entry in database.entries(folders)}


def _labels(entry: Entry) -> frozenset[Label]:
    """What is known of a record; of volunteers, of whom nobody says anything, that their beats are normal."""
    return frozenset({Label.NORMAL}) if entry.database == ECGIDDB.name else entry.labels


def _validates(entry: Entry) -> bool:
    """Whether its person validates where a protocol goes by the database's own folds; nobody tests there."""
    return entry.database == PTBXL.name and ptbxl.fold_of(entry) == VALIDATION_FOLD


def _peaks(stored: DatabaseRecord, signal: NDArray[np.float32]) -> NDArray[np.int64]:
    """R peaks of all beats, where the primary lead has them; by the database's own marks where there are some.

    Args:
        stored: The record.
        signal: ``[samples, leads]``, the primary lead first; the next one is asked where the detector finds nothing.
    """
    primary = signal[:, 0]
    if stored.qrs is not None:
        return r_peaks.refine(primary, np.rint(stored.qrs * (SAMPLING_RATE / stored.recording.rate)))
    own = r_peaks.find(primary)
    if len(own) >= _LEAST_BEATS:
        return own
    others = (r_peaks.find(lead) for lead in signal.T[1:])
    return r_peaks.refine(primary, next((peaks for peaks in others if len(peaks) >= _LEAST_BEATS), own))


def _symbols(signal: NDArray[np.float32], peaks: NDArray[np.int64], labels: Collection[Label]) -> NDArray[np.str_]:
    """Annotation symbol of each beat, ``[N]``; empty where nothing is certain."""
    symbols = np.full(len(peaks), "", dtype="<U1")
    if len(peaks) < _LEAST_BEATS:
        return symbols
    beats = odd_beats.compare(signal.T, SAMPLING_RATE, peaks)
    if beats.share >= _LEAST_SHARE:
        symbols[_ordinary(beats, labels)] = _symbol(labels)
    kinds = certainty.premature(beats, labels)
    for label, symbol in _PREMATURE.items():
        symbols[kinds == label] = symbol
    return symbols


def _ordinary(beats: Comparison, labels: Collection[Label]) -> NDArray[np.bool_]:
    """The beats of which what holds for all is true: of the usual shape, and not early where others are."""
    early = beats.before < _EARLY
    return beats.usual & ~early if _EARLY_BEATS & set(labels) and Label.AF not in labels else beats.usual


def _symbol(labels: Collection[Label]) -> str:
    """The symbol that holds for all beats; empty where none does."""
    if set(labels) >= _BOTH_BLOCKED or _COMES_AND_GOES & set(labels):
        return ""
    return next((symbol for label, symbol in _THROUGHOUT.items() if label in labels), "")
