"""Episodes of fibrillation and periods of shutdown, read off an annotator's marks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecg.ec57.mapping import EC57, NOT_A_BEAT
from ecg.ec57.marks import Marks, Stretches

RHYTHM, VF_BEGINS, VF_ENDS, NOISE = "+", "[", "]", "~"

#: The notes with which rhythm marks begin atrial fibrillation and atrial flutter.
FIBRILLATION, FLUTTER = "(AFIB", "(AFL"

#: Both bits of a noise mark's subtype that say "unreadable" (European ST-T database; MIT-BIH writes -1: all bits).
UNREADABLE = 0x30


def atrial_state(marks: Marks, *, flutter: bool = False) -> NDArray[np.bool_]:
    """Whether atrial fibrillation is on from each mark, in the order of the file, ``[n]``.

    It is on from a rhythm mark ``(AFIB`` up to the next rhythm mark that says something else. With ``flutter``,
    ``(AFL`` counts as ``(AFIB`` does. That a second such mark goes on with the episode is a choice.
    """
    rhythm = marks.symbols == RHYTHM
    on = np.char.startswith(marks.notes, FIBRILLATION)
    if flutter:
        on |= np.char.startswith(marks.notes, FLUTTER)
    return _held(rhythm, on)


def ventricular_state(marks: Marks) -> NDArray[np.bool_]:
    """Whether ventricular fibrillation or flutter is on from each mark, in the order of the file, ``[n]``.

    It is on from ``[`` up to the next ``]``. Rhythm marks (``(VFL``) say nothing here. A ``[`` inside an episode and a
    ``]`` outside are ignored.
    """
    opens = marks.symbols == VF_BEGINS
    return _held(opens | (marks.symbols == VF_ENDS), opens)


def _held(says: NDArray[np.bool_], on: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``on`` of the last mark that ``says`` something, off before the first, ``[n]``."""
    last = np.maximum.accumulate(np.where(says, np.arange(len(says)), -1))
    return (last >= 0) & on[last]


def begins(state: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """At which marks a state comes on, ``[n]``."""
    return state & ~np.append(False, state[:-1])[: len(state)]


def episodes(marks: Marks, state: NDArray[np.bool_], end: int) -> Stretches:
    """Episodes from where a state comes on to the mark with which it goes off, or to ``end``."""
    on, off = marks.samples[begins(state)], marks.samples[1:][state[:-1] & ~state[1:]]
    if len(off) < len(on):
        off = np.append(off, max(end, int(on[-1])))
    return Stretches(on, off)


def shutdowns(marks: Marks, window: int, end: int) -> Stretches:
    """Periods that the annotator calls unreadable.

    A period begins with a noise mark (``~``) that has both ``UNREADABLE`` bits in its subtype and ends with the next
    noise mark. Where a beat stands before that one (the mark that ends the period is missing, or there never was one,
    as in the AHA database), the period is assumed to begin a match window after the beat before its mark and to end one
    before the beat after it. Without anything after it, it lasts to ``end``.
    """
    noise = np.flatnonzero(marks.symbols == NOISE)
    beats = np.flatnonzero(EC57.of(marks.symbols) != NOT_A_BEAT)
    unreadable = noise[(marks.subtypes[noise] & UNREADABLE) == UNREADABLE]
    return Stretches.of(_shutdown(marks.samples, int(begin), noise, beats, window, end) for begin in unreadable)


def _shutdown(
    samples: NDArray[np.int64], begin: int, noise: NDArray[np.intp], beats: NDArray[np.intp], window: int, end: int
) -> tuple[int, int]:
    """The period that begins with the mark at place ``begin``: begin and end in samples."""
    next_noise = noise[np.searchsorted(noise, begin, side="right") :]
    here = int(np.searchsorted(beats, begin))
    if len(next_noise) and (here == len(beats) or next_noise[0] < beats[here]):
        return int(samples[begin]), int(samples[next_noise[0]])
    if here == len(beats):
        return int(samples[begin]), end
    first = int(samples[beats[here - 1]]) + window if here else int(samples[begin])
    return first, int(samples[beats[here]]) - window
