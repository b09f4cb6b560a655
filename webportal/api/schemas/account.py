"""What a program may know of the account that it acts for."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Schema
from pydantic import Field


class TokenOut(Schema):
    """The token of the call."""

    name: str = Field(examples=["archive"])
    scopes: list[Literal["read", "upload", "review", "edit"]] = Field(examples=[["read", "upload"]])
    expires_at: datetime = Field(examples=["2026-06-01T00:00:00Z"])


class LimitsOut(Schema):
    """What may be sent."""

    picture_bytes: int = Field(description="Of one picture.", examples=[8388608])
    picture_pixels: int = Field(description="Width × height.", examples=[25000000])
    archive_bytes: int = Field(description="Of one zip file.", examples=[67108864])
    request_bytes: int = Field(description="Of one call.", examples=[168820736])
    files: int = Field(description="Of one call.", examples=[500])
    pictures_per_minute: int | None = Field(description="Null: any number.", examples=[600])


class AccountOut(Schema):
    """Whose program calls, how much room there is, and what may be sent."""

    token: TokenOut
    is_reviewer: bool
    stored_bytes: int = Field(description="The trash included.", examples=[1048576])
    quota_bytes: int | None = Field(description="Null: any number.", examples=[2147483648])
    limits: LimitsOut


class TagsOut(Schema):
    """The words that one sorts by."""

    items: list[str] = Field(examples=[["bed 4"]])


class ProblemOut(Schema):
    """Why a call was not answered as wished (RFC 9457)."""

    type: Literal["about:blank"] = "about:blank"
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    reason: str = Field(description="Stable code, to be told apart by.", examples=["IMAGE_CORRUPT"])
    detail: str = Field(
        description="For people, in the language of Accept-Language.",
        examples=["The picture is damaged and can't be decoded."],
    )
    error_id: str | None = Field(None, description="For the administrator to find it in the log.")
    scope: str | None = Field(None, description="That the token lacks.")
    errors: list[FaultOut] | None = Field(None, description="Each fault of the call.")


class FaultOut(Schema):
    """One fault of a call."""

    field: str = Field(examples=["limit"])
    problem: str = Field(examples=["Input should be less than or equal to 200"])


ProblemOut.model_rebuild()
