"""Batches of beats for training: classes and people drawn evenly, leads and disturbances by chance."""

from __future__ import annotations

from dataclasses import dataclass
from string import digits
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecg.classes import LBBB, NORMAL, PAC, PACED, PVC, RBBB
from ecg.features.rhythm import EARLY
from ecg.features.stream import FEATURES
from training.datasets.recordings.beat_set import PICTURES, BeatSet
from training.datasets.recordings.labelling import CLASSES, CONDUCTED, NO_BEAT, bits

#: Share of a batch that each kind of label has.
SHARES: Final = {
    bits(NORMAL): 0.24,
    CONDUCTED: 0.16,
    bits(LBBB): 0.08,
    bits(RBBB): 0.10,
    bits(PAC): 0.14,
    bits(PVC): 0.18,
    bits(PACED): 0.07,
    NO_BEAT: 0.03,
}

#: What is taken for a premature beat is rare among conducted ones. So of those that are no plain ones, this share comes
#: early, and the others look otherwise than the usual beat.
_EARLY_AMONG_HARD: Final = 0.6
_CONDUCTED: Final = (bits(NORMAL), CONDUCTED, bits(LBBB), bits(RBBB))
_UNLIKE: Final = 0.9
_NAMES: Final = list(FEATURES)
_CORRELATION: Final = _NAMES.index("correlation_mean")
_TO_USUAL: Final = _NAMES.index("before_to_usual")
_TO_NEAREST: Final = _NAMES.index("before_to_nearest")

#: Leads that a batch shows of each beat, and how often.
_LEADS: Final = ((1, 2, 3, 12), (0.24, 0.52, 0.12, 0.12))

#: Share of beats of which nobody knows what leads they are seen in.
_UNNAMED: Final = 0.3

#: A record's beats of one kind weigh as the root of their number, of so many at most.
_MOST: Final = 400
#: What an edited recording weighs beside a real one, by edit: there are so many early beats that were made that, with
#: more, they would be most of what is called premature.
_EDITED: Final = {"early": 0.12, "runs": 0.12, "irregular": 0.5, "right": 0.3}


@dataclass(frozen=True, slots=True)
class Batch:
    """Beats to learn from."""

    inputs: dict[str, NDArray[Any]]
    allowed: NDArray[np.float32]
    """``[n, classes]``: 1 for the classes that each beat may have."""


class Sampler:
    """Draws beats of some records."""

    def __init__(
        self, beats: BeatSet, records: NDArray[np.bool_], generator: np.random.Generator, plain: float
    ) -> None:
        """Draw from the beats of ``records``, ``[records]``; of conducted ones the share ``plain`` is easy."""
        ease = (plain, (1 - plain) * _EARLY_AMONG_HARD, (1 - plain) * (1 - _EARLY_AMONG_HARD))
        self._beats, self._generator = beats, generator
        self._pools: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
        self._shares: list[float] = []
        kinds = hardness(beats.numbers["features"])
        edits = [record.facts["edit"].rstrip(digits) for record in beats.records]
        worth = np.array([_EDITED[edit] if edit else 1.0 for edit in edits])
        for label, share in SHARES.items():
            own = records[beats.record_of] & (beats.allowed == label)
            parts = [(own & (kinds == kind), part) for kind, part in enumerate(ease)]
            for chosen, part in parts if label in _CONDUCTED else [(own, 1.0)]:
                places = np.flatnonzero(chosen)
                if not len(places):
                    continue
                of_record = np.bincount(beats.record_of[places], minlength=len(beats.records))
                weights = np.sqrt(np.minimum(of_record, _MOST)) * worth
                each = weights[beats.record_of[places]] / of_record[beats.record_of[places]]
                self._pools.append((places, np.cumsum(each) / each.sum()))
                self._shares.append(share * part)

    def places(self, size: int) -> NDArray[np.int64]:
        """Beats by chance, their places in the set."""
        generator = self._generator
        shares = np.array(self._shares) / sum(self._shares)
        counts = generator.multinomial(size, shares)
        drawn = [
            pool[np.searchsorted(weights, generator.random(count)).clip(0, len(pool) - 1)]
            for (pool, weights), count in zip(self._pools, counts, strict=True)
        ]
        return np.concatenate(drawn)

    def batch(self, size: int) -> Batch:
        """Beats by chance, disturbed by chance."""
        generator, beats = self._generator, self._beats
        chosen = self.places(size)
        width = int(generator.choice(_LEADS[0], p=_LEADS[1]))
        order = np.argsort(generator.random((size, 12)) + 9.0 * (np.arange(12) >= beats.leads[chosen][:, None]), axis=1)
        leads = order[:, np.arange(width)] % beats.leads[chosen][:, None]
        inputs = beats.inputs(chosen, leads)
        allowed = (beats.allowed[chosen][:, None] >> np.arange(8) & 1).astype(np.float32)
        return Batch(disturbed(inputs, generator), allowed[:, : len(CLASSES)])


