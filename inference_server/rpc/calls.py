"""What happens around every call, outermost first:

1. :class:`~inference_server.rpc.tracing.Tracing`, where it is switched on: makes the call a span;
2. the record: gives the call its request id, counts it and logs how it ended and how long it took;
3. the mapping of exceptions to ``google.rpc.Status`` (:mod:`inference_server.rpc.errors`);
4. :class:`~inference_server.rpc.authentication.Authentication`, where tokens are set: refuses by raising.

The record is outside the mapping, so that it sees the status that the caller gets, refusals included.

All of it is put around each method's handler once, at the method's first call, and not at every call, as gRPC's own
interceptors would be.
"""

from __future__ import annotations

import itertools
import logging
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message

from inference_server.log import request_id
from inference_server.metrics import Metrics
from inference_server.rpc import errors
from inference_server.rpc.errors import RequestError

_log = logging.getLogger("inference_server.calls")

REQUEST_ID_KEY: Final = "x-request-id"
STATUS_DETAILS_KEY: Final = "grpc-status-details-bin"

#: A caller's own request id is taken over when it is harmless in a log.
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")

#: Probed every few seconds by machines; logged only for people who look for them.
_QUIET: Final = ("/grpc.health.v1.", "/grpc.reflection.")

_CODE_NAMES: Final = {code.value[0]: code.name for code in grpc.StatusCode}

#: Half of each id that is given here: no other server and no other start has it. The rest is a running number.
_GIVEN: Final = uuid.uuid4().hex[:16]
_numbers: Final = itertools.count()

Check = Callable[[str, grpc.aio.ServicerContext], None]
Span = Callable[[str, grpc.aio.ServicerContext], AbstractContextManager[None]]


def _anybody(method: str, context: grpc.aio.ServicerContext) -> None:
    """No tokens are set."""


_NO_SPAN: Final = nullcontext()


def _no_span(method: str, context: grpc.aio.ServicerContext) -> AbstractContextManager[None]:  # noqa: ARG001
    return _NO_SPAN


class Calls:
    """A server's register of services: what is added to it is served with everything around it that belongs there.

    ``log``: whether each call gets its line. ``check`` raises for calls that may not be made; ``span`` makes a span.
    """

    def __init__(
        self,
        server: grpc.aio.Server,
        metrics: Metrics,
        *,
        log: bool = True,
        check: Check = _anybody,
        span: Span = _no_span,
    ) -> None:
        self._server = server
        self._metrics = metrics
        self._level = logging.INFO if log else logging.DEBUG
        self._check = check
        self._span = span

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Serve the methods of ``handlers``."""
        self._server.add_generic_rpc_handlers(tuple(_Surrounded(each, self._surround) for each in handlers))

    def add_registered_method_handlers(self, service: str, handlers: dict[str, grpc.RpcMethodHandler]) -> None:
        """What generated code calls besides; the asyncio server makes no use of it."""

    def _surround(self, method: str, handler: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
        level = logging.DEBUG if method.startswith(_QUIET) else self._level
        check, span, parse = self._check, self._span, _parser(handler.request_deserializer)
        serve: Callable[..., Any]
        if handler.response_streaming:
            stream = handler.stream_stream if handler.request_streaming else handler.unary_stream

            async def serve_stream(request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
                with span(method, context), _Record(self._metrics, method, context, level) as record:
                    try:
                        check(method, context)
                        async for response in stream(parse(request), context):
                            yield response
                    except Exception as error:
                        await record.abort(error)

            serve = serve_stream
        else:
            unary = handler.stream_unary if handler.request_streaming else handler.unary_unary

            async def serve_unary(request: Any, context: grpc.aio.ServicerContext) -> Any:
                with span(method, context), _Record(self._metrics, method, context, level) as record:
                    try:
                        check(method, context)
                        return await unary(parse(request), context)
                    except Exception as error:
                        await record.abort(error)

            serve = serve_unary
        return _REBUILD[handler.request_streaming, handler.response_streaming](
            serve,
            response_serializer=handler.response_serializer,
        )


def _parser(read: Callable[[bytes], Message]) -> Callable[[Any], Any]:
    """Reads a call's message, or its stream of messages; gRPC itself would answer garbage with our exception's text."""

    def parse(message: bytes) -> Message:
        try:
            return read(message)
        except DecodeError:
            raise RequestError("MESSAGE_UNREADABLE", "The message is not what the method takes.", field="") from None

    async def parse_all(messages: AsyncIterator[bytes]) -> AsyncIterator[Message]:
        async for message in messages:
            yield parse(message)

    return lambda request: parse(request) if isinstance(request, bytes) else parse_all(request)


_REBUILD: Final = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


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

    __slots__ = ("_begun", "_call_id", "_context", "_level", "_method", "_metrics", "_reason")

    def __init__(self, metrics: Metrics, method: str, context: grpc.aio.ServicerContext, level: int) -> None:
        self._metrics = metrics
        self._method = method
        self._context = context
        self._level = level
        self._reason = ""
        self._call_id = _call_id(context)
        self._begun = 0.0

    def __enter__(self) -> _Record:
        request_id.set(self._call_id)
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
            entry = {"method": self._method, "code": code, "milliseconds": round(seconds * 1000, 3)}
            entry |= {"reason": self._reason or None, "request_id": self._call_id}
            _log.log(self._level, "call", extra=entry)

    async def abort(self, error: Exception) -> None:
        """End the call with the status that ``error`` means."""
        if isinstance(error, grpc.aio.AbortError):  # the servicer has done so
            raise error
        status = errors.to_status(error)
        self._reason = errors.reason(status)
        trailing: list[tuple[str, str | bytes]] = [
            (STATUS_DETAILS_KEY, status.SerializeToString()),
            (REQUEST_ID_KEY, self._call_id),
        ]
        if self._reason == "MODEL_NOT_LOADED":
            # Loading a model takes longer than a client's quick retries; tell it to leave them out.
            trailing.append(("grpc-retry-pushback-ms", "-1"))
        await self._context.abort(errors.status_code(status), status.message, tuple(trailing))


def _call_id(context: grpc.aio.ServicerContext) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == REQUEST_ID_KEY:
            return value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else _new_id()
    return _new_id()


def _new_id() -> str:
    return f"{_GIVEN}{next(_numbers):016x}"


def _code_name(code: Any) -> str:
    """The name of a status code; of 0, too, which it is until a call was aborted."""
    return str(code.name if isinstance(code, grpc.StatusCode) else _CODE_NAMES.get(code or 0, code))
