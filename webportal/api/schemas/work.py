"""What programs are told of everything that a worker does."""

from __future__ import annotations

import uuid
from datetime import datetime

from ninja import Schema
from pydantic import Field

_WHEN = "2026-03-01T09:30:00Z"


class WorkOut(Schema):
    """How far it is."""

    id: uuid.UUID = Field(examples=["6f6a1d0e-4f0f-4f39-9f6f-0f8a54bb1d1e"])
    state: str
    reason: str = Field(description="Stable code: why refused, or why it waits; else empty.", examples=[""])
    problem: str = Field(description="The reason in words for people.", examples=[""])
    error_id: str = Field(description="Of a failed one, for the administrator to find it in the log.", examples=[""])
    created_at: datetime = Field(examples=[_WHEN])
    finished_at: datetime | None = Field(examples=[_WHEN])
