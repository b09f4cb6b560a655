"""Analyses as programs see them. What of an answer is told, :mod:`webportal.analyses.answers` decides."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal

from ecg.classes import PVC
from ninja import Schema
from ninja.params import functions as params
from pydantic import ConfigDict, Field

from webportal.accounts.models import User
from webportal.analyses import access, answers, reasons
from webportal.analyses.models import Analysis, Review, Upload
from webportal.api.paging import MAX_SIZE, SIZE
from webportal.api.schemas.work import WorkOut

_ID = "6f6a1d0e-4f0f-4f39-9f6f-0f8a54bb1d1e"
_WHEN = "2026-03-01T09:30:00Z"

Label = Annotated[str, params.Form(max_length=100, description="A few words of one's own; no names of patients.")]
Lead = Annotated[
    str,
    params.Form(
        max_length=32,
        description="The lead that the beat was recorded in, by any usual name, e.g. `II` or `V1`; empty where one "
        "doesn't know. The answer is judged by what was measured in that lead.",
    ),
]
AnotherLead = Annotated[
    str | None,
    params.Form(
        max_length=32,
        description="The lead that the beat was recorded in, by any usual name; empty takes away the one that was "
        "named. Left out, that of the earlier analysis holds.",
    ),
]
State = Literal["queued", "running", "done", "rejected", "failed"]
Verdict = Literal["CONFIDENT", "UNCERTAIN", "NOT_A_BEAT"]


class Kind(Schema):
    """A class of beats."""

    short: str = Field(description="Stable short name.", examples=[PVC.short])
    name: str = Field(description="In English.", examples=[PVC.name])


class KindProbability(Kind):
    """A class of beats and how probable it is."""

    probability: float = Field(description="0 to 1.", examples=[0.97])


class AnswerOut(Schema):
    """What the model says. Of a picture that shows no heartbeat it holds no class and no number."""

    verdict: Verdict
    kind: Kind | None = Field(description="The most probable class; null where the picture shows no heartbeat.")
    probability: float | None = Field(description="Of that class, 0 to 1.", examples=[0.97])
    probabilities: list[KindProbability] = Field(description="Every class in the model's order.")
    prediction_set: list[Kind] = Field(description="The classes that stay plausible, most probable first.")
    not_a_beat_reason: str = Field(description="Stable code of why it is no heartbeat; else empty.", examples=[""])
    lead_knowledge: Literal["", "LEARNED", "MEASURED", "NONE"] = Field(
        description="What is known of the model's answers in the lead that was named: it learned from it; it learned "
        "from others, but was measured in it; nothing, and no answer is confident. Empty where none was named."
    )
    beats: int | None = Field(description="How many heartbeats were counted, where there are several.", examples=[None])


class PictureOut(Schema):
    """A picture that was sent."""

    id: uuid.UUID = Field(examples=[_ID])
    label: str = Field(description="Its owner's words.", examples=["Bed 4, lead II"])
    file_name: str | None = Field(description="Where its owner wished to keep it; null for others.", examples=[""])
    sha256: str | None = Field(description="Of the file as sent, hexadecimal; null for others than its owner.")
    media_type: str = Field(examples=["image/png"])
    width: int | None = Field(description="Pixels.", examples=[192])
    height: int | None = Field(description="Pixels.", examples=[128])


class ReadingOut(Schema):
    """How a person reads the picture."""

    id: uuid.UUID = Field(examples=[_ID])
    kind: Kind
    agrees: bool = Field(description="Whether with the model.")
    comment: str = Field(examples=["wide, no P wave"])
    is_blind: bool = Field(description="Whether the model's answer was hidden from its author.")
    by: Literal["you", "owner", "reviewer"]
    created_at: datetime = Field(examples=[_WHEN])


class AnalysisOut(WorkOut):
    """One question to the model about one picture, and its answer."""

    state: State = Field(description="The last three are final.", examples=["done"])
    trashed_at: datetime | None = Field(examples=[None])
    is_shared: bool = Field(description="Whether reviewers may read it.")
    earlier_id: uuid.UUID | None = Field(description="The analysis that this one repeats.", examples=[None])
    lead: str = Field(description="What the beat was recorded in, as far as one said.", examples=["II"])
    picture: PictureOut
    model_name: str = Field(examples=["arrhythmia"])
    model_version: str = Field(examples=["4"])
    answer: AnswerOut | None = Field(description="Null until it is done, and while it is hidden.")
    is_answer_hidden: bool = Field(description="Whether a reviewer has to write down a reading first.")
    readings: list[ReadingOut] = Field(description="Newest first; a reviewer sees them after writing one.")
    possible_readings: list[Kind] = Field(description="What a reading may be.")
    notes: str | None = Field(description="Null for others than its owner.", examples=[""])
    tags: list[str] | None = Field(description="Null for others than its owner.", examples=[["bed 4"]])


class AnalysisPage(Schema):
    """One page of a list of analyses."""

    items: list[AnalysisOut]
    next: str | None = Field(description="To be sent as `after`; null on the last page.", examples=[None])


class SentAnalysis(Schema):
    """What became of one picture."""

    is_repeated: bool = Field(
        description="Whether the very same file was sent before; the analysis is the earlier one."
    )
    analysis: AnalysisOut


class Place(Schema):
    """Which page of a list."""

    after: str = Field("", max_length=500, description="`next` of the page before; empty: the first page.")
    limit: int = Field(SIZE, ge=1, le=MAX_SIZE, description="Most items of the page.")


class Wanted(Schema):
    """What is looked for among one's own analyses. Everything is optional."""

    q: str = Field("", max_length=100, description="A part of the label, or a complete id.")
    kind: str = Field("", max_length=32, description="Short name of a class.")
    outcome: Literal["", "CONFIDENT", "UNCERTAIN", "NOT_A_BEAT", "open", "rejected", "failed"] = Field(
        "", description="A verdict, `open` for what waits, or a state."
    )
    reviewed: Literal["", "yes", "no", "agrees", "disagrees"] = Field("", description="One's own reading.")
    file: str = Field("", max_length=100, description="A part of the file's name.")
    batch: uuid.UUID | None = Field(None, description="The id of a batch.")
    tag: str = Field("", max_length=40, description="One of one's own.")
    since: date | None = Field(None, description="A day, UTC.")
    until: date | None = Field(None, description="A day, UTC, that is still in it.")
    version: str = Field("", max_length=50, description="Of the model.")
    sort: Literal["newest", "oldest", "uncertain"] = Field(
        "newest", description="`uncertain`: least probable first, without what is no heartbeat."
    )


