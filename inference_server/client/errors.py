"""What may become of a call that brings no answer, and how it is read from the call's status."""

from __future__ import annotations

from typing import Final, TypeVar

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

_Detail = TypeVar("_Detail", error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo)

#: CANCELLED is what gRPC's core gives a call that reaches a server in the very moment in which it stops accepting.
_NO_ANSWER: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


class ClientError(Exception):
    """A call that brought no answer. ``str(error)`` is a sentence for people."""


class ServerUnavailable(ClientError):  # noqa: N818 - reads as what happened
    """The server can't be reached, is too slow, is full, or has no model: worth trying again later."""

    def __init__(self, message: str, *, retry_after: float | None = None, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        """Stable reason code where the server gave one, e.g. ``QUEUE_FULL``."""
        self.retry_after = retry_after
        """Seconds after which the server asks to try again, where it says."""


class ImageRefused(ClientError):  # noqa: N818 - reads as what happened
    """The picture can't be used; sending it again changes nothing."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
        """Stable reason code, e.g. ``IMAGE_TRUNCATED``."""


class RecordingRefused(ClientError):  # noqa: N818 - reads as what happened
    """The recording can't be analysed; sending it again changes nothing."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
        """Stable reason code, e.g. ``RECORDING_TOO_MANY_LEADS``."""


class CallFailed(ClientError):  # noqa: N818 - reads as what happened
    """Any other failure."""

    def __init__(self, message: str, *, code: str, reason: str | None = None, error_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        """Name of the gRPC status code, e.g. ``NOT_FOUND``."""
        self.reason = reason
        """Stable reason code where the server gave one, e.g. ``MODEL_NOT_FOUND``."""
        self.error_id = error_id
        """Where the server logged an unexpected error: the id to ask its administrators about."""


def client_error(error: grpc.RpcError) -> ClientError:
    """The exception that a failed call means."""
    status = _status(error)
    return meaning_of(error.code(), status, words=str(error.details() or error.code().name))


def meaning_of(code: grpc.StatusCode, status: status_pb2.Status, *, words: str = "") -> ClientError:
    """The exception that a status means; ``words`` are gRPC's own for a status without details."""
    message = status.message or words
    info = _detail(status, error_details_pb2.ErrorInfo())
    reason = info.reason if info else None
    if code in _NO_ANSWER:
        if reason is None:  # gRPC's own words are for programmers, and name addresses
            message = (
                "The inference server did not answer in time."
                if code is grpc.StatusCode.DEADLINE_EXCEEDED
                else "The inference server can't be reached."
            )
        return ServerUnavailable(message, retry_after=_retry_after(status), reason=reason)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        if reason is None and "larger than max" in message:  # said by gRPC itself, before our code sees the call
            return ImageRefused("The file is larger than the server accepts.", reason="IMAGE_TOO_LARGE")
        return ServerUnavailable(message, retry_after=_retry_after(status), reason=reason)
    if code is grpc.StatusCode.INVALID_ARGUMENT and reason is not None and reason.startswith(("IMAGE_", "PDF_")):
        return ImageRefused(message, reason=reason)
    if code is grpc.StatusCode.INVALID_ARGUMENT and reason is not None and reason.startswith("RECORDING_"):
        return RecordingRefused(message, reason=reason)
    error_id = info.metadata.get("error_id") if info else None
    return CallFailed(message, code=code.name, reason=reason, error_id=error_id)


def error_in(status: status_pb2.Status) -> ClientError:
    """The exception that a status inside a response means, e.g. of one picture of a batch."""
    return meaning_of(_CODES[status.code], status)


def _status(error: grpc.RpcError) -> status_pb2.Status:
    try:
        return rpc_status.from_call(error) or status_pb2.Status()
    except ValueError:  # details that do not belong to this status, e.g. from something in between
        return status_pb2.Status()


def _detail(status: status_pb2.Status, kind: _Detail) -> _Detail | None:
    for detail in status.details:
        if detail.Unpack(kind):
            return kind
    return None


def _retry_after(status: status_pb2.Status) -> float | None:
    retry = _detail(status, error_details_pb2.RetryInfo())
    return retry.retry_delay.ToTimedelta().total_seconds() if retry else None
