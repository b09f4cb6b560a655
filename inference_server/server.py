"""Starts the gRPC server, serves until told to stop, and drains.

The order of a stop: say NOT_SERVING; wait for load balancers to notice; accept no more calls; let those under way
finish within the grace time; only then close the workers.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from inference_server.classifier import Answer, Classifier
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from inference_server.model_repository import ModelRepository
from inference_server.rpc.arrhythmia import SERVICE, ArrhythmiaServicer, Picture
from inference_server.rpc.health import HealthServicer
from inference_server.rpc.interceptors import CallLog, ErrorMapping
from inference_server.scheduling import Scheduler
from inference_server.settings import Settings

_log = logging.getLogger(__name__)

#: Room for the other fields of a request beside a picture of the largest size.
_ENVELOPE_BYTES: Final = 64 * 1024


class AddressUnavailable(Exception):  # noqa: N818 - reads as what happened
    """The server can't listen where it was told to; ``str(error)`` says where."""


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then drain.

    Raises:
        AddressUnavailable: the port is taken, or the address is not one of this machine.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    repository = ModelRepository(settings.models, name=settings.model_name)
    classifier = Classifier(repository, settings.image_limits)
    workers = ThreadPoolExecutor(settings.workers, thread_name_prefix="worker")

    def classify(picture: Picture) -> Future[Answer]:
        return workers.submit(classifier.classify, picture.image, version=picture.version)

    scheduler: Scheduler[Picture, Answer] = Scheduler(classify, slots=settings.workers, capacity=settings.queue_size)
    health = HealthServicer([SERVICE])
    server = grpc.aio.server(
        interceptors=[*([CallLog()] if settings.access_log else []), ErrorMapping()],
        options=[
            ("grpc.max_receive_message_length", settings.max_image_bytes + _ENVELOPE_BYTES),
            # Otherwise a second server would share the port in silence and get half of the calls.
            ("grpc.so_reuseport", 0),
        ],
    )
    arrhythmia_pb2_grpc.add_ArrhythmiaServiceServicer_to_server(ArrhythmiaServicer(classifier, scheduler), server)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    reflection.enable_server_reflection(
        (SERVICE, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME), server
    )
    host = settings.listen.rpartition(":")[0]
    try:
        port = server.add_insecure_port(settings.listen)
    except RuntimeError as error:
        raise AddressUnavailable(f"Can't listen on {settings.listen}: the port is taken or not allowed.") from error
    await server.start()
    _log.info("listening", extra={"address": f"{host}:{port}", "workers": settings.workers})

    await asyncio.to_thread(repository.refresh)
    health.set_ready(SERVICE, bool(repository.loaded()))
    if repository.loaded():
        _log.info("serving", extra={"address": f"{host}:{port}"})
    else:
        _log.error("no model to serve", extra={"folder": str(repository.folder), "refused": repository.refused})

    await stop.wait()
    _log.info("draining", extra={"running": scheduler.running, "waiting": scheduler.waiting})
    health.close()
    await asyncio.sleep(settings.drain_seconds)
    await server.stop(settings.grace_seconds)
    workers.shutdown(cancel_futures=True)
    _log.info("stopped")
