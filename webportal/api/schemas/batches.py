"""Batches as programs see them."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from webportal.accounts.models import User
from webportal.analyses import reasons
from webportal.analyses.history.batches import Progress
from webportal.analyses.models import Batch, BatchFile
from webportal.api.schemas.analyses import AnalysisOut, analysis_of

_ID = "0f0c6f2a-6a1b-4ce2-8f0e-6f6a1d0e4f0f"
_WHEN = "2026-03-01T09:30:00Z"


class ProgressOut(Schema):
    """How far a batch is, in numbers of pictures."""

    total: int = Field(examples=[3])
    waiting: int = Field(examples=[0])
    confident: int = Field(examples=[2])
    uncertain: int = Field(examples=[0])
    no_beat: int = Field(examples=[0])
    refused: int = Field(description="Not accepted when they were sent.", examples=[1])
    rejected: int = Field(description="Refused by the model's server.", examples=[0])
    failed: int = Field(examples=[0])
    deleted: int = Field(examples=[0])
    repeated: int = Field(description="Sent before; counted with what became of them then.", examples=[0])


class BatchOut(Schema):
    """Files that were sent together."""

    id: uuid.UUID = Field(examples=[_ID])
    name: str = Field(examples=["Monday"])
    created_at: datetime = Field(examples=[_WHEN])
    trashed_at: datetime | None = Field(examples=[None])
    progress: ProgressOut


class BatchPage(Schema):
    """One page of a list of batches."""

    items: list[BatchOut]
    next: str | None = Field(description="To be sent as `after`; null on the last page.", examples=[None])


class BatchFileOut(Schema):
    """One file of a batch, or one picture of a zip file in it."""

    place: int = Field(description="Of the file among those that were sent, from 0.", examples=[0])
    entry: int = Field(description="Of the picture in a zip file, from 0.", examples=[0])
    name: str = Field(description="Where its owner wished to keep it.", examples=["beat-1.png"])
    outcome: str = Field(
        description="refused, rejected, failed, waiting, confident, uncertain, no_beat or deleted.",
        examples=["confident"],
    )
    reason: str = Field(description="Stable code: why not accepted; else empty.", examples=[""])
    problem: str = Field(description="The reason in words for people.", examples=[""])
    is_repeated: bool = Field(description="Whether the very same file was there already.")
    analysis: AnalysisOut | None


class BatchFilePage(Schema):
    """One page of the files of a batch."""

    items: list[BatchFileOut]
    next: str | None = Field(description="To be sent as `after`; null on the last page.", examples=[None])


class BatchName(Schema):
    """Another name."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "Monday"}})

    name: str = Field(max_length=100, description="Empty: named by when it was sent.")


def batch_of(batch: Batch, progress: Progress) -> dict[str, Any]:
    """A :class:`BatchOut`."""
    columns = ("id", "name", "created_at", "trashed_at")
    return {name: getattr(batch, name) for name in columns} | {"progress": asdict(progress) | {"total": progress.total}}


def file_of(user: User, file: BatchFile) -> dict[str, Any]:
    """A :class:`BatchFileOut`, for the owner of the batch."""
    return {
        **{name: getattr(file, name) for name in ("place", "entry", "name", "outcome", "reason", "is_repeated")},
        "problem": str(reasons.explain(file.reason)) if file.reason else "",
        "analysis": analysis_of(user, file.analysis) if file.analysis else None,
    }
