"""Starts the gRPC server, serves until told to stop, and drains.

The order of a stop: say NOT_SERVING; wait for load balancers to notice; accept no more calls; let those under way
finish within the grace time; only then close the workers.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from inference_server.generated.ecg.v1 import arrhythmia_pb2
from inference_server.generated.inference import open_inference_pb2_grpc
from inference_server.listening import allow_files, channel_options, check_protection, listen
from inference_server.metrics import Metrics, MetricsServer
from inference_server.model_repository import ModelRepository
from inference_server.rpc import open_inference, registration
from inference_server.rpc.arrhythmia import SERVICE, ArrhythmiaServicer
from inference_server.rpc.authentication import Authentication, without_tokens
from inference_server.rpc.calls import Calls
from inference_server.rpc.health import HealthServicer
from inference_server.rpc.intake import Intake
from inference_server.rpc.open_inference import OpenInferenceServicer
from inference_server.rpc.pipelining import Streams
from inference_server.rpc.reflected import DescriptorPools
from inference_server.scheduling import Scheduler
from inference_server.settings import Settings
from inference_server.tokens import TokenStore
from inference_server.workers.pool import Job, ServedModel, WorkerPool
from inference_server.workers.wire import Configuration

if TYPE_CHECKING:
    from inference_server.rpc.tracing import Tracing

_log = logging.getLogger(__name__)


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
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def workers_changed() -> None:
        scheduler.resize(pool.slots)
        follow()

    configuration = Configuration(settings.image_limits, settings.log_level, settings.worker_bytes)
    pool = WorkerPool(settings.workers, configuration, job_seconds=settings.job_seconds, changed=workers_changed)
    scheduler: Scheduler[Job, bytes] = Scheduler(
        pool.submit,
        slots=0,
        capacity=settings.queue_size,
        capacity_bytes=settings.queue_bytes,
        size=lambda job: len(job.body),
    )
    repository: ModelRepository[ServedModel] = ModelRepository(
        settings.models, name=settings.model_name, load=pool.load, versions=settings.model_versions
    )
    metrics = Metrics()
    metrics.watch_queue(lambda: scheduler.waiting, lambda: scheduler.running, lambda: scheduler.held_bytes)
    metrics.watch_workers(lambda: pool.ready, lambda: pool.lost)
    services = (SERVICE, open_inference.SERVICE)
    health = HealthServicer(services)

    def follow() -> None:
        """Tell everybody what is in service now."""
        models = repository.loaded()
        metrics.models(tuple(model.info for model in models))
        for service in services:
            health.set_ready(service, bool(models) and pool.ready > 0)

    async with AsyncExitStack() as beside:
        await beside.enter_async_context(pool)  # first, so that the workers start meanwhile
        around: dict[str, Any] = {}
        if settings.tracing:
            around["span"] = beside.enter_context(_tracing()).span
        check = without_tokens if settings.tokens is None else Authentication(TokenStore(settings.tokens)).check
        intake = await beside.enter_async_context(
            Intake(
                seconds=settings.message_seconds,
                more_bytes=settings.queue_bytes + settings.max_arriving_bytes,
                busy=lambda: scheduler.held_bytes > 0,
                models=lambda: pool.model_bytes,
            )
        )
        server = grpc.aio.server(options=channel_options(settings))
        calls = Calls(server, metrics, intake, check=check, limit=settings.max_calls, log=settings.access_log, **around)
        streams = Streams(settings.max_streams)
        servicer = ArrhythmiaServicer(
            repository,
            scheduler,
            metrics,
            max_batch=settings.batch_limit,
            streams=streams,
            stream_window=settings.stream_window,
        )
        registration.add(calls, arrhythmia_pb2.DESCRIPTOR.services_by_name["ArrhythmiaService"], servicer)
        open_inference_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(
            OpenInferenceServicer(
                repository,
                scheduler,
                metrics,
                max_batch=settings.batch_limit,
                streams=streams,
                ready=lambda: health.is_ready(open_inference.SERVICE),
                changed=follow,
            ),
            calls,
        )
        health_pb2_grpc.add_HealthServicer_to_server(health, calls)
        shown = (*services, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(
            reflection.aio.ReflectionServicer(shown, pool=DescriptorPools()), calls
        )
        address = listen(server, settings)
        where = {"address": address}
        if settings.metrics_listen:
            where["metrics"] = beside.enter_context(MetricsServer(metrics, settings.metrics_listen)).address
        # What was imported and set up stays; the collector need not look through it again and again.
        gc.freeze()
        await server.start()
        _log.info("listening", extra={**where, "workers": settings.workers})
        loading = asyncio.ensure_future(_keep_loading(repository, settings.reload_seconds, follow))
        await stop.wait()
        loading.cancel()
        _log.info("draining", extra={"running": scheduler.running, "waiting": scheduler.waiting})
        health.close()
        await asyncio.sleep(settings.drain_seconds)
        await server.stop(settings.grace_seconds)
        _log.info("stopped")


def _tracing() -> Tracing:
    try:
        from inference_server.rpc.tracing import Tracing
    except ImportError as error:
        raise TracingUnavailable(f"BEATLENS_TRACING needs the extra 'tracing': {error}.") from error
    return Tracing()


async def _keep_loading(repository: ModelRepository[ServedModel], seconds: float, follow: Callable[[], None]) -> None:
    """Load what is on disk, and look for new versions every so many seconds; 0: never."""
    await _look(repository, follow)
    if repository.loaded():
        _log.info("serving", extra={"versions": [model.info.version for model in repository.loaded()]})
    else:
        _log.error("no model to serve", extra={"folder": str(repository.folder), "refused": repository.refused})
    while seconds:
        await asyncio.sleep(seconds)
        await _look(repository, follow)


async def _look(repository: ModelRepository[ServedModel], follow: Callable[[], None]) -> None:
    """Bring what is in service in line with what is on disk, and call ``follow`` when something changed."""
    try:
        if await asyncio.to_thread(repository.refresh):
            follow()
    except Exception:
        _log.exception("looking for new models failed")