def hardness(features: NDArray[np.float32]) -> NDArray[np.int64]:
    """Of conducted beats ``[n]``: 0 where they look like the usual beat and don't come early, 1 where they come early,
    2 where they look otherwise.
    """
    early = (features[:, _TO_USUAL] < EARLY) | (features[:, _TO_NEAREST] < EARLY)
    unlike = ~(features[:, _CORRELATION] >= _UNLIKE)
    return np.where(early, 1, np.where(unlike, 2, 0))


def disturbed(inputs: dict[str, NDArray[Any]], generator: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Beats as other electrodes, amplifiers and detectors would have given them."""
    windows = inputs["windows"]
    size, leads = windows.shape[:2]
    pictures = {name: inputs[name] for name in PICTURES}
    if leads > 1:  # electrodes elsewhere: each lead takes something of the next one
        mixed = generator.random((size, 1, 1)) < 0.3
        part = np.where(mixed, generator.normal(0, 0.5, (size, leads, 1)), 0).astype(np.float32)
        pictures = {name: values + part * np.roll(values, 1, axis=1) for name, values in pictures.items()}
    sign = np.where(generator.random((size, leads, 1)) < 0.15, -1, 1)
    gain = (sign * np.exp(generator.normal(0, 0.2, (size, leads, 1)))).astype(np.float32)
    lost = generator.random((size, leads, 1)) < (0.08 if leads > 1 else 0.02)
    pictures = {name: np.where(lost, np.float32(np.nan), gain * values) for name, values in pictures.items()}
    noise = _noise(generator, size, leads, windows.shape[2])
    pictures["windows"] = pictures["windows"] + noise
    pictures["difference"] = pictures["difference"] + noise
    numbers = {name: _forgotten(inputs[name], generator) for name in ("features", "arrival", "conduction")}
    unnamed = (sign[..., 0] < 0) | (generator.random((size, 1)) < _UNNAMED)
    places = np.where(unnamed, np.float32(np.nan), inputs["leads"])
    intervals = _seen_in_part(inputs["intervals"], generator)
    intervals[generator.random(intervals.shape) < 0.01] = np.nan
    return pictures | numbers | {"intervals": intervals, "leads": places}


def _forgotten(numbers: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """Numbers of which some are unknown, and of some beats all."""
    numbers = numbers.copy()
    numbers[generator.random(numbers.shape) < 0.03] = np.nan
    numbers[generator.random(len(numbers)) < 0.05] = np.nan
    return numbers


def _seen_in_part(intervals: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """Intervals of half of the beats without those that are further away, as in short recordings: how much is known
    mustn't tell what a beat is.
    """
    size, count = intervals.shape
    reach = np.exp(generator.uniform(np.log(3), np.log(count / 2), (size, 2)))
    reach[generator.random(size) < 0.5] = count
    steps = np.arange(count) - count // 2
    kept = (steps >= -reach[:, :1]) & (steps < reach[:, 1:])
    return np.where(kept, intervals, np.float32(np.nan))


def _noise(generator: np.random.Generator, size: int, leads: int, samples: int) -> NDArray[np.float32]:
    """Noise of muscles and a slow one of the baseline, millivolts; strong in some beats, hardly any in most."""
    strength = np.exp(generator.normal(-4.6, 1.3, (size, leads, 1)))
    slow = np.cumsum(generator.normal(0, 0.1, (size, leads, samples)).astype(np.float32), axis=2)
    fast = generator.normal(0, 1, (size, leads, samples)).astype(np.float32)
    noise: NDArray[np.float32] = (strength * (fast + slow)).astype(np.float32)
    return noise
