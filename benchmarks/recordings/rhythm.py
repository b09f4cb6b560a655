"""Fibrillation: atrial by person, ventricular on every database that marks rhythms or has none."""

from __future__ import annotations

import numpy as np

from benchmarks.recordings.analysed import Analysed, analysed, records
from benchmarks.recordings.atrial import AtrialWindows, show_atrial
from benchmarks.recordings.rhythms import ATRIAL
from benchmarks.recordings.table import show
from benchmarks.recordings.ventricular import VentricularSeconds, show_ventricular
from ecg.ec57.pairing import NONE, pair
from ecg.rhythm.timeline import BeatKind, Timeline
from training.databases.database import DatabaseRecord
from training.databases.ludb import LUDB
from training.databases.qtdb import QTDB
from training.databases.vfdb import VFDB

_VENTRICULAR = ["V", "E", "F", "/", "f", "!"]


def command() -> None:
    """Print how well fibrillation is found with detected beats: atrial by person, ventricular by second."""
    known, unknown, ventricular = AtrialWindows(), AtrialWindows(), VentricularSeconds()
    for database in (*ATRIAL, VFDB, QTDB, LUDB):
        if not database.is_set:
            show(f"{database.title}: left out, {database.setting} is not set.", [], [])
            continue
        for record in records(database):
            analysis = analysed(record.recording)
            ventricular.add(record, analysis)
            if database in ATRIAL:
                known.add(record, timeline_of(record, analysis, classified=True))
                unknown.add(record, timeline_of(record, analysis, classified=False))
    if unknown.numbers:
        show_atrial(known, unknown)
    if ventricular.waves:
        show_ventricular(ventricular)


def timeline_of(record: DatabaseRecord, analysis: Analysed, *, classified: bool) -> Timeline:
    """The detected beats; ventricular where the reference says so, if classified."""
    kinds = np.full(len(analysis.samples), BeatKind.NORMAL.value)
    marks = record.recording.annotations
    if classified and record.beats is not None:
        steps = pair(marks.samples, analysis.samples, round(0.15 * record.recording.rate))
        both = steps[(steps != NONE).all(axis=1)]
        kinds[both[np.isin(marks.symbols[both[:, 0]], _VENTRICULAR), 1]] = BeatKind.VENTRICULAR.value
    return Timeline(
        analysis.working_samples, kinds, analysis.readable, analysis.fibrillation, analysis.odd, analysis.atrial
    )
