"""What every failure that callers learn of says of itself: a stable reason, a status, and when to try again.

An exception that is no :class:`Failure` is unexpected: it is logged, and its caller learns the id of that entry only.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar


class Status(StrEnum):
    """What a failure means to the caller: names of gRPC status codes, without loading gRPC."""

    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    INTERNAL = "INTERNAL"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    NOT_FOUND = "NOT_FOUND"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    UNAVAILABLE = "UNAVAILABLE"


class Failure(Exception):  # noqa: N818 - the kinds of it read as what happened
    """Base of the failures that callers learn of; ``str(failure)`` is a sentence for people."""

    status: ClassVar[Status] = Status.INTERNAL
    """What it means to the caller."""
    reason: str = "INTERNAL"
    """Stable reason code, upper snake case."""
    retry_after: float | None = None
    """Seconds after which the caller may try again; None: trying again is no use, or nobody knows when."""
    quick_retries: ClassVar[bool] = True
    """Whether a client's own repeats, within a second or two, may help where the status allows them."""
    field: str | None = None
    """The field of the request that is to blame, if one is."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What else the caller's program is told."""
        return {}


class InternalError(Failure):
    """Something that nobody expected, logged under ``error_id``."""

    def __init__(self, error_id: str) -> None:
        super().__init__(f"Internal error {error_id}.")
        self.error_id = error_id

    @property
    def metadata(self) -> Mapping[str, str]:
        """The id, to ask the server's administrators about."""
        return {"error_id": self.error_id}