class Change(Schema):
    """What an owner writes to themselves. What is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"notes": "ask again", "tags": ["bed 4"]}})

    notes: Annotated[str, Field(max_length=2000)] | None = None
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=20)] | None = None


class Written(Schema):
    """A reading to be written down."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"kind": PVC.short, "comment": ""}})

    kind: str = Field(max_length=32, description="Short name of one of `possible_readings`.")
    comment: str = Field("", max_length=2000, description="To be read by the owner and by reviewers.")


class Sharing(Schema):
    """Whether reviewers may read an analysis."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"shared": True}})

    shared: bool


def analysis_of(user: User, analysis: Analysis) -> dict[str, Any]:
    """``analysis`` as ``user``, who may read it, may see it: an :class:`AnalysisOut`."""
    is_owner = analysis.owner_id == user.pk
    answer = answers.shown_to(user, analysis)
    reviews = list(analysis.reviews.all())
    may_see_readings = is_owner or any(review.author_id == user.pk for review in reviews)
    columns = ("id", "state", "reason", "error_id", "created_at", "finished_at", "trashed_at", "earlier_id", "lead")
    return {
        **{name: getattr(analysis, name) for name in (*columns, "is_shared", "model_name", "model_version")},
        "problem": _problem(analysis),
        "picture": _picture(analysis.upload, is_owner=is_owner),
        "answer": _answer(answer) if answer.verdict else None,
        "is_answer_hidden": answer.is_hidden,
        "readings": [_reading(user, analysis, review) for review in reviews] if may_see_readings else [],
        "possible_readings": _kinds(analysis) if access.may_review(user, analysis) else [],
        "notes": analysis.notes if is_owner else None,
        "tags": [tag.name for tag in analysis.tags.all()] if is_owner else None,
    }


def _answer(answer: answers.Answer) -> dict[str, Any]:
    told = ("verdict", "probability", "not_a_beat_reason", "beats", "lead_knowledge")
    return {
        **{name: getattr(answer, name) for name in told},
        "kind": {"short": answer.class_short, "name": answer.class_name} if answer.is_beat else None,
        "probabilities": list(answer.probabilities),
        "prediction_set": list(answer.prediction_set),
    }


def _problem(analysis: Analysis) -> str:
    return str(reasons.explain(analysis.reason)) if analysis.state == Analysis.State.REJECTED else ""


def _kinds(analysis: Analysis) -> list[dict[str, str]]:
    if analysis.state != Analysis.State.DONE:
        return []
    return [{"short": short, "name": name} for short, name in analysis.readings]


def _picture(upload: Upload, *, is_owner: bool) -> dict[str, Any]:
    shown = {name: getattr(upload, name) for name in ("id", "label", "media_type", "width", "height")}
    own = {name: getattr(upload, name) if is_owner else None for name in ("file_name", "sha256")}
    return shown | own


def _reading(user: User, analysis: Analysis, review: Review) -> dict[str, Any]:
    others = "owner" if review.author_id == analysis.owner_id else "reviewer"
    return {
        **{name: getattr(review, name) for name in ("id", "agrees", "comment", "is_blind", "created_at")},
        "kind": {"short": review.class_short, "name": review.class_name},
        "by": "you" if review.author_id == user.pk else others,
    }
