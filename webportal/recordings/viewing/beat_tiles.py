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
    u8[n]   1: certain; 2: it lies in ventricular flutter or fibrillation; 4: a person gave it its class
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

CERTAIN, FIBRILLATES, JUDGED = 1, 2, 4

_HEADER: Final = struct.Struct("<4sIII")


def hours_of(answer: RecordingAnalysis) -> int:
    """How many hours there are, the last one perhaps not whole."""
    return max(1, -(-answer.samples // samples_of_hour(answer)))


def beats_of(
    answer: RecordingAnalysis, hour: int, own: NDArray[np.int8] | None = None, judged: NDArray[np.bool_] | None = None
) -> bytes:
    """The beats of an hour, see above.

    Args:
        answer: What is said of the recording.
        hour: Which one, 0 is the first.
        own: ``[n]``, the model's own classes, where people changed any.
        judged: ``[n]``, the beats that a person gave a class.

    Raises:
        ValueError: the recording has no such hour.
    """
    if not 0 <= hour < hours_of(answer):
        raise ValueError(f"There is no hour {hour}.")
    beats = answer.beats
    begin = hour * samples_of_hour(answer)
    first, last = np.searchsorted(beats.samples, (begin, begin + samples_of_hour(answer))).tolist()
    part = slice(first, last)
    probability = beats.probabilities[np.arange(first, last), beats.classes[part]]
    flags = CERTAIN * beats.confident[part] + FIBRILLATES * beats.fibrillates[part]
    if judged is not None:
        flags = flags + JUDGED * judged[part]
    columns = (
        (beats.samples[part] - begin).astype("<u4"),
        beats.families[part].astype("<i2"),
        beats.classes[part].astype(np.uint8),
        (beats.classes if own is None else own)[part].astype(np.uint8),
        np.rint(255 * probability).astype(np.uint8),
        flags.astype(np.uint8),
    )
    header = _HEADER.pack(b"BLB1", last - first, first, 0)
    return header + b"".join(np.ascontiguousarray(column).tobytes() for column in columns)


def hourly_counts(answer: RecordingAnalysis) -> list[list[int]]:
    """Beats of each class that measures count, ``[hours][classes]``: where a beat of a kind is to be looked for."""
    kinds, kept = len(answer.model.classes), counted(answer)
    cells = answer.beats.samples[kept] // samples_of_hour(answer) * kinds + answer.beats.classes[kept]
    counts = np.bincount(cells, minlength=hours_of(answer) * kinds)
    return counts.reshape(-1, kinds).tolist()


def samples_of_hour(answer: RecordingAnalysis) -> int:
    """Samples that an hour has: whole ones, so that every beat is in exactly one."""
    return max(1, round(SECONDS * answer.rate))
