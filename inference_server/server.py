"""Starts the gRPC server, serves until told to stop, and drains.

The order of a stop: say NOT_SERVING; wait for load balancers to notice; accept no more calls; let those under way
finish within the grace time; only then close the workers.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from inference_server.classifier import Classifier
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from inference_server.generated.inference import open_inference_pb2_grpc
from inference_server.listening import check_protection, listen
from inference_server.metrics import Metrics, MetricsServer
from inference_server.model_repository import ModelRepository
from inference_server.rpc import open_inference
from inference_server.rpc.arrhythmia import SERVICE, ArrhythmiaServicer, Work
from inference_server.rpc.authentication import Authentication
from inference_server.rpc.health import HealthServicer
from inference_server.rpc.interceptors import Around, CallRecord, ErrorMapping
from inference_server.rpc.open_inference import OpenInferenceServicer
from inference_server.rpc.reflected import DescriptorPools
from inference_server.scheduling import Scheduler
from inference_server.settings import Settings
from inference_server.tokens import TokenStore

_log = logging.getLogger(__name__)


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then drain.

    Raises:
        AddressUnavailable: the port is taken, or the address is not one of this machine.
        NotProtected: the settings would expose the service.
    """
    check_protection(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    repository = ModelRepository(settings.models, name=settings.model_name, versions=settings.model_versions)
    classifier = Classifier(repository, settings.image_limits)
    workers = ThreadPoolExecutor(settings.workers, thread_name_prefix="worker")

    scheduler: Scheduler[Work, Any] = Scheduler(workers.submit, slots=settings.workers, capacity=settings.queue_size)
    metrics = Metrics()
    metrics.watch_queue(lambda: scheduler.waiting, lambda: scheduler.running)
    services = (SERVICE, open_inference.SERVICE)
    health = HealthServicer(services)

    def follow() -> None:
        """Tell everybody what is in service now."""
        metrics.models(classifier.models())
        for service in services:
            health.set_ready(service, bool(repository.loaded()))

    interceptors: list[Around] = [CallRecord(metrics, log=settings.access_log), ErrorMapping()]
    if settings.tokens is not None:
        interceptors.append(Authentication(TokenStore(settings.tokens)))
    server = grpc.aio.server(
        interceptors=interceptors,
        options=[
            ("grpc.max_receive_message_length", settings.max_message_bytes),
            # Otherwise a second server would share the port in silence and get half of the calls.
            ("grpc.so_reuseport", 0),
        ],
    )
    servicer = ArrhythmiaServicer(
        classifier, scheduler, metrics, max_batch=settings.batch_limit, stream_window=settings.stream_window
    )
    arrhythmia_pb2_grpc.add_ArrhythmiaServiceServicer_to_server(servicer, server)
    open_inference_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(
        OpenInferenceServicer(
            classifier, repository, scheduler, metrics, max_batch=settings.batch_limit, changed=follow
        ),
        server,
    )
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    reflection.enable_server_reflection(
        (*services, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME),
        server,
        pool=DescriptorPools(),
    )
    address = listen(server, settings)
    with ExitStack() as beside:
        where = {"address": address}
        if settings.metrics_listen:
            where["metrics"] = beside.enter_context(MetricsServer(metrics, settings.metrics_listen)).address
        await server.start()
        _log.info("listening", extra={**where, "workers": settings.workers})
        await asyncio.to_thread(repository.refresh)
        follow()
        if repository.loaded():
            _log.info("serving", extra={"address": address})
        else:
            _log.error("no model to serve", extra={"folder": str(repository.folder), "refused": repository.refused})

        reloading = asyncio.ensure_future(_keep_loading(repository, settings.reload_seconds, follow))
        await stop.wait()
        reloading.cancel()
        _log.info("draining", extra={"running": scheduler.running, "waiting": scheduler.waiting})
        health.close()
        await asyncio.sleep(settings.drain_seconds)
        await server.stop(settings.grace_seconds)
        workers.shutdown(cancel_futures=True)
        _log.info("stopped")


async def _keep_loading(repository: ModelRepository, seconds: float, follow: Callable[[], None]) -> None:
    """Look for new versions every so many seconds (0: never), and call ``follow`` when something changed."""
    while seconds:
        await asyncio.sleep(seconds)
        try:
            if await asyncio.to_thread(repository.refresh):
                follow()
        except Exception:
            _log.exception("looking for new models failed")
