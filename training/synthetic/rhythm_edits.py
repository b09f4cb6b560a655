"""Real recordings with an edited rhythm or rotated leads: early beats, and intervals that are never alike.

A premature atrial beat that is conducted normally has the QRS complex of the person's other beats; its timing and its P
wave tell it. In atrial fibrillation beats come early, too, but nothing is premature about them: no rhythm is there.
Only a few people of the training partition show either, but any recording can be edited: the time between beats is
stretched or shortened, P wave, QRS complex and T wave of the marked beats are not.
:mod:`training.synthetic.lead_rotation` tells the rest.
For training by person only: the edited recordings are in the training partition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from training.databases import marked
from training.databases.divisions import TRAINING_RECORDS
from training.databases.marked import MarkedRecording, mitdb
from training.synthetic import lead_rotation, names
from training.synthetic.names import SyntheticName

#: Beats conducted from above, whose intervals may be edited; and what one that is made to come early becomes.
_CONDUCTED = ("N", "L", "R")
_PREMATURE = "A"

#: Samples at 360 Hz that keep their length: P wave and PR interval before the R peak (200 ms), QRS complex and T wave
#: after it (350 ms, at most 0.45 of the interval), and the QRS complex of the beat before (100 ms).
_BEFORE, _AFTER, _PREVIOUS_QRS = 72, 126, 36
_P_WAVE = (76, 22)
"""Where the P wave lies before the R peak, samples."""

#: RR interval of an early beat, as a fraction of the one before.
_PREMATURITY = (0.55, 0.85)

#: Of the time that can be shortened, at most this part is.
_LARGEST_CUT = 0.75

#: An interval counts as regular when it is this close to its neighbours' median.
_REGULAR = 0.15
_LEAST_INTERVAL = 150

#: Early beats of one run (from, below), and how many conducted beats lie between two runs on the average, by recording.
_RUN_BEATS = (2, 15)
_RUN_GAP = (0.5, 60.0)

#: Spread of fibrillating intervals (standard deviation of the logarithm; their coefficient of variation is about that)
#: and frequency (Hz) and amplitude (mV) of the atria's waves.
_SPREAD = 0.22
_FIBRILLATION_HZ = (5.0, 8.0)
_FIBRILLATION_MV = (0.02, 0.08)

#: At most this many early or irregular beats of one edited recording are marked, by chance, and some of the others.
BEATS = 80


class _Timing:
    """A new time axis, built knot by knot."""

    def __init__(self) -> None:
        self._old, self._new = [0.0], [0.0]

    def until(self, sample: float, change: float = 0.0) -> None:
        """The time from the last knot to ``sample`` takes ``change`` samples more than it did."""
        self._new.append(self._new[-1] + sample - self._old[-1] + change)
        self._old.append(sample)

    def apply(self, signal: NDArray[np.float64]) -> NDArray[np.float32]:
        """The signal ``[samples, leads]`` on the new axis."""
        self.until(len(signal) - 1)
        time = np.interp(np.arange(int(self._new[-1]) + 1), self._new, self._old)
        leads = [np.interp(time, np.arange(len(signal)), lead) for lead in signal.T]
        return np.stack(leads, axis=1).astype(np.float32)

    def moved(self, samples: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where samples lie on the new axis."""
        return np.rint(np.interp(samples, self._old, self._new)).astype(np.int64)


def record_names(folder: Path) -> list[str]:
    """Every edit of every MIT-BIH record of the training partition.

    Raises:
        RecordsError: not a MIT-BIH folder.
    """
    names = [name for name in mitdb.record_names(folder) if name in TRAINING_RECORDS]
    return [str(SyntheticName(edit, number, name)) for edit in EDITS for number in range(TIMES[edit]) for name in names]


