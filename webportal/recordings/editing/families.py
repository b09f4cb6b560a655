"""Families as people have them: those of the answer, and what edits made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from inference_server.classification.measuring import kinds_of
from inference_server.classification.recordings import RecordingAnalysis
from numpy.typing import NDArray

from webportal.recordings.editing.edits import NOT_A_BEAT, Edit, EditKind, EditRefused, in_force

NO_CLASS: Final = -1
"""Place of :data:`NOT_A_BEAT` among the model's classes."""


@dataclass(frozen=True, slots=True)
class EditedFamily:
    """Beats that look and come alike, or that a person put together."""

    number: int
    """Stays with the family whatever happens to others."""
    early: bool
    """Whether its beats come early."""
    members: NDArray[np.int64]
    """Places of its beats among all beats of the recording, least typical first."""
    typical: int
    """Place of the beat that is most like all of them."""
    kind: int
    """Place of the class that most of its beats have now; :data:`NO_CLASS` for no beats."""
    said: int
    """Place of the class that the model gave most of them."""
    doubt: float
    """How many of its beats the model expects to have wrong: what lacks to 1 in their greatest probabilities, summed;
    beats that a person judged count 0."""
    judged: int
    """Beats that a person gave a class."""


class EditedBeats:
    """The beats of an answer, and what edits made of their classes and families.

    A family of the answer whose beats the model calls by different kinds (normal, supraventricular, ventricular, paced)
    is several here: each can be judged as a whole. Families are numbered from 1, the largest first; one that an edit
    splits off gets the edit's number after those, so that numbers never change.

    Raises:
        EditRefused: an edit can't be made of what those before it left.
    """

    def __init__(self, answer: RecordingAnalysis, edits: Sequence[Edit] = ()) -> None:
        self.answer = answer
        self.classes: NDArray[np.int8] = answer.beats.classes.astype(np.int8, copy=True)
        """``[n]``: place of each beat's class now; :data:`NO_CLASS` of what is no beat."""
        self.judged: NDArray[np.bool_] = np.zeros(len(answer.beats), np.bool_)
        """``[n]``: whether a person gave it its class."""
        self.numbers: NDArray[np.int32] = np.zeros(len(answer.beats), np.int32)
        """``[n]``: number of each beat's family; 0 for none."""
        self._shorts = [kind.short for kind in answer.model.classes]
        self._typicality: NDArray[np.float64] = np.zeros(len(answer.beats))
        self._early: dict[int, bool] = {}
        self._typical: dict[int, int] = {}
        self._begin()
        self._most = len(self._early)
        for edit in in_force(edits):
            self._apply(edit)

    @property
    def known(self) -> frozenset[int]:
        """Numbers of the families that have beats."""
        return frozenset(np.unique(self.numbers[self.numbers > 0]).tolist())

    def short(self, kind: int) -> str:
        """Short name of a class by its place."""
        return NOT_A_BEAT if kind == NO_CLASS else self._shorts[kind]

    def kind_of(self, family: int) -> str:
        """Short name of the class that most beats of a family have; of equals the one that comes first in the model.

        Raises:
            EditRefused: there is no such family.
        """
        return self.short(_most_frequent(self.classes[self._members(family)]))

    def families(self) -> tuple[EditedFamily, ...]:
        """All families with beats, by number."""
        order = np.lexsort((self._typicality, self.numbers))
        numbers, begins = np.unique(self.numbers[order], return_index=True)
        parts = np.split(order, begins[1:])
        return tuple(
            self._family(number, members)
            for number, members in zip(numbers.tolist(), parts, strict=True)
            if number and len(members)
        )

    def family(self, number: int) -> EditedFamily:
        """One of them.

        Raises:
            EditRefused: there is none of that number.
        """
        members = np.flatnonzero(self._members(number))
        return self._family(number, members[np.argsort(self._typicality[members], kind="stable")])

    def _family(self, number: int, members: NDArray[np.int64]) -> EditedFamily:
        typical = self._typical.get(number, -1)
        if typical < 0 or self.numbers[typical] != number:
            typical = int(members[-1])
        best = self.answer.beats.probabilities[members].max(axis=1, initial=0.0)
        return EditedFamily(
            number=number,
            early=self._early[number],
            members=members,
            typical=typical,
            kind=_most_frequent(self.classes[members]),
            said=_most_frequent(self.answer.beats.classes[members]),
            doubt=float((1 - best)[~self.judged[members]].sum()),
            judged=int(self.judged[members].sum()),
        )

    def _begin(self) -> None:
        """The families of the answer, each kind of beats apart."""
        kinds = kinds_of(self.answer.model.classes)[self.answer.beats.classes]
        parts: list[tuple[bool, NDArray[np.int64], int]] = []
        for family in self.answer.families:
            own = kinds[family.members]
            self._typicality[family.members] = np.arange(len(own)) / max(1, len(own))
            for kind in dict.fromkeys(own[::-1].tolist()):
                members = family.members[own == kind]
                typical = family.typical if kinds[family.typical] == kind else int(members[-1])
                parts.append((family.early, members, typical))
        parts.sort(key=lambda part: -len(part[1]))
        for number, (early, members, typical) in enumerate(parts, start=1):
            self.numbers[members] = number
            self._early[number], self._typical[number] = early, typical

    def _apply(self, edit: Edit) -> None:
        payload = edit.payload
        match edit.kind:
            case EditKind.RENAME:
                self._judge(np.flatnonzero(self._members(payload["family"])), payload["class"])
            case EditKind.RECLASSIFY:
                self._judge(self._beats(payload), payload["class"])
            case EditKind.SPLIT:
                self._split(payload["family"], self._beats(payload), self._most + edit.number)
            case EditKind.MERGE:
                beats = [np.flatnonzero(self._members(family)) for family in payload["families"]]
                self._move(np.concatenate([np.empty(0, np.int64), *beats]), payload)
            case EditKind.MOVE:
                self._move(self._beats(payload), payload)

    def _members(self, family: int) -> NDArray[np.bool_]:
        members = np.asarray(self.numbers == family)
        if family < 1 or not members.any():
            raise EditRefused("FAMILY_UNKNOWN", f"There is no family {family}.")
        return members

    def _beats(self, payload: Any) -> NDArray[np.int64]:
        beats = np.array(payload["beats"], np.int64)
        if not len(beats):
            raise EditRefused("NO_BEATS", "No beats are named.")
        if beats.min() < 0 or beats.max() >= len(self.numbers):
            raise EditRefused("BEAT_UNKNOWN", "A beat is none of the recording's.")
        return beats

    def _judge(self, beats: NDArray[np.int64], short: str) -> None:
        if short != NOT_A_BEAT and short not in self._shorts:
            raise EditRefused("CLASS_UNKNOWN", f"There is no class {short!r}.")
        self.classes[beats] = NO_CLASS if short == NOT_A_BEAT else self._shorts.index(short)
        self.judged[beats] = True

    def _split(self, family: int, beats: NDArray[np.int64], number: int) -> None:
        members = self._members(family)
        if not members[beats].all():
            raise EditRefused("BEAT_OF_OTHER_FAMILY", f"A beat is not of family {family}.")
        if len(np.unique(beats)) == int(members.sum()):
            raise EditRefused("WHOLE_FAMILY", "All beats of the family are named; nothing would be left.")
        self.numbers[beats] = number
        self._early[number] = self._early[family]

    def _move(self, beats: NDArray[np.int64], payload: Any) -> None:
        into = payload["into"]
        self._members(into)
        if not (self.numbers[beats] != into).any():
            raise EditRefused("NOTHING_MOVES", "These beats are in that family already.")
        moved = beats[self.numbers[beats] != into]
        self._judge(moved, payload["class"])
        self.numbers[moved] = into


def _most_frequent(classes: NDArray[np.int8]) -> int:
    """Of places of classes, -1 among them; of equals the least, but -1 last."""
    counts = np.bincount(classes.astype(np.int64) + 1)
    counts = np.append(counts[1:], counts[0])
    place = int(counts.argmax())
    return NO_CLASS if place == len(counts) - 1 else place
