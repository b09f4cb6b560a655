"""Premature beats made from ordinary ones: real recordings in which some beats come early.

A premature atrial beat that is conducted normally has the QRS complex of the person's other beats and differs by its
timing and its P wave. Only a few people of the training side have any, but everybody's rhythm can be edited: time is
shortened before a beat and, for most, lengthened after it (the compensatory pause); P wave, QRS complex and T wave of
the beat itself are not stretched. For training by person only; the edited beats are on the training side.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import records
from training.people import TRAINING_RECORDS, VALIDATION_RECORDS
from training.records import Recording

#: Where records of this source differ in name from those that they were made of.
PREFIX = "early-"

#: Beats conducted from above, whose neighbours may be moved; and what an advanced one becomes.
_CONDUCTED = ("N", "L", "R")
_PREMATURE = "A"

#: Samples at 360 Hz that keep their length: P wave and PR interval before the R peak (200 ms), QRS complex and T wave
#: after it (350 ms, at most 0.45 of the interval), and the QRS complex of the beat before (100 ms).
_BEFORE, _AFTER, _PREVIOUS_QRS = 72, 126, 36
_P_WAVE = (76, 22)
"""Where the P wave lies before the R peak, samples."""

#: RR interval of an advanced beat, as a fraction of the one before.
_PREMATURITY = (0.55, 0.85)

#: Of the interval that can be shortened, at most this part is.
_LARGEST_CUT = 0.75

#: An interval counts as regular when it is this close to its neighbours' median.
_REGULAR = 0.15
_LEAST_INTERVAL = 150

#: At most this many advanced beats of one recording are kept, by chance.
BEATS = 80


def record_names(folder: Path) -> list[str]:
    """The MIT-BIH records of the training side whose people do not validate.

    Raises:
        RecordsError: not a MIT-BIH folder.
    """
    wanted = set(TRAINING_RECORDS) - set(VALIDATION_RECORDS)
    return [name for name in records.record_names(folder) if name in wanted]


def read_recording(folder: Path, record: str) -> Recording:
    """One record with some beats advanced; only these are marked, and every third of the beats after them.

    The choice is by chance, and the same for the same record.

    Raises:
        RecordsError: the record can't be read.
    """
    seed = hashlib.sha256(f"{PREFIX}{record}".encode()).digest()
    generator = np.random.default_rng(np.frombuffer(seed, dtype=np.uint32))
    found = advance(records.read_recording(folder, record), generator)
    return replace(found, name=f"{PREFIX}{record}", side="train")


def advance(recording: Recording, generator: np.random.Generator) -> Recording:
    """A copy of ``recording`` in which some beats of a regular rhythm come early, marked as premature atrial beats."""
    samples, symbols = recording.samples, recording.symbols.copy()
    chosen = _advanceable(samples, symbols, generator)
    signal = recording.signal.astype(np.float64)
    old, new = [0.0], [0.0]

    def until(sample: float, length: float) -> None:
        """The time from the last knot to ``sample`` now takes ``length`` samples."""
        old.append(sample)
        new.append(new[-1] + length)

    for beat in chosen:
        before, here, after = (int(samples[beat + step]) for step in (-1, 0, 1))
        start, end = before + _PREVIOUS_QRS, here - _BEFORE
        pause_start, pause_end = here + min(_AFTER, int(0.45 * (after - here))), after - _BEFORE
        wanted = (1 - generator.uniform(*_PREMATURITY)) * (here - before)
        cut = min(wanted, _LARGEST_CUT * (end - start))
        until(start, start - old[-1])
        until(end, end - start - cut)
        until(pause_start, pause_start - end)
        # No pause, a part of it, or a whole one.
        until(pause_end, pause_end - pause_start + cut * np.clip(generator.uniform(-0.2, 1.2), 0, 1))
        _reshape_p_wave(signal, here, generator.uniform(-0.6, 1.0))
    until(len(signal) - 1, len(signal) - 1 - old[-1])

    time = np.interp(np.arange(int(new[-1]) + 1), new, old)
    edited = [np.interp(time, np.arange(len(signal)), lead) for lead in signal.T]
    symbols[chosen] = _PREMATURE
    kept = np.sort(np.concatenate([chosen, chosen[::3] + 1]))
    return replace(
        recording,
        signal=np.stack(edited, axis=1).astype(np.float32),
        samples=np.rint(np.interp(samples, old, new)).astype(np.int64)[kept],
        symbols=symbols[kept],
    )


def _advanceable(
    samples: NDArray[np.int64], symbols: NDArray[np.str_], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Indices of beats in the middle of five conducted ones in a regular rhythm, at least four beats apart."""
    found = []
    beat = 3
    while beat < len(samples) - 3:
        intervals = np.diff(samples[beat - 2 : beat + 3])
        usual = np.median(intervals)
        if (
            np.isin(symbols[beat - 2 : beat + 3], _CONDUCTED).all()
            and intervals.min() > _LEAST_INTERVAL
            and np.abs(intervals - usual).max() < _REGULAR * usual
        ):
            found.append(beat)
            beat += 4
        beat += 1
    chosen = generator.permutation(np.array(found, dtype=np.int64))[:BEATS]
    return np.sort(chosen)


def _reshape_p_wave(signal: NDArray[np.float64], peak: int, factor: float) -> None:
    """Multiply what rises from the line between the P wave's ends by up to ``factor``, in place, in every lead."""
    start, end = peak - _P_WAVE[0], peak - _P_WAVE[1]
    line = np.linspace(signal[start], signal[end], end - start)
    weight = (1 - factor) * np.hanning(end - start)[:, None]
    signal[start:end] -= weight * (signal[start:end] - line)
