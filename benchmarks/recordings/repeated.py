"""Recordings of any length, made by repeating real ones where there are any."""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.recordings.made import Repeated, made
from ecg.recording import Recording
from training.databases.mitdb import MITDB

#: Records whose half hours are repeated, one after the other: quiet and noisy, regular and not, slow and fast.
_REPEATED: Final = ("100", "105", "119", "200", "203", "213", "223", "231")


def repeated(hours: float) -> Recording:
    """Two leads of eight people of MIT-BIH, one after the other, again and again: 119,089 beats in 24 hours. Where no
    setting names MIT-BIH, beats that are made here.

    Raises:
        RecordsError: a record can't be read.
    """
    if not MITDB.is_set:
        return made(hours, 1)
    entries = {entry.name: entry for entry in MITDB.entries()}
    parts = np.concatenate([MITDB.read(entries[name]).recording.read() for name in _REPEATED], axis=1)
    return Recording(("ECG1", "ECG2"), 360.0, Repeated(parts, round(hours * 3600 * 360)))