def read_recording(folder: Path, name: str) -> MarkedRecording:
    """One edited record; the editing is by chance, and the same for the same name.

    Raises:
        RecordsError: the record can't be read.
    """
    edited = names.parse(name)
    generator = marked.generator_of(name)
    recording = mitdb.read_recording(folder, edited.origin)
    if edited.kind != "turned" and edited.number:
        recording = lead_rotation.rotate(recording, generator)
    return replace(EDITS[edited.kind](recording, generator), name=name, partition="train")


def early(recording: MarkedRecording, generator: np.random.Generator) -> MarkedRecording:
    """Some beats of a regular rhythm come early, mostly with a pause after them.

    Marked are these, as premature atrial beats, and every third of the beats that follow them.
    """
    samples, symbols = recording.samples, recording.symbols.copy()
    signal, timing = recording.signal.astype(np.float64), _Timing()
    chosen = _regular_beats(samples, symbols, generator)
    for beat in chosen:
        before, here, after = (int(samples[beat + step]) for step in (-1, 0, 1))
        start, end = before + _PREVIOUS_QRS, here - _BEFORE
        wanted = (1 - generator.uniform(*_PREMATURITY)) * (here - before)
        cut = min(wanted, _LARGEST_CUT * (end - start))
        timing.until(start)
        timing.until(end, -cut)
        timing.until(here + min(_AFTER, int(0.45 * (after - here))))
        # No pause, a part of it, or a whole one.
        timing.until(after - _BEFORE, cut * np.clip(generator.uniform(-0.2, 1.2), 0, 1))
        _reshape_p_wave(signal, here, generator.uniform(-0.6, 1.0))
    symbols[chosen] = _PREMATURE
    marked = np.sort(np.concatenate([chosen, chosen[::3] + 1]))
    edited = timing.apply(signal)
    return replace(recording, signal=edited, samples=timing.moved(samples), symbols=symbols).marking(marked)


def runs(recording: MarkedRecording, generator: np.random.Generator) -> MarkedRecording:
    """Runs of beats that all come early, after the first conducted ones, mostly with a pause at their end.

    How much of the recording they take is by chance, from a little to most of it: what is most frequent in a rhythm
    need not be what is usual. Marked are beats of the runs, as premature atrial ones, and as many of the others.
    """
    samples, symbols = recording.samples, recording.symbols.copy()
    signal, timing = recording.signal.astype(np.float64), _Timing()
    regular = _in_regular_rhythm(samples, symbols)
    most = np.exp(generator.uniform(*np.log(_RUN_GAP)))
    edited: list[int] = []
    beat = 3
    while beat < len(samples) - 3:
        length = int(generator.integers(*_RUN_BEATS))
        if not regular[beat : beat + length + 1].all() or beat + length >= len(samples) - 3:
            beat += 1
            continue
        shorter, taken = 1 - generator.uniform(*_PREMATURITY), 0.0
        shape = generator.uniform(-0.6, 1.0)
        for early_beat in range(beat, beat + length):
            before, here = int(samples[early_beat - 1]), int(samples[early_beat])
            start, end = before + min(_AFTER, int(0.45 * (here - before))), here - _BEFORE
            cut = min(shorter * (here - before), _LARGEST_CUT * max(end - start, 0))
            timing.until(start)
            timing.until(end, -cut)
            _reshape_p_wave(signal, here, shape)
            taken = max(taken, cut)
        here, after = int(samples[beat + length - 1]), int(samples[beat + length])
        timing.until(here + min(_AFTER, int(0.45 * (after - here))))
        timing.until(after - _BEFORE, taken * np.clip(generator.uniform(-0.2, 2.2), 0, 2))
        edited += range(beat, beat + length)
        beat += length + 1 + int(generator.exponential(most))
    chosen = np.sort(generator.permutation(np.array(edited, dtype=np.int64))[:BEATS])
    conducted = np.setdiff1d(np.flatnonzero(regular), np.array(edited, dtype=np.int64))
    unedited = generator.permutation(conducted)[: len(chosen)]
    symbols[chosen] = _PREMATURE
    edited_signal = timing.apply(signal)
    whole = replace(recording, signal=edited_signal, samples=timing.moved(samples), symbols=symbols)
    return whole.marking(np.sort(np.append(chosen, unedited)))


