"""OpenTelemetry traces: one span for every call, sent by OTLP to wherever the standard ``OTEL_*`` variables say.

Needs the extra ``tracing``; nothing else imports this module, and without ``BEATLENS_TRACING=true`` nobody does.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self

import grpc
import grpc.aio
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

#: What is left to send when the server stops gets so long, and is then given up.
_FLUSH_SECONDS: Final = 5.0


class Tracing:
    """Puts a span around every call, as a child of the caller's where it sends a ``traceparent``.

    Spans carry method and status, nothing of what was sent. Use it as a context manager: what is collected is sent at
    the end of the block.
    """

    def __init__(self) -> None:
        name = os.environ.get("OTEL_SERVICE_NAME", "beatlens")
        self._provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("inference_server")
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def span(self, method: str, context: grpc.aio.ServicerContext) -> Iterator[None]:
        """Record the call as a span."""
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        service, _, name = method.lstrip("/").rpartition("/")
        span = self._tracer.start_span(
            f"{service}/{name}",
            context=self._propagator.extract(metadata),
            kind=SpanKind.SERVER,
            attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": name},
        )
        code: Any = grpc.StatusCode.CANCELLED  # of a caller who has left
        try:
            yield
            code = grpc.StatusCode.OK
        except Exception:
            code = context.code()
            raise
        finally:
            number = code.value[0] if isinstance(code, grpc.StatusCode) else int(code or 0)
            span.set_attribute("rpc.grpc.status_code", number)
            if number in _SERVER_ERRORS:
                span.set_status(Status(StatusCode.ERROR))
            span.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        flushing = threading.Thread(target=self._provider.shutdown, daemon=True)
        flushing.start()
        flushing.join(_FLUSH_SECONDS)


#: By OpenTelemetry's conventions the other codes are the caller's own, and no errors of the server's span.
_SERVER_ERRORS: Final = frozenset(
    code.value[0]
    for code in (
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    )
)
