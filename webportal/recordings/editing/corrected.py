"""An answer as people corrected it: the same type that the server's answer has, measured again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from ecg.families.family import Family
from inference_server.classification.measuring import measured
from inference_server.classification.recordings import RecordingAnalysis, RecordingBeats
from numpy.typing import NDArray

from webportal.recordings.editing.families import NO_CLASS, EditedBeats, EditedFamily


@dataclass(frozen=True, slots=True)
class Corrected:
    """What is said of a recording once people corrected it."""

    analysis: RecordingAnalysis
    """Beats with the classes that they have now, without what is no beat; families, episodes and measures of these.
    Where a person gave a beat its class, that is certain: its probability is 1."""
    places: NDArray[np.int64]
    """``[n]``: place of each of its beats in the model's answer."""
    judged: NDArray[np.bool_]
    """``[n]``: whether a person gave it its class."""
    families: tuple[EditedFamily, ...]
    """Families as they were edited, in the order of the analysis's."""


def corrected(edited: EditedBeats) -> Corrected:
    """The answer with its edits; without any, what the server said of beats and measures, to the last bit."""
    answer = edited.answer
    kept = edited.classes != NO_CLASS
    families = sorted(edited.families(), key=lambda family: (-int(kept[family.members].sum()), family.number))
    families = [family for family in families if kept[family.members].any()]
    place_of = np.cumsum(kept) - 1
    analysis = replace(
        answer,
        beats=_beats(edited, kept, families),
        families=tuple(_mapped(family, kept, place_of) for family in families),
    )
    is_other = not np.array_equal(edited.classes, answer.beats.classes)
    measures_follow = measured(analysis) if is_other else analysis
    return Corrected(measures_follow, np.flatnonzero(kept), edited.judged[kept], tuple(families))


def _beats(edited: EditedBeats, kept: NDArray[np.bool_], families: list[EditedFamily]) -> RecordingBeats:
    beats, judged = edited.answer.beats, edited.judged
    place_of_number = np.full(int(edited.numbers.max(initial=0)) + 1, -1, np.int16)
    place_of_number[[family.number for family in families]] = np.arange(len(families))
    given = np.eye(len(edited.answer.model.classes), dtype=np.bool_)[edited.classes]
    whole = replace(
        beats,
        probabilities=np.where(judged[:, None], given.astype(np.float32), beats.probabilities),
        classes=edited.classes,
        confident=beats.confident | judged,
        plausible=np.where(judged[:, None], given, beats.plausible),
        families=place_of_number[edited.numbers],
    )
    columns: dict[str, Any] = {name: getattr(whole, name)[kept] for name in RecordingBeats.__slots__}
    return RecordingBeats(**columns)


def _mapped(family: EditedFamily, kept: NDArray[np.bool_], place_of: NDArray[np.int64]) -> Family:
    members = family.members[kept[family.members]]
    typical = family.typical if kept[family.typical] else int(members[-1])
    return Family(family.early, place_of[members], int(place_of[typical]))
