"""The beats of an hour as columns.

Little-endian::

    4 s     "BLB1"
    u32     beats
    u32     place of the first of them among all beats
    u32     0
    u32[n]  R peaks, samples from the begin of the hour
    i16[n]  families, −1 for none
    u8[n]   classes, places in the model's list
    u8[n]   classes that the model itself said
    u8[n]   probability of the class, of 255
    u8[n]   1: the model is certain of its own class; 2: it lies in ventricular flutter or fibrillation
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.exports.counting import counted
from numpy.typing import NDArray

SECONDS: Final = 3600
"""Length of a stretch whose beats are asked for together."""

CERTAIN, FIBRILLATES = 1, 2

_HEADER: Final = struct.Struct("<4sIII")


def hours_of(analysis: RecordingAnalysis) -> int:
    """How many hours there are, the last one perhaps not whole."""
    return max(1, -(-analysis.samples // samples_of_hour(analysis)))


def beats_of(analysis: RecordingAnalysis, hour: int, classes: NDArray[np.int8] | None = None) -> bytes:
    """The beats of an hour, see above.

    Args:
        analysis: What is said of the recording.
        hour: Which one, 0 is the first.
        classes: ``[n]``, of all beats, where people changed them; None: the model's own.

    Raises:
        ValueError: the recording has no such hour.
    """
    if not 0 <= hour < hours_of(analysis):
        raise ValueError(f"There is no hour {hour}.")
    beats = analysis.beats
    begin = hour * samples_of_hour(analysis)
    first, last = np.searchsorted(beats.samples, (begin, begin + samples_of_hour(analysis))).tolist()
    part = slice(first, last)
    shown = (beats.classes if classes is None else classes)[part]
    probability = beats.probabilities[np.arange(first, last), shown] if last > first else np.empty(0)
    columns = (
        (beats.samples[part] - begin).astype("<u4"),
        beats.families[part].astype("<i2"),
        shown.astype(np.uint8),
        beats.classes[part].astype(np.uint8),
        np.rint(255 * probability).astype(np.uint8),
        (CERTAIN * beats.confident[part] + FIBRILLATES * beats.fibrillates[part]).astype(np.uint8),
    )
    header = _HEADER.pack(b"BLB1", last - first, first, 0)
    return header + b"".join(np.ascontiguousarray(column).tobytes() for column in columns)


def hourly_counts(analysis: RecordingAnalysis, classes: NDArray[np.int8] | None = None) -> list[list[int]]:
    """Beats of each class that measures count, ``[hours][classes]``: where a beat of a kind is to be looked for."""
    shown = analysis.beats.classes if classes is None else classes
    kinds, kept = len(analysis.model.classes), counted(analysis)
    cells = analysis.beats.samples[kept] // samples_of_hour(analysis) * kinds + shown[kept]
    counts = np.bincount(cells, minlength=hours_of(analysis) * kinds)
    return counts.reshape(-1, kinds).tolist()


def samples_of_hour(analysis: RecordingAnalysis) -> int:
    """Samples that an hour has: whole ones, so that every beat is in exactly one."""
    return max(1, round(SECONDS * analysis.rate))
