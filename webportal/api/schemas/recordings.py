"""Recordings as programs see them: what was sent, how far it is, what is said of it, what people changed."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Literal

from ecg.classes import NORMAL, PVC
from ninja import Schema
from pydantic import ConfigDict, Field

from webportal.accounts.models import User
from webportal.api.schemas.work import WorkOut
from webportal.recordings import reasons
from webportal.recordings.editing.edits import Edit
from webportal.recordings.models import Recording, RecordingAnalysis

_ID = "3d2f8c0a-1b7e-4a4e-9f60-5c7d1e8a9b10"
_WHEN = "2026-03-01T09:30:00Z"

RecordingState = Literal["receiving", "received", "reading", "asking", "read", "refused", "failed"]
AnalysisState = Literal["queued", "running", "done", "rejected", "failed", "cancelled"]


class QuestionOut(Schema):
    """What the files leave out and their owner has to say."""

    about: Literal["rate", "unit", "leads", "page"] = Field(
        description="`page`: whether a picture was read rightly, see `…/page`.", examples=["rate"]
    )
    candidates: list[str] = Field(description="What it may be.", examples=[["250"]])
    columns: list[str] = Field(description="Heads of the columns that are to be named.", examples=[[]])


class WarningOut(Schema):
    """What is unusual about what was read."""

    reason: str = Field(description="Stable code.", examples=["SAMPLES_MISSING"])
    message: str = Field(description="For people.", examples=["Some samples are missing."])
    lead: str | None = Field(description="Where it is about one.", examples=[None])


class RecordingAnalysisOut(WorkOut):
    """The last question to the model about a recording."""

    state: AnalysisState = Field(description="The last four are final.", examples=["done"])
    progress: float | None = Field(description="0 to 1.", examples=[1.0])
    model_name: str = Field(examples=["arrhythmia-recording"])
    model_version: str = Field(examples=["1"])
    beats: int | None = Field(description="That the model found.", examples=[82311])
    summary: dict[str, Any] | None = Field(
        description="`measures`, `counts` of beats by class, `families`, `confident`, with what people changed. "
        "Null without an answer.",
        examples=[{"counts": {NORMAL.short: 82000, PVC.short: 311}}],
    )
    is_edited: bool = Field(description="Whether people changed something that stands.")


class RecordingOut(WorkOut):
    """The files of one recording, and what was read in them."""

    name: str = Field(examples=["Night of Monday"])
    state: RecordingState = Field(description="`asking`: see questions. The last three are final.", examples=["read"])
    trashed_at: datetime | None = Field(examples=[None])
    is_shared: bool = Field(description="Whether reviewers may look at it.")
    stored_bytes: int = Field(examples=[1048576])
    questions: list[QuestionOut] = Field(description="To be answered by its owner while it is `asking`.")
    format: str = Field(description="Empty until it is read.", examples=["EDF"])
    leads: list[str] = Field(examples=[["II", "V1"]])
    rate: float | None = Field(description="Samples a second of each lead.", examples=[250.0])
    seconds: float | None = Field(description="Its length.", examples=[86400.0])
    start: str = Field(description="The recorder's own clock, ISO 8601 without zone.", examples=["2026-02-28T08:00:00"])
    gaps: int = Field(examples=[0])
    lost_seconds: float = Field(description="In gaps.", examples=[0.0])
    warnings: list[WarningOut] = Field(description="Of its reader.")
    analysis: RecordingAnalysisOut | None = Field(description="Null until something was asked.")


class RecordingPage(Schema):
    """One page of a list of recordings."""

    items: list[RecordingOut]
    next: str | None = Field(description="To be sent as `after`; null on the last page.", examples=[None])


class SentRecordings(Schema):
    """The recordings that the files of one call are."""

    items: list[RecordingOut]


class WantedRecordings(Schema):
    """What is looked for among one's own recordings. Everything is optional."""

    q: str = Field("", max_length=100, description="A part of the name, or a complete id.")
    state: Literal["", "done", "open", "asking", "stopped"] = Field("", description="`done`: analysed.")
    since: date | None = Field(None, description="A day, UTC.")
    until: date | None = Field(None, description="A day, UTC, that is still in it.")


