"""What happens around every call.

Outermost first:

1. :class:`~inference_server.rpc.tracing.Tracing`, where it is switched on: makes the call a span;
2. the record: gives the call its request id, counts it and logs how it ended and how long it took;
3. the mapping of exceptions to ``google.rpc.Status`` (:mod:`inference_server.rpc.errors`);
4. :mod:`~inference_server.rpc.authentication`: refuses by raising, before anything of the call's message is read;
5. a place among the calls under way;
6. :class:`~inference_server.rpc.intake.Intake`, which reads the message, or the messages of a stream.

Every handler is one of a stream to gRPC, which reads the message of any other by itself before it asks us.

The record is outside the mapping, so that it sees the status that the caller gets, refusals included.

All of it is put around each method's handler once, at the method's first call, and not at every call, as gRPC's own
interceptors would be.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message

from inference_server.rpc import errors
from inference_server.rpc.errors import RequestError, TooManyCalls
from inference_server.rpc.intake import Intake
from inference_server.rpc.metrics import Metrics
from inference_server.runtime import trace
from inference_server.runtime.log import request_id
from inference_server.runtime.trace import Trace

_log = logging.getLogger("inference_server.calls")

REQUEST_ID_KEY: Final = "x-request-id"
STATUS_DETAILS_KEY: Final = "grpc-status-details-bin"

#: A caller's own request id is taken over when it is harmless in a log.
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")

#: Probed every few seconds by machines; logged only for people who look for them.
_QUIET: Final = ("/grpc.health.v1.", "/grpc.reflection.")

#: Neither refused because of load nor for long in reading: a probe that fails is a server that is ended. Watches last,
#: and whoever may open them without a token takes no more than a share of the calls that there may be.
_PROBES: Final = (
    "/grpc.health.v1.Health/Check",
    "/inference.GRPCInferenceService/ServerLive",
    "/inference.GRPCInferenceService/ServerReady",
)
_WATCH: Final = "/grpc.health.v1.Health/Watch"
_WATCHES_SHARE: Final = 8

_CODE_NAMES: Final = {code.value[0]: code.name for code in grpc.StatusCode}

#: Half of each id that is given here: no other server and no other start has it. The rest is a running number.
_GIVEN: Final = uuid.uuid4().hex[:16]
_numbers: Final = itertools.count()

Check = Callable[[str, grpc.aio.ServicerContext], None]
Span = Callable[[str, grpc.aio.ServicerContext], AbstractContextManager[None]]


_NO_SPAN: Final = nullcontext()


def _no_span(method: str, context: grpc.aio.ServicerContext) -> AbstractContextManager[None]:  # noqa: ARG001
    return _NO_SPAN


class Calls:
    """A server's register of services: what is added to it is served with everything around it that belongs there.

    ``check`` raises for calls that may not be made. ``limit``: the calls that may be under way at once, probes aside.
    ``log``: whether each call gets its line. ``span`` makes a span.
    """

    def __init__(
        self,
        server: grpc.aio.Server,
        metrics: Metrics,
        intake: Intake,
        *,
        check: Check,
        limit: int,
        log: bool = True,
        span: Span = _no_span,
    ) -> None:
        self._server = server
        self._metrics = metrics
        self._intake = intake
        self._places = _Places(limit)
        self._watches = _Places(max(1, limit // _WATCHES_SHARE))
        self._level = logging.INFO if log else logging.DEBUG
        self._check = check
        self._span = span

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Serve the methods of ``handlers``."""
        self._server.add_generic_rpc_handlers(tuple(_Surrounded(handler, self._surround) for handler in handlers))

    def add_registered_method_handlers(self, service: str, handlers: dict[str, grpc.RpcMethodHandler]) -> None:
        """What generated code calls besides; the asyncio server makes no use of it."""

    def _surround(self, method: str, handler: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
        level = logging.DEBUG if method.startswith(_QUIET) else self._level
        check, span, receive, places = self._check, self._span, self._receiver(method, handler), self._places_of(method)
        if handler.response_streaming:
            stream = handler.stream_stream if handler.request_streaming else handler.unary_stream

            async def serve_stream(_: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
                with span(method, context), _Record(self._metrics, method, context, level) as record:
                    try:
                        check(method, context)
                        with places:
                            async for response in stream(await receive(context), context):
                                yield response
                    except Exception as error:
                        await record.abort(error)

            return grpc.stream_stream_rpc_method_handler(serve_stream, response_serializer=handler.response_serializer)
        unary = handler.stream_unary if handler.request_streaming else handler.unary_unary

        async def serve_unary(_: Any, context: grpc.aio.ServicerContext) -> Any:
            with span(method, context), _Record(self._metrics, method, context, level) as record:
                try:
                    check(method, context)
                    with places:
                        return await unary(await receive(context), context)
                except Exception as error:
                    await record.abort(error)

        return grpc.stream_unary_rpc_method_handler(serve_unary, response_serializer=handler.response_serializer)

    def _places_of(self, method: str) -> AbstractContextManager[None]:
        if method in _PROBES:
            return _NO_SPAN
        return self._watches if method == _WATCH else self._places

    def _receiver(self, method: str, handler: grpc.RpcMethodHandler) -> Callable[..., Awaitable[Any]]:
        """What reads a call's message, or gives the stream of its messages."""
        intake, parse = self._intake, _parser(handler.request_deserializer)
        probe = method in _PROBES or method == _WATCH

        async def receive(context: grpc.aio.ServicerContext) -> Message:
            return parse(await intake.message(context, probe=probe))

        async def receive_all(context: grpc.aio.ServicerContext) -> AsyncIterator[Message]:
            return intake.messages(context, parse)

        return receive_all if handler.request_streaming else receive


def _parser(read: Callable[[bytes], Message]) -> Callable[[bytes], Message]:
    """Reads one message; gRPC itself would answer garbage with our exception's text."""

    def parse(message: bytes) -> Message:
        try:
            return read(message)
        except DecodeError:
            raise RequestError("MESSAGE_UNREADABLE", "The message is not what the method takes.", field="") from None

    return parse


class _Places:
    """As many calls as may be under way; entered by each of them."""

    __slots__ = ("_limit", "_taken")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0

    def __enter__(self) -> None:
        if self._taken >= self._limit:
            raise TooManyCalls(self._limit)
        self._taken += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._taken -= 1


class _Surrounded(grpc.GenericRpcHandler):  # type: ignore[misc]
    """The handlers of another one, surrounded; each once, and there are as many as the services have methods."""

    def __init__(
        self, inner: grpc.GenericRpcHandler, surround: Callable[[str, grpc.RpcMethodHandler], grpc.RpcMethodHandler]
    ) -> None:
        self._inner = inner
        self._surround = surround
        self._known: dict[str, grpc.RpcMethodHandler] = {}

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """The handler of one method; None for methods that are not here."""
        handler = self._known.get(details.method)
        if handler is None:
            inner = self._inner.service(details)
            if inner is None:
                return None
            handler = self._known[details.method] = self._surround(details.method, inner)
        return handler


class _Record:
    """One call: its request id, its count, and one line of log at its end, without addresses or contents."""

    __slots__ = ("_begun", "_call_id", "_context", "_error_id", "_level", "_method", "_metrics", "_reason", "_trace")

    def __init__(self, metrics: Metrics, method: str, context: grpc.aio.ServicerContext, level: int) -> None:
        self._metrics = metrics
        self._method = method
        self._context = context
        self._level = level
        self._reason = self._error_id = ""
        self._call_id, self._trace = _named(context)
        self._begun = 0.0

    def __enter__(self) -> _Record:
        request_id.set(self._call_id)
        trace.current.set(self._trace)
        self._context.set_trailing_metadata(((REQUEST_ID_KEY, self._call_id),))
        self._metrics.call_begun()
        self._begun = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        seconds = time.perf_counter() - self._begun
        if kind is None:
            code = "OK"
        elif issubclass(kind, Exception):
            code = _code_name(self._context.code())
        else:  # a caller who left cancels the coroutine
            code = "CANCELLED"
        self._metrics.call_ended(self._method, code, self._reason, seconds)
        if _log.isEnabledFor(self._level):
            # Once the answer is on its way: until this returns, gRPC does not send it.
            asyncio.get_running_loop().call_soon(self._say, code, seconds)

    def _say(self, code: str, seconds: float) -> None:
        entry = {"method": self._method, "code": code, "milliseconds": round(seconds * 1000, 3)}
        entry |= {"reason": self._reason or None, "request_id": self._call_id}
        if self._error_id:  # where it is a worker's, the worker has logged it
            entry["error_id"] = self._error_id
        _log.log(self._level, "call", extra=entry)

    async def abort(self, error: Exception) -> None:
        """End the call with the status that ``error`` means."""
        if isinstance(error, grpc.aio.AbortError):  # the servicer has done so
            raise error
        failure = errors.to_failure(error)
        status = errors.to_status(failure)
        self._reason, self._error_id = failure.reason, failure.metadata.get("error_id", "")
        trailing: list[tuple[str, str | bytes]] = [
            (STATUS_DETAILS_KEY, status.SerializeToString()),
            (REQUEST_ID_KEY, self._call_id),
        ]
        if not failure.quick_retries:  # tell the client to leave its own out
            trailing.append(("grpc-retry-pushback-ms", "-1"))
        await self._context.abort(errors.status_code(status), status.message, tuple(trailing))


def _named(context: grpc.aio.ServicerContext) -> tuple[str, Trace | None]:
    """The call's id, given here where the caller has none, and the trace that the caller names."""
    call_id, of = "", None
    for key, value in context.invocation_metadata() or ():
        if key == REQUEST_ID_KEY:
            call_id = value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else ""
        elif key == trace.KEY and isinstance(value, str):
            of = trace.read(value)
    return call_id or _new_id(), of


def _new_id() -> str:
    return f"{_GIVEN}{next(_numbers):016x}"


def _code_name(code: Any) -> str:
    """The name of a status code; of 0, too, which it is until a call was aborted."""
    return str(code.name if isinstance(code, grpc.StatusCode) else _CODE_NAMES.get(code or 0, code))
