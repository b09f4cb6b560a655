"""What each kind of failure becomes on the wire: one place, one table.

Every answer carries a ``google.rpc.ErrorInfo`` with a stable reason and the domain ``beatlens``. What nobody expected
is logged with an id, and only the id leaves the process.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from typing import Final

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from ecg.pictures.decoding import ImageError
from inference_server.model_repository import ModelNotFound, NoModelLoaded
from inference_server.rpc.pipelining import TooManyStreams
from inference_server.scheduling import DeadlinePassed, QueueFull
from inference_server.tokens import NotAllowed, NotAuthenticated, RateExceeded
from inference_server.workers.child import WorkerFailed, WorkerLost

_log = logging.getLogger(__name__)

DOMAIN: Final = "beatlens"

#: Seconds after which a caller who found no model may ask again: about what loading one takes.
_MODEL_RETRY_SECONDS: Final = 5.0
#: Seconds after which a caller who found too many streams or calls may ask again; nobody knows how long they will take.
_STREAM_RETRY_SECONDS: Final = 1.0
#: Seconds after which a caller whose worker died may ask again: another worker is there already.
_WORKER_RETRY_SECONDS: Final = 0.05


class RequestError(Exception):
    """A request that is wrong in a way that only the wire knows: a missing field, too long a batch."""

    def __init__(self, reason: str, message: str, *, field: str) -> None:
        super().__init__(message)
        self.reason = reason
        """Stable reason code, upper snake case."""
        self.field = field
        """The field of the request that is to blame."""


class MessageTooSlow(Exception):  # noqa: N818 - reads as what happened
    """The call's message had not arrived after ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The message did not arrive within {seconds:g} s.")


class TooManyCalls(Exception):  # noqa: N818 - reads as what happened
    """As many calls are under way as the server takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} calls are under way already, which is the limit.")


def to_status(error: BaseException, *, field: str = "image") -> status_pb2.Status:
    """The ``google.rpc.Status`` that says what ``error`` means to the caller.

    Args:
        error: what was raised.
        field: the path of the picture in the request, for errors about the picture.
    """
    reason = reason_of(error)
    match error:
        case ImageError():
            return _status(code_pb2.INVALID_ARGUMENT, str(error), reason, _violation(field, str(error)))
        case RequestError():
            return _status(code_pb2.INVALID_ARGUMENT, str(error), reason, _violation(error.field, str(error)))
        case ModelNotFound():
            return _status(code_pb2.NOT_FOUND, str(error), reason)
        case NoModelLoaded():
            return _status(code_pb2.UNAVAILABLE, str(error), reason, _retry(_MODEL_RETRY_SECONDS))
        case QueueFull():
            message = f"{error} Try again in {error.retry_after:.2f} s."
            return _status(code_pb2.RESOURCE_EXHAUSTED, message, reason, _retry(error.retry_after))
        case TooManyStreams() | TooManyCalls():
            return _status(code_pb2.RESOURCE_EXHAUSTED, str(error), reason, _retry(_STREAM_RETRY_SECONDS))
        case NotAuthenticated():
            return _status(code_pb2.UNAUTHENTICATED, str(error), reason)
        case NotAllowed():
            return _status(code_pb2.PERMISSION_DENIED, str(error), reason)
        case RateExceeded():
            return _status(code_pb2.RESOURCE_EXHAUSTED, str(error), reason, _retry(error.retry_after))
        case DeadlinePassed() | MessageTooSlow():
            return _status(code_pb2.DEADLINE_EXCEEDED, str(error), reason)
        case WorkerLost():
            return _status(code_pb2.UNAVAILABLE, str(error), reason, _retry(_WORKER_RETRY_SECONDS))
        case WorkerFailed():  # logged where it happened
            return _internal(error.error_id, reason)
    error_id = uuid.uuid4().hex
    _log.error("unexpected error", exc_info=error, extra={"error_id": error_id})
    return _internal(error_id, reason)


def reason_of(error: BaseException) -> str:
    """The stable reason code of what was raised."""
    match error:
        case ImageError() | RequestError():
            return str(error.reason)
        case ModelNotFound():
            return "MODEL_NOT_FOUND"
        case NoModelLoaded():
            return "MODEL_NOT_LOADED"
        case QueueFull():
            return "QUEUE_FULL"
        case TooManyStreams():
            return "TOO_MANY_STREAMS"
        case TooManyCalls():
            return "TOO_MANY_CALLS"
        case MessageTooSlow():
            return "MESSAGE_TOO_SLOW"
        case DeadlinePassed() | MessageTooSlow():
            return "DEADLINE_PASSED"
        case WorkerLost():
            return "WORKER_LOST"
        case NotAuthenticated():
            return "TOKEN_REFUSED"
        case NotAllowed():
            return "SCOPE_MISSING"
        case RateExceeded():
            return "RATE_EXCEEDED"
    return "INTERNAL"


def status_code(status: status_pb2.Status) -> grpc.StatusCode:
    """The gRPC status code of a ``google.rpc.Status``."""
    return _CODES[status.code]


def reason(status: status_pb2.Status) -> str:
    """The stable reason code in a status made here."""
    info = error_details_pb2.ErrorInfo()
    return next((info.reason for detail in status.details if detail.Unpack(info)), "")


_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


def _status(
    code: int, message: str, reason: str, *details: Message, metadata: dict[str, str] | None = None
) -> status_pb2.Status:
    info = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)
    return status_pb2.Status(code=code, message=message, details=_packed([info, *details]))


def _internal(error_id: str, reason: str) -> status_pb2.Status:
    return _status(code_pb2.INTERNAL, f"Internal error {error_id}.", reason, metadata={"error_id": error_id})


def _packed(details: Sequence[Message]) -> list[any_pb2.Any]:
    packed = []
    for detail in details:
        box = any_pb2.Any()
        box.Pack(detail)
        packed.append(box)
    return packed


def _violation(field: str, description: str) -> error_details_pb2.BadRequest:
    return error_details_pb2.BadRequest(
        field_violations=[error_details_pb2.BadRequest.FieldViolation(field=field, description=description)]
    )


def _retry(seconds: float) -> error_details_pb2.RetryInfo:
    delay = duration_pb2.Duration()
    delay.FromNanoseconds(int(seconds * 1e9))
    return error_details_pb2.RetryInfo(retry_delay=delay)
