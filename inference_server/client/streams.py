"""The answers of a call whose requests are streamed, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, Final, TypeVar

import grpc
import grpc.aio

Value = TypeVar("Value")

#: What grpcio says of a call whose request could not be sent; the server's own word on the call is then another.
_FAILED_TO_SEND: Final = "Internal error from Core"
#: How long the server's status is waited for, once a request could not be sent.
_STATUS_SECONDS: Final = 5.0


async def responses(call: grpc.aio.StreamStreamCall[Any, Any]) -> AsyncGenerator[Any, None]:
    """What ``call`` answers, until it ends.

    A server may refuse a call before it has read every request. The request under way then can't be sent, and grpcio
    puts an internal error in the place of the server's status, be it known already or not
    (``_StreamRequestMixin._write`` of :mod:`grpc.aio`). The status that the server gave is raised here.

    Raises:
        grpc.RpcError: the server's status, if it isn't OK; grpcio's, if a request could not be sent and no other status
            followed, or one that calls this OK (answers may be missing then).
    """
    statuses: asyncio.Queue[grpc.aio.AioRpcError] = asyncio.Queue()

    def note(ended: grpc.aio.StreamStreamCall[Any, Any]) -> None:
        status = _status(ended)
        if not _failed_to_send(status):
            statuses.put_nowait(status)

    call.add_done_callback(note)  # called whenever a status is put in its place
    try:
        async for response in call:
            yield response
    except grpc.aio.AioRpcError as error:
        if not _failed_to_send(error):
            raise
        try:
            status = await asyncio.wait_for(statuses.get(), _STATUS_SECONDS)
        except TimeoutError:
            raise error from None
        raise (error if status.code() == grpc.StatusCode.OK else status) from None


def _failed_to_send(error: grpc.RpcError) -> bool:
    return bool(error.code() == grpc.StatusCode.INTERNAL and error.details() == _FAILED_TO_SEND)


def _status(call: grpc.aio.StreamStreamCall[Any, Any]) -> grpc.aio.AioRpcError:
    """The status of a call that has ended, as it is now."""
    return grpc.aio.AioRpcError(
        _known(call.code()),
        grpc.aio.Metadata(*_known(call.initial_metadata())),
        grpc.aio.Metadata(*_known(call.trailing_metadata())),
        details=_known(call.details()),
        debug_error_string=_known(call.debug_error_string()),
    )


def _known(value: Coroutine[Any, Any, Value]) -> Value:
    """What ``value`` waits for, which is there: a task would run later, when another status may have taken its place.

    Raises:
        RuntimeError: it isn't there yet.
    """
    try:
        value.send(None)
    except StopIteration as end:
        return end.value
    value.close()
    raise RuntimeError("the call has not ended")
