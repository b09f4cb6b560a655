"""The MIT-BIH Malignant Ventricular Ectopy Database: the only fibrillation from more than one person.

Twenty-two records of 35 minutes, two leads at 250 Hz. It marks rhythms, not beats.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from ecg.recording import Recording
from training.databases import wfdb_files
from training.databases.database import Beats, Database, DatabaseRecord, Entry, Truth, odc_by
from training.databases.labels import OF_RHYTHM, Label

#: Samples a second.
RATE: Final = 250.0

#: Both leads are called "ECG" in the database.
_LEADS: Final = ("ECG1", "ECG2")

#: Waves come at 150 to 500 a minute (Clayton 1993); crests nearer than this are one wave, seconds.
_LEAST_GAP: Final = 0.2

#: Shorter stretches hold too few waves for their height to be known, seconds.
_LEAST_STRETCH: Final = 1.0

#: A crest stands out by this share of the stretch's height, and by so many millivolts.
_PROMINENCE: Final = 0.3
_LEAST_PROMINENCE: Final = 0.05


def fibrillation(recording: Recording) -> list[tuple[int, int]]:
    """First sample and the one after the last of each stretch that is marked as ventricular fibrillation or flutter."""
    marks = recording.annotations
    noted = [
        (sample, note.strip())
        for sample, note in zip(marks.samples.tolist(), marks.notes.tolist(), strict=True)
        if note.strip()
    ]
    ends = [*(sample for sample, _ in noted[1:]), recording.samples]
    return [(begin, end) for (begin, note), end in zip(noted, ends, strict=True) if OF_RHYTHM.get(note) is Label.VF]


def crests(lead: NDArray[np.float32], rate: float) -> NDArray[np.int64]:
    """Where the waves of a stretch of fibrillation have their crests.

    Args:
        lead: ``[samples]``, millivolts, fibrillation from end to end.
        rate: Samples a second.

    Returns:
        ``[crests]``, samples from the begin of the stretch; none in a stretch of less than a second.
    """
    if len(lead) < _LEAST_STRETCH * rate:
        return np.empty(0, np.int64)
    prominence = _PROMINENCE * float(np.subtract(*np.percentile(lead, [95, 5])))
    peaks, _ = find_peaks(lead, distance=int(_LEAST_GAP * rate), prominence=max(prominence, _LEAST_PROMINENCE))
    return peaks.astype(np.int64)


def fibrillation_beats(recording: Recording) -> Beats:
    """The crests of fibrillation in the first lead, as beats: a wave is the nearest thing to one."""
    lead = np.nan_to_num(recording.read()[0])
    peaks_by_episode = [begin + crests(lead[begin:end], recording.rate) for begin, end in fibrillation(recording)]
    samples = np.concatenate([np.empty(0, np.int64), *peaks_by_episode])
    return Beats(samples, np.full(len(samples), "!"), np.full(len(samples), Label.VF.value))


def _entries(folders: Sequence[Path]) -> list[Entry]:
    return [entry_of(header) for folder in folders for header in wfdb_files.records_in(folder, (".dat", ".atr"))]


def entry_of(header: Path) -> Entry:
    """One record, by its header.

    Raises:
        RecordsError: its annotations are missing or damaged.
    """
    rhythms = wfdb_files.rhythms_of(wfdb_files.read_marks(header.with_suffix(".atr"), RATE))
    return Entry(
        database=VFDB.name,
        name=header.stem,
        person=f"vfdb-{header.stem}",
        header=header,
        labels=wfdb_files.rhythm_labels(rhythms),
        stated=rhythms,
    )


def _read(entry: Entry) -> DatabaseRecord:
    return DatabaseRecord(entry, wfdb_files.open_record(entry.header, "atr", leads=_LEADS))


VFDB: Final = Database(
    name="vfdb",
    title="MIT-BIH Malignant Ventricular Ectopy Database",
    address="https://physionet.org/content/vfdb/1.0.0/",
    licence="ODC-By 1.0",
    citation="Greenwald 1986, M.S. thesis, MIT; Goldberger et al. 2000, Circulation 101:e215.",
    setting="VFDB_DIR",
    truth=Truth.RHYTHMS,
    list_entries=_entries,
    read_entry=_read,
    notice=odc_by("MIT-BIH Malignant Ventricular Ectopy Database", "vfdb/1.0.0") + " Greenwald 1986.",
)
