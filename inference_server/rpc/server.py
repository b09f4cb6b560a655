"""The gRPC server: put together, started, drained, stopped.

The order of a stop: say NOT_SERVING; wait for load balancers to notice; accept no more calls; let those under way
finish within the grace time; only then close the workers.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc
from prometheus_client import Metric

from inference_server.generated.ecg.v1 import arrhythmia_pb2, digitization_pb2, recording_pb2
from inference_server.generated.inference import open_inference_pb2_grpc
from inference_server.models.model_repository import ModelRepository
from inference_server.rpc import open_inference, registration
from inference_server.rpc.arrhythmia import SERVICE, ArrhythmiaServicer
from inference_server.rpc.authentication import Authentication, without_tokens
from inference_server.rpc.calls import Calls
from inference_server.rpc.digitization import SERVICE as DIGITIZATION_SERVICE
from inference_server.rpc.digitization import DigitizationServicer
from inference_server.rpc.health import HealthServicer
from inference_server.rpc.intake import Intake
from inference_server.rpc.internal import InternalServer, turns
from inference_server.rpc.listening import allow_files, channel_options, check_protection, listen
from inference_server.rpc.metrics import Metrics
from inference_server.rpc.model_switch import ModelSwitch, Switch
from inference_server.rpc.open_inference import OpenInferenceServicer
from inference_server.rpc.pipelining import Streams
from inference_server.rpc.recording_metrics import RecordingMetrics
from inference_server.rpc.recording_places import RecordingPlaces
from inference_server.rpc.recording_workers import RecordingWorkers
from inference_server.rpc.recordings import SERVICE as RECORDING_SERVICE
from inference_server.rpc.recordings import RecordingServicer
from inference_server.rpc.reflected import DescriptorPools
from inference_server.runtime.settings import Settings
from inference_server.runtime.shared import SharedBuckets, SharedCallers, SharedMemory
from inference_server.runtime.tokens import TokenStore
from inference_server.workers.pool import Job, ServedModel, WorkerPool
from inference_server.workers.scheduling import Scheduler
from inference_server.workers.wire import Configuration

if TYPE_CHECKING:
    from inference_server.rpc.tracing import Tracing

_log = logging.getLogger(__name__)

_PICTURE_SERVICES: Final = (SERVICE, open_inference.SERVICE)
#: Those that health speaks of.
SERVICES: Final = (*_PICTURE_SERVICES, RECORDING_SERVICE, DIGITIZATION_SERVICE)


class TracingUnavailable(Exception):  # noqa: N818 - reads as what happened
    """Traces are asked for, and what makes them is not installed."""


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then drain.

    Raises:
        AddressUnavailable: the port is taken, or the address is not one of this machine.
        NotProtected: the settings would expose the service.
        TracingUnavailable: traces are asked for without the extra ``tracing``.
    """
    check_protection(settings)
    allow_files(settings)
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    async with Server(settings) as server:
        await server.start()
        await told_to_stop.wait()
        await server.drain()
        await server.stop()


@dataclass(frozen=True, slots=True)
class Together:
    """What one of several fronts does in step with the others."""

    shared: SharedMemory
    number: int
    """Of this front."""
    switch: Switch
    """Loads and unloads for all fronts."""
    announce: Callable[[str, bool], None]
    """Told whether this front takes calls of a service; what health says is set by :meth:`Server.say`."""


