"""What the pages of families show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from ecg import store
from ecg.faults import UNREADABLE
from ecg.recording import Recording
from ecg.recording_errors import RecordingError
from inference_server.exports.report_tables import clock
from inference_server.exports.symbols import symbol_of
from numpy.typing import NDArray

from webportal.accounts.models import User
from webportal.recordings import beat_drawings, edit_words
from webportal.recordings.beat_drawings import Drawing
from webportal.recordings.editing.edits import NOT_A_BEAT, Edit, EditKind, undone
from webportal.recordings.editing.families import NO_CLASS, EditedBeats, EditedFamily
from webportal.recordings.models import RecordingAnalysis

ORDERS: Final = ("doubt", "size", "number")
"""How families may be listed: by how many of their beats are likely to be wrong, by size, by number."""

MEMBERS_ON_A_PAGE: Final = 48

#: What stands for "no beat" where classes have the letters of their annotation codes; WFDB's code of an artifact.
_NO_BEAT: Final = "|"


@dataclass(frozen=True, slots=True)
class Choice:
    """A class that a person may give."""

    short: str
    letter: str
    name: str


@dataclass(frozen=True, slots=True)
class FamilyCard:
    """One family in the list, or at the head of its page."""

    number: int
    kind: Choice
    said: Choice
    """What the model says of most of its beats."""
    beats: int
    share: float
    """Of all beats, 0 to 1."""
    wrong: int
    """Beats that are likely to be wrong, by the model's own probabilities."""
    is_early: bool
    is_judged: bool
    """Whether a person gave all of its beats their classes."""
    seconds: float
    """When its typical beat comes."""
    time: str
    drawing: Drawing | None


@dataclass(frozen=True, slots=True)
class MemberTile:
    """One beat of a family."""

    place: int
    """Among all beats."""
    kind: Choice
    percent: int
    """The model's probability of the class that it gave."""
    is_certain: bool
    is_judged: bool
    seconds: float
    time: str
    drawing: Drawing | None


@dataclass(frozen=True, slots=True)
class EditLine:
    """One edit in the list of edits."""

    number: int
    text: str
    by: str
    """``you``, ``owner``, ``reviewer``, or empty for an account that is gone."""
    at: datetime | None
    is_undone: bool
    is_undo: bool


class FamilyPages:
    """The families of an answer as they are now, drawn and in words."""

    def __init__(self, analysis: RecordingAnalysis, edited: EditedBeats) -> None:
        self._edited = edited
        self._answer = edited.answer
        self._classes = edited.answer.model.classes
        self._recording = _opened(analysis)
        self._leads = beat_drawings.readable_leads(self._answer.faults, int(UNREADABLE))
        self.gain = 10.0
        """Millimetres a millivolt of what was drawn last."""

    @property
    def leads(self) -> tuple[str, ...]:
        """Names of the leads that are drawn."""
        return tuple(self._answer.leads[place] for place in self._leads)

    def choices(self) -> list[Choice]:
        """Every class that may be given."""
        return [self._choice(place) for place in [*range(len(self._classes)), NO_CLASS]]

    def cards(self, order: str) -> list[FamilyCard]:
        """All families, in one of :data:`ORDERS`."""
        families = list(self._edited.families())
        if order == "doubt":
            families.sort(key=lambda family: -family.doubt)
        elif order == "size":
            families.sort(key=lambda family: -len(family.members))
        drawings = self._drawings([family.typical for family in families])
        return [self._card(family, drawn) for family, drawn in zip(families, drawings, strict=True)]

    def card(self, family: EditedFamily) -> FamilyCard:
        """One of them."""
        (drawn,) = self._drawings([family.typical])
        return self._card(family, drawn)

    def members(self, places: NDArray[np.int64]) -> list[MemberTile]:
        """Beats by their places."""
        beats = self._answer.beats
        drawings = self._drawings(places.tolist())
        tiles = []
        for place, drawn in zip(places.tolist(), drawings, strict=True):
            seconds = float(beats.samples[place]) / self._answer.rate
            tiles.append(
                MemberTile(
                    place=place,
                    kind=self._choice(int(self._edited.classes[place])),
                    percent=round(100 * float(beats.probabilities[place].max())),
                    is_certain=bool(beats.confident[place]),
                    is_judged=bool(self._edited.judged[place]),
                    seconds=round(seconds, 3),
                    time=clock(seconds),
                    drawing=drawn,
                )
            )
        return tiles

    def _card(self, family: EditedFamily, drawn: Drawing | None) -> FamilyCard:
        seconds = float(self._answer.beats.samples[family.typical]) / self._answer.rate
        return FamilyCard(
            number=family.number,
            kind=self._choice(family.kind),
            said=self._choice(family.said),
            beats=len(family.members),
            share=len(family.members) / max(1, len(self._answer.beats)),
            wrong=round(family.doubt),
            is_early=family.early,
            is_judged=family.judged == len(family.members),
            seconds=round(seconds, 3),
            time=clock(seconds),
            drawing=drawn,
        )

    def _choice(self, place: int) -> Choice:
        short = self._edited.short(place)
        letter = _NO_BEAT if short == NOT_A_BEAT else symbol_of(short)
        return Choice(short, letter, edit_words.class_name(short, self._classes))

    def _drawings(self, places: Sequence[int]) -> list[Drawing | None]:
        if self._recording is None:
            return [None] * len(places)
        samples = self._answer.beats.samples[list(places)].tolist()
        beats = beat_drawings.windows(self._recording, samples, self._leads)
        layout = beat_drawings.layout_of(beats, len(self._leads))
        self.gain = layout.gain
        return [beat_drawings.drawing(beat, layout) for beat in beats]


def edit_lines(analysis: RecordingAnalysis, edits: Sequence[Edit], edited: EditedBeats, reader: User) -> list[EditLine]:
    """All edits, the last one first."""
    gone = undone(edits)
    return [
        EditLine(
            number=edit.number,
            text=edit_words.said_of(edit, edited.answer.model.classes),
            by=_who(edit.by, analysis, reader),
            at=edit.at,
            is_undone=edit.number in gone,
            is_undo=edit.kind is EditKind.UNDO,
        )
        for edit in reversed(edits)
    ]


def _who(by: int | None, analysis: RecordingAnalysis, reader: User) -> str:
    """Reviewers and owners don't learn each other's names."""
    if by is None:
        return ""
    if by == reader.pk:
        return "you"
    return "owner" if by == analysis.owner_id else "reviewer"


def _opened(analysis: RecordingAnalysis) -> Recording | None:
    """The samples; None where they can't be read any more, and nothing is drawn."""
    try:
        return store.open_store(analysis.recording.store).recording
    except (RecordingError, OSError):
        return None
