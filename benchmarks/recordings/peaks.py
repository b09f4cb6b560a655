"""R peaks on MIT-BIH, QTDB and LUDB, beside other detectors, by EC57."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.recordings import detectors
from benchmarks.recordings.analysed import analysed, records
from benchmarks.recordings.table import show
from ecg.ec57.beats import compare_beats
from ecg.ec57.mapping import EC57
from ecg.ec57.marks import Marks, Period
from ecg.ec57.pairing import NONE, pair
from ecg.ec57.ratios import percent
from ecg.leads import index_of
from ecg.peaks.stream import all_peaks
from ecg.recording import Recording
from training.databases.database import Database, DatabaseRecord
from training.databases.ludb import LUDB
from training.databases.mitdb import MITDB
from training.databases.qtdb import QTDB

Counts = NDArray[np.int64]
"""Found, missed and invented beats."""

_LEARNING: Final = {"from 0 s": 0.0, "from 300 s": 300.0}
OURS: Final = "ours, all leads"
OURS_VF: Final = "ours, all leads, VF marked"
OURS_ONE: Final = "ours, one lead"


def command() -> None:
    """Compare R-peak detectors: found and invented beats, gross, as ANSI/AAMI EC57 counts them."""
    for database in (MITDB, QTDB, LUDB):
        if database.is_set:
            _compare(database)
        else:
            show(f"{database.title}: left out, {database.setting} is not set.", [], [])
    for name in detectors.missing():
        show(f"{name}: left out, it is not installed.", [], [])


def _compare(database: Database) -> None:
    totals: dict[tuple[str, str], Counts] = {}
    seconds: dict[str, float] = {}
    for record in records(database):
        for name, find in _finders(record).items():
            started = time.process_time()
            marks = find()
            seconds[name] = seconds.get(name, 0) + time.process_time() - started
            for period, learning in _LEARNING.items():
                counted = _counts(record, marks, learning)
                totals[name, period] = totals.get((name, period), np.zeros(3, np.int64)) + counted
    rows = []
    for (name, period), (detected, missed, invented) in totals.items():
        if detected + missed:
            predictivity = percent(int(detected), int(detected + invented))
            row = [
                name,
                period,
                detected,
                missed,
                invented,
                percent(int(detected), int(detected + missed)),
                predictivity,
            ]
            rows.append([*row, f"{seconds[name]:.1f}"])
    columns = ["detector", "counted", "found", "missed", "invented", "Se %", "+P %", "CPU s"]
    show(f"R peaks, {database.title}", columns, rows)


def _finders(record: DatabaseRecord) -> dict[str, Callable[[], Marks]]:
    """Each detector on a record."""
    recording = record.recording
    rate = recording.rate
    place = next((index for name in ("II",) if (index := index_of(recording.leads, name)) is not None), 0)
    lead = recording.read()[place]
    single = Recording.of_array(lead[None], leads=("ECG",), rate=rate)
    values = lead.astype(np.float64)
    finders: dict[str, Callable[[], Marks]] = {OURS: lambda: _beats(all_peaks(recording))}
    if record.database == MITDB.name:
        finders[OURS_VF] = lambda: analysed(recording).marks(rate, fibrillation=True)
    finders[OURS_ONE] = lambda: _beats(all_peaks(single))
    for name, detector in detectors.installed().items():
        finders[name] = lambda detector=detector: _beats(detectors.quietly(detector, values, rate))  # type: ignore[misc]
    return finders


def _beats(samples: NDArray[np.int64]) -> Marks:
    return Marks.of(samples, np.full(len(samples), "N"))


def _counts(record: DatabaseRecord, test: Marks, learning: float) -> Counts:
    recording = record.recording
    if record.qrs is not None:
        return _between_marks(record.qrs, test.samples, recording.rate) if not learning else np.zeros(3, np.int64)
    period = Period(recording.rate, recording.samples, learning_seconds=learning)
    matrix = compare_beats(Marks.of_annotations(recording.annotations), test, period, EC57).matrix
    return np.array([matrix[:5, :5].sum(), matrix[:5, 5:].sum(), matrix[5:, :5].sum()])


def _between_marks(reference: NDArray[np.int64], test: NDArray[np.int64], rate: float) -> Counts:
    """LUDB's first and last beats are not marked: only what lies between the marks counts."""
    window = round(0.15 * rate)
    inside = test[(test >= reference[0] - window) & (test <= reference[-1] + window)]
    steps = pair(reference, inside, window)
    missed, invented = (int((steps[:, side] == NONE).sum()) for side in (1, 0))
    return np.array([len(steps) - missed - invented, missed, invented])