def irregular(recording: MarkedRecording, generator: np.random.Generator) -> MarkedRecording:
    """Every interval between conducted beats has a length by chance, as in atrial fibrillation; P waves are gone.

    Marked are conducted beats, with their own symbols.
    """
    samples, symbols = recording.samples, recording.symbols
    signal, timing = recording.signal.astype(np.float64), _Timing()
    conducted = np.isin(symbols, _CONDUCTED)
    edited = []
    for beat in range(1, len(samples)):
        before, here = int(samples[beat - 1]), int(samples[beat])
        if not (conducted[beat - 1] and conducted[beat]) or here - before <= _LEAST_INTERVAL:
            continue
        start, end = before + _PREVIOUS_QRS, here - _BEFORE
        wanted = (np.exp(generator.normal(0, _SPREAD)) - 1) * (here - before)
        timing.until(start)
        timing.until(end, max(wanted, -_LARGEST_CUT * (end - start)))
        _reshape_p_wave(signal, here, generator.uniform(-0.1, 0.2))
        edited.append(beat)
    waves = np.sin(
        2 * np.pi * np.cumsum(lead_rotation.drift(len(signal), generator, _FIBRILLATION_HZ, seconds=1)) / SAMPLING_RATE
    )
    signal += waves[:, None] * generator.uniform(*_FIBRILLATION_MV, size=signal.shape[1])
    marked = np.sort(generator.permutation(np.array(edited, dtype=np.int64))[:BEATS])
    varied = timing.apply(signal)
    return replace(recording, signal=varied, samples=timing.moved(samples), symbols=symbols).marking(marked)


#: What can be done to a rhythm, by the name that edited records carry before their own.
EDITS: dict[str, Callable[[MarkedRecording, np.random.Generator], MarkedRecording]] = {
    "early": early,
    "irregular": irregular,
    "runs": runs,
    "turned": lead_rotation.rotated,
}

#: How often each is done. The first of each kind of rhythm keeps the recording's own leads, all others have rotated
#: ones.
TIMES = {"early": 3, "irregular": 3, "runs": 4, "turned": 6}


def _regular_beats(
    samples: NDArray[np.int64], symbols: NDArray[np.str_], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Indices of beats in the middle of five conducted ones in a regular rhythm, at least five beats apart."""
    regular = _in_regular_rhythm(samples, symbols)
    candidates = []
    beat = 3
    while beat < len(samples) - 3:
        if regular[beat]:
            candidates.append(beat)
            beat += 4
        beat += 1
    chosen = generator.permutation(np.array(candidates, dtype=np.int64))[:BEATS]
    return np.sort(chosen)


def _in_regular_rhythm(samples: NDArray[np.int64], symbols: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Which beats are in the middle of five conducted ones in a regular rhythm."""
    regular = np.zeros(len(samples), dtype=bool)
    conducted = np.isin(symbols, _CONDUCTED)
    for beat in range(3, len(samples) - 3):
        intervals = np.diff(samples[beat - 2 : beat + 3])
        usual = np.median(intervals)
        regular[beat] = (
            conducted[beat - 2 : beat + 3].all()
            and intervals.min() > _LEAST_INTERVAL
            and np.abs(intervals - usual).max() < _REGULAR * usual
        )
    return regular


def _reshape_p_wave(signal: NDArray[np.float64], peak: int, factor: float) -> None:
    """Multiply what rises from the line between the P wave's ends by ``factor``, in place, in every lead."""
    start, end = peak - _P_WAVE[0], peak - _P_WAVE[1]
    if start < 0:
        return
    line = np.linspace(signal[start], signal[end], end - start)
    weight = (1 - factor) * np.hanning(end - start)[:, None]
    signal[start:end] -= weight * (signal[start:end] - line)
