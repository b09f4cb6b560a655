"""With an expert's hand: the reference's class is given to some families of each recording, the model says the rest.

A family whose beats the model calls by different classes is shown as several. Which are judged doesn't hang on the
reference: those in which the model expects most errors, by the probabilities that it gave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.ec57.mapping import DE_CHAZAL, NOT_A_BEAT
from ecg.ec57.pairing import NONE, pair
from training.datasets.recordings.labelling import MATCH_SECONDS
from training.evaluation.recordings.answers import Answered
from training.learning.recordings.runs import key

JUDGED: Final = 12
"""Families of a recording that an expert judges at most."""


def judged(
    records: Sequence[Answered],
    probabilities: Mapping[str, NDArray[np.float32]],
    most: int = JUDGED,
) -> list[Answered]:
    """The same records, once an expert has judged ``most`` families of each.

    Args:
        records: What the model said.
        probabilities: Of each beat, by :func:`~training.learning.recordings.runs.key`, ``[n, classes]``.
        most: Families that are judged.
    """
    return [_judged(item, probabilities[key(item.prepared)], most) for item in records]


def _judged(record: Answered, probabilities: NDArray[np.float32], most: int) -> Answered:
    reference = _reference_symbols(record)
    kinds = DE_CHAZAL.of(record.symbols)
    _, group = np.unique(np.stack([record.prepared.course.families, kinds]), axis=1, return_inverse=True)
    group = group.ravel()
    expected = np.bincount(group, weights=1 - probabilities.max(axis=1))
    symbols = record.symbols.copy()
    for chosen in np.argsort(-expected, kind="stable")[:most]:
        members = group == chosen
        known = reference[members & (reference != "")]
        if len(known):
            symbols[members] = _most_frequent(known)
    return replace(record, symbols=symbols)


def _most_frequent(symbols: NDArray[np.str_]) -> str:
    """The most frequent code of the most frequent of EC57's classes."""
    kinds = DE_CHAZAL.of(symbols)
    own = symbols[kinds == np.bincount(kinds).argmax()]
    names, counts = np.unique(own, return_counts=True)
    return str(names[int(np.argmax(counts))])


def _reference_symbols(record: Answered) -> NDArray[np.str_]:
    """The reference's code of each detected beat, ``[n]``; empty where it has none."""
    beats = DE_CHAZAL.of(record.reference.symbols) != NOT_A_BEAT
    found = record.prepared.source_samples
    window = round(MATCH_SECONDS * float(record.prepared.facts["rate"]))
    steps = pair(record.reference.samples[beats], found, window)
    both = (steps != NONE).all(axis=1)
    symbols = np.full(len(found), "", dtype=record.reference.symbols.dtype)
    symbols[steps[both, 1]] = record.reference.symbols[beats][steps[both, 0]]
    return symbols
