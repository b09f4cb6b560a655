"""What a failure becomes on the wire. What there is to say of each kind stands at its class, see :class:`Failure`.

Every answer carries a ``google.rpc.ErrorInfo`` with a stable reason and the domain ``beatlens``. What nobody expected
is logged with an id, and only the id leaves the process.
"""

from __future__ import annotations

import logging
import uuid
from typing import Final

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from ecg.pictures.decoding import ImageError
from inference_server.runtime.failures import Failure, InternalError, Status

_log = logging.getLogger(__name__)

DOMAIN: Final = "beatlens"


class RequestError(Failure):
    """A request that is wrong in a way that only the wire knows: a missing field, too long a batch."""

    status = Status.INVALID_ARGUMENT

    def __init__(self, reason: str, message: str, *, field: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field


def check_batch(number: int, most: int, field: str) -> None:
    """Raises ``RequestError`` where a batch has no picture or more than ``most``."""
    if not number:
        raise RequestError("BATCH_EMPTY", "The batch has no picture.", field=field)
    if number > most:
        raise RequestError("BATCH_TOO_LARGE", f"The batch has {number} pictures; the limit is {most}.", field=field)


class MessageTooSlow(Failure):
    """The call's message had not arrived after ``seconds``."""

    status = Status.DEADLINE_EXCEEDED
    reason = "MESSAGE_TOO_SLOW"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The message did not arrive within {seconds:g} s.")


class TooManyCalls(Failure):
    """As many calls are under way as the server takes."""

    status = Status.RESOURCE_EXHAUSTED
    reason = "TOO_MANY_CALLS"
    retry_after = 1.0  # nobody knows how long they will take

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} calls are under way already, which is the limit.")


def to_failure(error: BaseException, *, field: str = "image") -> Failure:
    """What ``error`` means to the caller; what nobody expected is logged with an id.

    Args:
        error: what was raised.
        field: the path of the picture in the request, for errors about the picture.
    """
    if isinstance(error, Failure):
        return error
    if isinstance(error, ImageError):
        return RequestError(error.reason, str(error), field=field)
    error_id = uuid.uuid4().hex
    _log.error("unexpected error", exc_info=error, extra={"error_id": error_id})
    return InternalError(error_id)


def to_status(error: BaseException, *, field: str = "image") -> status_pb2.Status:
    """The ``google.rpc.Status`` that says what ``error`` means to the caller; arguments as :func:`to_failure`."""
    failure = to_failure(error, field=field)
    message = str(failure)
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=failure.reason, domain=DOMAIN, metadata=failure.metadata)
    ]
    if failure.field is not None:
        details.append(_violation(failure.field, message))
    if failure.retry_after is not None:
        details.append(_retry(failure.retry_after))
    code = grpc.StatusCode[failure.status].value[0]
    return status_pb2.Status(code=code, message=message, details=[_packed(detail) for detail in details])


def reason_of(error: BaseException) -> str:
    """The stable reason code of what was raised."""
    return str(error.reason) if isinstance(error, Failure | ImageError) else InternalError.reason


def status_code(status: status_pb2.Status) -> grpc.StatusCode:
    """The gRPC status code of a ``google.rpc.Status``."""
    return _CODES[status.code]


def reason(status: status_pb2.Status) -> str:
    """The stable reason code in a status made here."""
    info = error_details_pb2.ErrorInfo()
    return next((info.reason for detail in status.details if detail.Unpack(info)), "")


_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


def _packed(detail: Message) -> any_pb2.Any:
    box = any_pb2.Any()
    box.Pack(detail)
    return box


def _violation(field: str, description: str) -> error_details_pb2.BadRequest:
    return error_details_pb2.BadRequest(
        field_violations=[error_details_pb2.BadRequest.FieldViolation(field=field, description=description)]
    )


def _retry(seconds: float) -> error_details_pb2.RetryInfo:
    delay = duration_pb2.Duration()
    delay.FromNanoseconds(int(seconds * 1e9))
    return error_details_pb2.RetryInfo(retry_delay=delay)
