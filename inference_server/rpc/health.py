"""``grpc.health.v1``: ``""`` is liveness, every service its own readiness.

Not the servicer of grpcio-health-checking, because of its ``Watch``: when one watcher leaves, the others of the same
service hear nothing more, and an open watch holds up a shutdown for the whole grace time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

_Status = health_pb2.HealthCheckResponse


class HealthServicer(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """Answers Check and Watch for a fixed set of services. Belongs to one event loop."""

    def __init__(self, services: Iterable[str]) -> None:
        self._ready = dict.fromkeys(services, False)
        self._closing = False
        self._changed = asyncio.Event()

    def set_ready(self, service: str, ready: bool) -> None:
        """Say whether ``service`` takes calls; without effect once :meth:`close` was called."""
        if not self._closing and self._ready[service] != ready:
            self._ready[service] = ready
            self._announce()

    def is_ready(self, service: str) -> bool:
        """Whether ``service`` takes calls now."""
        return self._ready[service]

    def close(self) -> None:
        """Say NOT_SERVING for every service from now on, and let every watch end after saying so."""
        self._ready = dict.fromkeys(self._ready, False)
        self._closing = True
        self._announce()

    async def Check(  # noqa: N802 - named by the protocol
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        """The state of one service now; NOT_FOUND for a service that is not here."""
        status = self._status(request.service)
        if status == _Status.SERVICE_UNKNOWN:
            await context.abort(grpc.StatusCode.NOT_FOUND, "There is no such service here.")
        return _Status(status=status)

    async def Watch(  # noqa: N802 - named by the protocol
        self,
        request: health_pb2.HealthCheckRequest,
        context: grpc.aio.ServicerContext,  # noqa: ARG002 - part of the protocol
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        """The state of one service now and after every change."""
        last = None
        while True:
            changed, closing = self._changed, self._closing
            status = self._status(request.service)
            if status != last:
                yield _Status(status=status)
                last = status
            if closing:
                return
            # A change while the line above was sending has replaced the event and set the old one: nothing is missed.
            await changed.wait()

    def _status(self, service: str) -> int:
        if service == "":
            return int(_Status.SERVING)
        ready = self._ready.get(service)
        if ready is None:
            return int(_Status.SERVICE_UNKNOWN)
        return int(_Status.SERVING if ready else _Status.NOT_SERVING)

    def _announce(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
