"""What happens around every call, outermost first:

1. :class:`~inference_server.rpc.tracing.Tracing`, where it is switched on: makes the call a span;
2. :class:`CallRecord`: gives the call its request id, counts it and logs how it ended and how long it took;
3. :class:`ErrorMapping`: turns exceptions into ``google.rpc.Status``;
4. :class:`~inference_server.rpc.authentication.Authentication`, where tokens are set: refuses by raising.

The record is outside, so that it sees the status that the caller gets, refusals included.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final

import grpc
import grpc.aio

from inference_server.log import request_id
from inference_server.metrics import Metrics
from inference_server.rpc import errors

_log = logging.getLogger("inference_server.calls")

REQUEST_ID_KEY: Final = "x-request-id"
STATUS_DETAILS_KEY: Final = "grpc-status-details-bin"

#: A caller's own request id is taken over when it is harmless in a log.
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")

#: Probed every few seconds by machines; logged only for people who look for them.
_QUIET: Final = ("/grpc.health.v1.", "/grpc.reflection.")

_reasons: ContextVar[list[str] | None] = ContextVar("reasons", default=None)
"""Where the inner interceptors leave the reason code of a failed call for the outer ones."""


class Around(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Runs :meth:`around` around every call, whatever its kind."""

    def __init__(self) -> None:
        # Every handler is wrapped once, not at every call; there are as many as the services have methods.
        self._wrapped: dict[str, grpc.RpcMethodHandler] = {}

    @abstractmethod
    def around(self, method: str, context: grpc.aio.ServicerContext) -> AbstractAsyncContextManager[None]:
        """The context manager in which a call of ``method`` (``/package.Service/Method``) is served."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler | None]],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        """Wrap the handler of one method."""
        handler = await continuation(details)
        if handler is None:
            return None
        wrapped = self._wrapped.get(details.method)
        if wrapped is None:
            wrapped = self._wrapped[details.method] = self._wrap(details.method, handler)
        return wrapped

    def _wrap(self, method: str, handler: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
        serve: Callable[..., Any]
        if handler.response_streaming:
            stream = handler.stream_stream if handler.request_streaming else handler.unary_stream

            async def serve_stream(request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
                async with self.around(method, context):
                    async for response in stream(request, context):
                        yield response

            serve = serve_stream
        else:
            unary = handler.stream_unary if handler.request_streaming else handler.unary_unary

            async def serve_unary(request: Any, context: grpc.aio.ServicerContext) -> Any:
                async with self.around(method, context):
                    return await unary(request, context)

            serve = serve_unary
        return _REBUILD[handler.request_streaming, handler.response_streaming](
            serve,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


_REBUILD: Final = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


class CallRecord(Around):
    """Gives a call its request id; when it has ended, counts it and logs one line, without addresses or contents."""

    def __init__(self, metrics: Metrics, *, log: bool = True) -> None:
        super().__init__()
        self._metrics = metrics
        self._level = logging.INFO if log else logging.DEBUG

    @asynccontextmanager
    async def around(self, method: str, context: grpc.aio.ServicerContext) -> AsyncIterator[None]:
        """Count and log the call when it has ended."""
        given = next((value for key, value in context.invocation_metadata() or () if key == REQUEST_ID_KEY), "")
        call_id = given if isinstance(given, str) and _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request_id.set(call_id)
        reasons: list[str] = []
        _reasons.set(reasons)
        context.set_trailing_metadata(((REQUEST_ID_KEY, call_id),))
        begun = time.perf_counter()
        self._metrics.call_begun()
        cancelled = True
        try:
            yield
            cancelled = False
        except Exception:
            cancelled = False
            raise
        finally:
            seconds = time.perf_counter() - begun
            # code() is 0 until a call was aborted; a caller who left cancels the coroutine.
            code = "CANCELLED" if cancelled else _code_name(context.code())
            reason = reasons[-1] if reasons else ""
            self._metrics.call_ended(method, code, reason, seconds)
            level = logging.DEBUG if method.startswith(_QUIET) else self._level
            if _log.isEnabledFor(level):
                entry = {"method": method, "code": code, "milliseconds": round(seconds * 1000, 3)}
                _log.log(level, "call", extra={**entry, "reason": reason or None, "request_id": call_id})


class ErrorMapping(Around):
    """Exceptions to statuses, by the table in :mod:`inference_server.rpc.errors`."""

    @asynccontextmanager
    async def around(
        self,
        method: str,  # noqa: ARG002 - what around() of the other interceptors needs
        context: grpc.aio.ServicerContext,
    ) -> AsyncIterator[None]:
        """Abort the call with the status that an exception means."""
        try:
            yield
        except grpc.aio.AbortError:
            raise
        except Exception as error:
            status = errors.to_status(error)
            reason = errors.reason(status)
            reasons = _reasons.get()
            if reasons is not None:
                reasons.append(reason)
            trailing: list[tuple[str, str | bytes]] = [(STATUS_DETAILS_KEY, status.SerializeToString())]
            if call_id := request_id.get():
                trailing.append((REQUEST_ID_KEY, call_id))
            if reason == "MODEL_NOT_LOADED":
                # Loading a model takes longer than a client's quick retries; tell it to leave them out.
                trailing.append(("grpc-retry-pushback-ms", "-1"))
            await context.abort(errors.status_code(status), status.message, tuple(trailing))


def _code_name(code: Any) -> str:
    if isinstance(code, grpc.StatusCode):
        return str(code.name)
    return next((str(each.name) for each in grpc.StatusCode if each.value[0] == (code or 0)), str(code))