class RecordingName(Schema):
    """Another name."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "Monday"}})

    name: str = Field(max_length=100, description="Empty: named by when it was sent.")


class AnswersIn(Schema):
    """What the files leave out, as far as it was asked."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"rate": 250, "unit": "mV"}})

    rate: float | None = Field(None, gt=0, le=50_000, description="Samples a second of each lead.")
    unit: str | None = Field(None, max_length=40, description="`mV`, `uV`, `V`, or a count such as `4.88uV`.")
    leads: list[str] | None = Field(None, max_length=64, description="Of each column; `-` for one that is none.")


class EditIn(Schema):
    """One change. `rename` needs `family` and `class`, `reclassify` `beats` and `class`, `split` `family` and `beats`,
    `merge` `families` and `into`, `move` `beats` and `into`, `undo` `edit`.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"kind": "rename", "family": 2, "class": PVC.short}}
    )

    kind: Literal["rename", "reclassify", "split", "merge", "move", "undo"]
    family: int | None = Field(None, description="Number of a family.")
    families: list[int] | None = Field(None, max_length=1000, description="Numbers of families.")
    into: int | None = Field(None, description="Number of the family that takes them.")
    beats: list[int] | None = Field(None, max_length=20_000, description="Places among all beats, from 0.")
    short: str | None = Field(None, alias="class", max_length=32, description="A class, or NOT_A_BEAT.")
    edit: int | None = Field(None, description="Number of the edit to be taken back.")


class EditOut(Schema):
    """One change that a person made."""

    number: int = Field(description="1 for the first of an answer.", examples=[1])
    kind: Literal["rename", "reclassify", "split", "merge", "move", "undo"]
    payload: dict[str, Any] = Field(examples=[{"family": 2, "class": PVC.short}])
    by: Literal["you", "owner", "reviewer", "deleted"]
    at: datetime | None = Field(examples=[_WHEN])
    is_undone: bool


class EditsOut(Schema):
    """All changes of the newest answer, in order."""

    analysis_id: uuid.UUID = Field(examples=[_ID])
    items: list[EditOut]


def recording_of(recording: Recording, analysis: RecordingAnalysis | None) -> dict[str, Any]:
    """A :class:`RecordingOut`, for those who may look at it; ``analysis`` is the last that was asked."""
    columns = ("id", "name", "state", "reason", "error_id", "created_at", "finished_at", "trashed_at", "is_shared")
    facts = ("stored_bytes", "leads", "rate", "seconds", "start", "gaps", "lost_seconds")
    return {
        **{name: getattr(recording, name) for name in (*columns, *facts)},
        "problem": str(reasons.explain(recording.reason)) if recording.reason else "",
        "format": recording.kind,
        "questions": [
            {name: [*map(str, question.get(name) or ())] for name in ("candidates", "columns")}
            | {"about": question["about"]}
            for question in recording.questions
        ],
        "warnings": [
            {"reason": warning["reason"], "message": reasons.warning(warning), "lead": warning.get("lead")}
            for warning in recording.warnings
        ],
        "analysis": _analysis(recording, analysis) if analysis else None,
    }


def _analysis(recording: Recording, analysis: RecordingAnalysis) -> dict[str, Any]:
    columns = ("id", "state", "reason", "error_id", "created_at", "finished_at", "model_name", "model_version", "beats")
    return {
        **{name: getattr(analysis, name) for name in columns},
        "problem": str(reasons.explain(analysis.reason)) if analysis.reason else "",
        "progress": min(1.0, analysis.done_samples / recording.samples) if recording.samples else None,
        "summary": analysis.current_summary,
        "is_edited": analysis.edited_summary is not None,
    }


def edit_of(user: User, analysis: RecordingAnalysis, edit: Edit, *, is_undone: bool) -> dict[str, Any]:
    """An :class:`EditOut`; owners and reviewers don't learn each other's names."""
    others = "owner" if edit.by == analysis.owner_id else "reviewer" if edit.by is not None else "deleted"
    return {
        **{name: getattr(edit, name) for name in ("number", "at")},
        "kind": edit.kind.value,
        "payload": dict(edit.payload),
        "by": "you" if edit.by == user.pk else others,
        "is_undone": is_undone,
    }
