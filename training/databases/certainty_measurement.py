"""How often what :mod:`training.databases.certainty` tells is right: MIT-BIH cut into records of ten seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.databases import certainty, odd_beats
from training.databases.database import Beats, DatabaseRecord
from training.databases.divisions import DS1, DS2
from training.databases.labels import Label

#: As long as the records of PTB-XL and LUDB, seconds.
_LENGTH: Final = 10.0

#: Beats nearer to an end are not looked at, seconds.
_EDGE: Final = 0.1
_LEAST_BEATS: Final = 5

#: What counts as right where a label of a record as a whole says premature atrial: databases that have no other word
#: for premature beats from above the ventricles use it for all.
_RIGHT: Final = {
    Label.PVC: {Label.PVC},
    Label.PAC: {Label.PAC, Label.ABERRATED, Label.JUNCTIONAL},
}


@dataclass(slots=True)
class Score:
    """What was predicted of one kind of beat in one set of records."""

    predicted: int = 0
    right: int = 0
    marked: int = 0
    """Beats of the kind in records with the label."""
    people: set[str] = field(default_factory=set)
    """Who has beats that were predicted rightly."""
    carriers: set[str] = field(default_factory=set)


def measured(records: Iterable[DatabaseRecord]) -> dict[tuple[str, Label], Score]:
    """Scores by set, ``DS1`` and ``DS2``, and kind; records of neither set are left out.

    Labels are what the pieces hold; where both kinds of premature beats are, both are stated.
    """
    sets = {**dict.fromkeys(DS1.split(), "DS1"), **dict.fromkeys(DS2.split(), "DS2")}
    scores = {(name, label): Score() for name in ("DS1", "DS2") for label in _RIGHT}
    for record in records:
        name = sets.get(record.name)
        for predicted, kinds in _pieces(record) if name else ():
            for label, right in _RIGHT.items():
                _add(scores[name or "", label], record.person, predicted == label, np.isin(kinds, sorted(right)))
    return scores


def _add(score: Score, person: str, predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> None:
    score.predicted += int(predicted.sum())
    score.right += int((predicted & true).sum())
    score.marked += int(true.sum())
    score.people |= {person} if (predicted & true).any() else set()
    score.carriers |= {person} if true.any() else set()


def _pieces(record: DatabaseRecord) -> Iterator[tuple[NDArray[np.str_], NDArray[np.str_]]]:
    """What is told of the beats of each piece with premature beats, and what they are."""
    recording, beats = record.recording, record.beats
    if beats is None:
        return
    signal = recording.read()
    length, edge = round(_LENGTH * recording.rate), round(_EDGE * recording.rate)
    for begin in range(0, recording.samples - length + 1, length):
        own = _within(beats, begin + edge, begin + length - edge)
        labels = {label for label in (Label.PVC, Label.PAC) if label in own.kinds}
        if labels and len(own) >= _LEAST_BEATS:
            piece = signal[:, begin : begin + length]
            comparison = odd_beats.compare(piece, recording.rate, own.samples - begin)
            yield certainty.premature(comparison, labels), own.kinds


def _within(beats: Beats, begin: int, end: int) -> Beats:
    chosen = (beats.samples >= begin) & (beats.samples < end)
    return Beats(beats.samples[chosen], beats.symbols[chosen], beats.kinds[chosen])


def table(scores: dict[tuple[str, Label], Score]) -> str:
    """The scores, Markdown."""
    rows = [
        f"| {name} | {label} | {score.predicted:,} | {_percent(score.right, score.predicted)} | {score.marked:,} |"
        f" {_percent(score.right, score.marked)} | {len(score.people)} of {len(score.carriers)} |"
        for (name, label), score in scores.items()
    ]
    head = ["| set | kind | told | right (+P) | marked | of these told (Se) | people |", f"|{' --- |' * 7}"]
    return "\n".join([*head, *rows])


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"
