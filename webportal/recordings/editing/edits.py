"""Edits as they are written down: one after the other, none ever changed, some taken back by later ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

NOT_A_BEAT: Final = "NOT_A_BEAT"
"""In place of a class's short name: no heart beat is there, say noise or a T wave. It counts nowhere."""


class EditKind(StrEnum):
    """What is done. The payload of each has the fields that are said here."""

    RENAME = "rename"
    """All beats of ``family`` get ``class``."""
    RECLASSIFY = "reclassify"
    """``beats`` get ``class``, in whatever families they are."""
    SPLIT = "split"
    """``beats`` of ``family`` become a family of their own, and keep their classes."""
    MERGE = "merge"
    """The beats of ``families`` go to the family ``into``, and get its ``class``."""
    MOVE = "move"
    """``beats`` go to the family ``into``, and get its ``class``."""
    UNDO = "undo"
    """The ``edit`` of that number is taken back, which may be an undo as well."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit. ``family``, ``families`` and ``into`` are numbers of families, ``beats`` are places of beats among all
    of the recording, ``class`` is a class's short name or :data:`NOT_A_BEAT`.
    """

    number: int
    """1 for the first of an answer."""
    kind: EditKind
    payload: Mapping[str, Any] = field(default_factory=dict)
    by: int | None = None
    """Number of the account that did it; None once that is gone."""
    at: datetime | None = None


class EditRefused(Exception):  # noqa: N818 - reads as what happened
    """An edit can't be made of the families as they are."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        """Stable code."""


def in_force(edits: Sequence[Edit]) -> list[Edit]:
    """The edits that nobody has taken back, in order, without the undos."""
    undone: set[int] = set()
    standing = []
    for edit in reversed(edits):
        if edit.number in undone:
            continue
        if edit.kind is EditKind.UNDO:
            undone.add(int(edit.payload["edit"]))
        else:
            standing.append(edit)
    return standing[::-1]


def undone(edits: Sequence[Edit]) -> frozenset[int]:
    """Numbers of the edits that are taken back, undos that were taken back themselves among them."""
    gone: set[int] = set()
    for edit in reversed(edits):
        if edit.kind is EditKind.UNDO and edit.number not in gone:
            gone.add(int(edit.payload["edit"]))
    return frozenset(gone)