class Server:
    """The front of the inference server with its workers. Belongs to one event loop.

    Entering it starts the workers, :meth:`start` the calls, :meth:`drain` turns new callers away, :meth:`stop` ends
    the calls; leaving it closes the workers. One of several fronts opens its port by :meth:`open` alone, once it has
    what the others have.
    """

    def __init__(self, settings: Settings, together: Together | None = None) -> None:
        self._settings = settings
        self._together = together
        self._metrics = Metrics()
        self._health = HealthServicer(SERVICES)
        self._beside = AsyncExitStack()
        self._pool = WorkerPool(
            settings.workers,
            Configuration(settings.image_limits, settings.log_level, settings.worker_bytes),
            job_seconds=settings.job_seconds,
            changed=self._follow_workers,
        )
        self._scheduler: Scheduler[Job, bytes] = Scheduler(
            self._pool.submit,
            slots=0,
            capacity=settings.queue_size,
            capacity_bytes=settings.queue_bytes,
            size=lambda job: len(job.body),
        )
        self._repository: ModelRepository[ServedModel] = ModelRepository(
            settings.models, name=settings.model_name, load=self._pool.load, versions=settings.model_versions
        )
        self._recordings = RecordingWorkers(settings, changed=self._follow)
        scheduler, pool = self._scheduler, self._pool
        segments, recording_pool = self._recordings.scheduler, self._recordings.pool
        self._places = RecordingPlaces(
            settings.max_recordings,
            settings.max_caller_recordings,
            by_token=settings.tokens is not None,
            callers=SharedCallers(together.shared, together.number) if together else None,
        )
        self.switch = ModelSwitch(self._repository, self._recordings, changed=self._follow)
        self._metrics.watch_queue(lambda: scheduler.waiting, lambda: scheduler.running, lambda: scheduler.held_bytes)
        self._metrics.watch_workers(lambda: pool.ready, lambda: pool.lost)
        self._recording_metrics = RecordingMetrics(self._metrics.registry)
        self._recording_metrics.watch(
            lambda: segments.waiting,
            lambda: segments.running,
            lambda: segments.held_bytes,
            lambda: recording_pool.ready,
            lambda: recording_pool.lost,
        )
        self._intake = Intake(
            seconds=settings.message_seconds,
            more_bytes=settings.queue_bytes + settings.max_arriving_bytes,
            busy=lambda: scheduler.held_bytes + segments.held_bytes > 0 or self._places.taken > 0,
            models=lambda: pool.model_bytes + recording_pool.model_bytes + self._recordings_hold,
        )
        self._loading: asyncio.Task[None] | None = None
        self._grpc: grpc.aio.Server | None = None

    @property
    def _recordings_hold(self) -> int:
        """What the recordings under way may hold, bytes, beside messages that arrive: a segment on its way to a worker
        is held twice, and what the next one needs of it once more.
        """
        return 3 * self._settings.recording_bytes if self._places.taken else 0

    async def start(self) -> None:
        """Take calls, and begin to load models.

        Raises:
            AddressUnavailable, NotProtected, TracingUnavailable: see :func:`serve`.
        """
        addresses = {}
        if self._settings.metrics_listen:
            internal = InternalServer(
                self._metrics.registry,
                self._settings.metrics_listen,
                live=partial(turns, asyncio.get_running_loop()),
                ready=lambda: self._health.is_ready(SERVICE),
            )
            addresses["metrics"] = self._beside.enter_context(internal).address
        addresses["address"] = await self.open()
        _log.info("listening", extra={**addresses, "workers": self._settings.workers})
        self._loading = asyncio.ensure_future(self._keep_loading(self._settings.reload_seconds))

    async def open(self) -> str:
        """Take calls; returns ``HOST:PORT``.

        Raises:
            AddressUnavailable, NotProtected, TracingUnavailable: see :func:`serve`.
        """
        self._grpc = grpc.aio.server(options=channel_options(self._settings, shared_port=self._together is not None))
        self._add_services(self._surrounding_calls(self._grpc))
        address = listen(self._grpc, self._settings)
        # What was imported and set up stays; the collector need not look through it again and again.
        gc.freeze()
        await self._grpc.start()
        self._announce(DIGITIZATION_SERVICE, True)  # needs no model, and has workers when they are asked for
        return address

    def say(self, ready: Mapping[str, bool]) -> None:
        """What health says from now on, by service: of one front of several, what is true of all together."""
        for service, is_ready in ready.items():
            self._health.set_ready(service, is_ready)

    def collect(self) -> Iterable[Metric]:
        """What it has counted."""
        return self._metrics.registry.collect()

    async def drain(self) -> None:
        """Load no more models, say NOT_SERVING, and wait until load balancers have noticed."""
        if self._loading is not None:
            self._loading.cancel()
        _log.info("draining", extra={"running": self._scheduler.running, "waiting": self._scheduler.waiting})
        self._health.close()
        await asyncio.sleep(self._settings.drain_seconds)

    async def stop(self) -> None:
        """Accept no more calls, and let those under way finish within the grace time."""
        if self._grpc is not None:
            await self._grpc.stop(self._settings.grace_seconds)
        _log.info("stopped")

    async def __aenter__(self) -> Self:
        # The workers first, so that they start meanwhile.
        for part in (self._pool, self._recordings, self._intake):
            await self._beside.enter_async_context(part)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._beside.__aexit__(kind, error, traceback)

    def _surrounding_calls(self, server: grpc.aio.Server) -> Calls:
        settings = self._settings
        around: dict[str, Any] = {}
        if settings.tracing:
            around["span"] = self._beside.enter_context(_tracing()).span
        buckets = SharedBuckets(self._together.shared) if self._together else None
        check = (
            without_tokens if settings.tokens is None else Authentication(TokenStore(settings.tokens, buckets)).check
        )
        return Calls(
            server,
            self._metrics,
            self._intake,
            check=check,
            limit=settings.max_calls,
            log=settings.access_log,
            **around,
        )

    def _add_services(self, calls: Calls) -> None:
        settings = self._settings
        streams = Streams(settings.max_streams)
        arrhythmia = ArrhythmiaServicer(
            self._repository,
            self._scheduler,
            self._metrics,
            max_batch=settings.batch_limit,
            streams=streams,
            stream_window=settings.stream_window,
            recordings=self._recordings.repository,
        )
        registration.add(calls, arrhythmia_pb2.DESCRIPTOR.services_by_name["ArrhythmiaService"], arrhythmia)
        recordings = RecordingServicer(
            self._recordings.repository,
            self._recordings.scheduler,
            self._recording_metrics,
            places=self._places,
            window=settings.recording_workers,
            max_seconds=settings.max_recording_seconds,
            message_seconds=settings.message_seconds,
        )
        registration.add(calls, recording_pb2.DESCRIPTOR.services_by_name["RecordingService"], recordings)
        digitization = DigitizationServicer(self._recordings, self._metrics)
        registration.add(calls, digitization_pb2.DESCRIPTOR.services_by_name["DigitizationService"], digitization)
        open_inference_servicer = OpenInferenceServicer(
            self._repository,
            self._scheduler,
            self._metrics,
            max_batch=settings.batch_limit,
            streams=streams,
            ready=lambda: self._health.is_ready(open_inference.SERVICE),
            switch=self._together.switch if self._together else self.switch,
        )
        open_inference_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(open_inference_servicer, calls)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, calls)
        shown = (
            *SERVICES,
            health_pb2.DESCRIPTOR.services_by_name["Health"].full_name,
            reflection.SERVICE_NAME,
        )
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(
            reflection.aio.ReflectionServicer(shown, pool=DescriptorPools()), calls
        )

    def _follow_workers(self) -> None:
        """As many jobs at once as the workers that are ready take."""
        self._scheduler.resize(self._pool.slots)
        self._follow()

    def _follow(self) -> None:
        """Tell metrics and health what is in service now."""
        models = self._repository.loaded()
        self._metrics.models(tuple(model.info for model in (*models, *self._recordings.repository.loaded())))
        self._announce(RECORDING_SERVICE, self._recordings.ready)
        for service in _PICTURE_SERVICES:
            self._announce(service, bool(models) and self._pool.ready > 0)

    def _announce(self, service: str, ready: bool) -> None:
        """Tell whether this front takes calls of the service."""
        if self._together is None:
            self._health.set_ready(service, ready)
        else:
            self._together.announce(service, ready)

    async def _keep_loading(self, seconds: float) -> None:
        """Load what is on disk, and look for new versions every so many seconds; 0: never."""
        await self.switch.look()
        if self._repository.loaded():
            _log.info("serving", extra={"versions": [model.info.version for model in self._repository.loaded()]})
        else:
            extra = {"folder": str(self._repository.folder), "refused": self._repository.refused}
            _log.error("no model to serve", extra=extra)
        while seconds:
            await asyncio.sleep(seconds)
            await self.switch.look()


def _tracing() -> Tracing:
    try:
        from inference_server.rpc.tracing import Tracing
    except ImportError as error:
        raise TracingUnavailable(f"BEATLENS_TRACING needs the extra 'tracing': {error}.") from error
    return Tracing()
