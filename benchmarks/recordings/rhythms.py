"""Rhythms as databases mark them, second by second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.recording import Recording
from training.databases.aftdb import AFTDB
from training.databases.challenge2017 import CHALLENGE2017
from training.databases.database import DatabaseRecord
from training.databases.labels import Label
from training.databases.mitdb import MITDB
from training.databases.vfdb import VFDB

ATRIAL: Final = (MITDB, CHALLENGE2017, AFTDB)
"""Databases that tell atrial fibrillation: by second, or of a recording of a minute as a whole."""

OTHERS: Final = "other rhythms"
_VENTRICULAR: Final = {"(VF": "VF", "(VFL": "VF", "(VFIB": "VF", "(VT": "VT", "(NOISE": "noise", "(ASYS": "asystole"}


def atrial_seconds(record: DatabaseRecord, seconds: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which seconds are atrial fibrillation, and which count: neither atrial flutter nor recordings of noise do."""
    if record.database != MITDB.name:
        fibrillates = Label.AF in record.labels
        return np.full(seconds, fibrillates), np.full(seconds, Label.NOISE not in record.labels)
    truth, counts = np.zeros(seconds, np.bool_), np.ones(seconds, np.bool_)
    for note, begin, end in _marked(record.recording):
        if note.startswith("(AFIB"):
            truth[begin:end] = True
        elif note.startswith("(AFL"):
            counts[begin:end] = False
    return truth, counts


def ventricular_seconds(record: DatabaseRecord, seconds: int) -> NDArray[np.str_]:
    """What each second is, as far as ventricular fibrillation can be taken for it."""
    truth = np.full(seconds, OTHERS, dtype="<U16")
    recording = record.recording
    if record.database == VFDB.name:
        for note, begin, end in _marked(recording):
            truth[begin:end] = _VENTRICULAR.get(note, OTHERS)
    elif record.database == MITDB.name:
        marks = recording.annotations
        bounds = [marks.samples[marks.symbols == symbol] / recording.rate for symbol in "[]"]
        for begin, end in zip(*bounds, strict=False):
            truth[int(begin) : int(end)] = "VF"
    return truth


def _marked(recording: Recording) -> Iterator[tuple[str, int, int]]:
    """Each rhythm that is marked, with the seconds in which it begins and ends."""
    marks = recording.annotations
    places = np.flatnonzero(marks.symbols == "+")
    ends = [*marks.samples[places[1:]].tolist(), recording.samples]
    for place, end in zip(places.tolist(), ends, strict=True):
        note, begin = str(marks.notes[place]).strip("\0 "), int(marks.samples[place])
        yield note, int(begin / recording.rate), int(end / recording.rate)
