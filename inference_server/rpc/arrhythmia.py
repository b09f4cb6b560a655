"""``ecg.v1.ArrhythmiaService``: protobuf in, protobuf out, everything else elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final, NamedTuple

import grpc.aio

from inference_server.classification import UnknownClass, messages
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from inference_server.models.model_repository import ModelNotFound, ModelRepository, NoModelLoaded
from inference_server.rpc import errors, lead_hints
from inference_server.rpc.errors import RequestError
from inference_server.rpc.metrics import Metrics
from inference_server.rpc.pipelining import Streams, failed, pipelined
from inference_server.workers import wire
from inference_server.workers.pool import Job, ServedModel
from inference_server.workers.scheduling import Caller, QueueFull, Scheduler
from inference_server.workers.wire import Classified, Kind

SERVICE: Final = pb.DESCRIPTOR.services_by_name["ArrhythmiaService"].full_name

#: Longest name that a caller may give a picture of a stream, bytes.
MAX_KEY_BYTES: Final = 256


class _UnderWay(NamedTuple):
    """A picture of a stream that has not been answered."""

    key: str
    future: asyncio.Future[bytes]


class ArrhythmiaServicer(arrhythmia_pb2_grpc.ArrhythmiaServiceServicer):
    """Classifies through the scheduler; describes models without it, so that descriptions are never refused.

    Answers that workers have made go to the caller as the bytes that they are; it is registered accordingly
    (:mod:`inference_server.rpc.registration`).
    """

    def __init__(
        self,
        repository: ModelRepository[ServedModel],
        scheduler: Scheduler[Job, bytes],
        metrics: Metrics,
        *,
        max_batch: int,
        streams: Streams,
        stream_window: int,
        recordings: ModelRepository[ServedModel],
    ) -> None:
        self._repository = repository
        self._recordings = recordings
        self._scheduler = scheduler
        self._metrics = metrics
        self._max_batch = max_batch
        self._streams = streams
        self._stream_window = stream_window

    async def ClassifyImage(  # noqa: N802 - named by the protocol
        self, request: pb.ClassifyImageRequest, context: grpc.aio.ServicerContext
    ) -> bytes:
        """Classify one picture; a serialised ``ClassifyImageResponse``."""
        self._metrics.pictures(1)
        try:
            job = self._job(request.image, request.model_version, request.lead)
            del request  # it holds the picture a second time
            body = await self._scheduler.run(job, timeout=context.time_remaining())
        except Exception as error:
            self._metrics.refused(errors.reason_of(error))
            raise
        return self._account(body).response

    async def BatchClassifyImages(  # noqa: N802 - named by the protocol
        self, request: pb.BatchClassifyImagesRequest, context: grpc.aio.ServicerContext
    ) -> pb.BatchClassifyImagesResponse:
        """Classify several pictures, each with an outcome of its own."""
        number = len(request.images)
        errors.check_batch(number, self._max_batch, "images")
        model = self._repository.get(request.model_version or None)  # one version for all of them
        self._metrics.pictures(number)
        lead = lead_hints.resolved(request.lead)
        jobs = [lead_hints.job(Kind.CLASSIFY, model, image, lead) for image in request.images]
        futures = self._scheduler.admit(jobs, timeout=context.time_remaining())
        del request, jobs  # the scheduler holds each picture as long as it takes
        try:
            results = [await self._result(future, f"images[{index}]") for index, future in enumerate(futures)]
        finally:
            for future in futures:  # the caller has left: nobody reads the rest
                future.cancel()
        return pb.BatchClassifyImagesResponse(results=results)

    async def StreamClassifyImages(  # noqa: N802 - named by the protocol
        self, requests: AsyncIterator[pb.StreamClassifyImagesRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.StreamClassifyImagesResponse]:
        """Classify pictures as they come; answers keep their order."""
        caller: Caller[Job, bytes] = Caller()

        async def begin(request: pb.StreamClassifyImagesRequest) -> _UnderWay:
            if len(request.key.encode()) > MAX_KEY_BYTES:
                raise RequestError("KEY_TOO_LONG", f"A key has at most {MAX_KEY_BYTES} bytes.", field="key")
            self._metrics.pictures(1)
            return _UnderWay(request.key, await self._admit(request, caller, context))

        with self._streams.one():
            async with aclosing(pipelined(requests, begin, window=self._stream_window)) as begun:
                async for item in begun:
                    result = await self._result(item.future, "image")
                    yield pb.StreamClassifyImagesResponse(key=item.key, result=result)

    async def _admit(
        self, request: pb.StreamClassifyImagesRequest, caller: Caller[Job, bytes], context: grpc.aio.ServicerContext
    ) -> asyncio.Future[bytes]:
        """Admit one picture of a stream, when there is room."""
        while True:
            try:
                job = self._job(request.image, request.model_version, request.lead)
                (future,) = self._scheduler.admit([job], timeout=context.time_remaining(), caller=caller)
            except QueueFull:
                await self._scheduler.room()
            except (ModelNotFound, NoModelLoaded, RequestError) as error:
                return failed(error)
            else:
                return future

    async def ExplainImage(  # noqa: N802 - named by the protocol
        self, request: pb.ExplainImageRequest, context: grpc.aio.ServicerContext
    ) -> bytes:
        """Classify one picture and show the evidence; a serialised ``ExplainImageResponse``."""
        self._metrics.pictures(1)
        model = self._repository.get(request.model_version or None)
        parts = [request.beat_class.encode(), lead_hints.resolved(request.lead).encode(), request.image]
        job = Job(Kind.EXPLAIN, model, wire.join(parts))
        del request
        try:
            return await self._scheduler.run(job, timeout=context.time_remaining())
        except UnknownClass as error:
            raise RequestError("CLASS_UNKNOWN", str(error), field="beat_class") from error

    async def ListModels(  # noqa: N802 - named by the protocol
        self,
        request: pb.ListModelsRequest,  # noqa: ARG002 - part of the protocol
        context: grpc.aio.ServicerContext,  # noqa: ARG002 - part of the protocol
    ) -> pb.ListModelsResponse:
        """List the versions in service."""
        models, recording_models = self._repository.loaded(), self._recordings.loaded()
        return pb.ListModelsResponse(
            models=[messages.to_model(model.info) for model in models],
            default_version=self._repository.get().info.version if models else "",
            recording_models=[messages.to_model(model.info) for model in recording_models],
            default_recording_version=self._recordings.get().info.version if recording_models else "",
        )

    async def GetModel(  # noqa: N802 - named by the protocol
        self,
        request: pb.GetModelRequest,
        context: grpc.aio.ServicerContext,  # noqa: ARG002 - part of the protocol
    ) -> pb.GetModelResponse:
        """Describe one model version."""
        repositories = {repository.name: repository for repository in (self._recordings, self._repository)}
        try:
            repository = repositories[request.name or self._repository.name]
        except KeyError:
            raise ModelNotFound(request.name, request.version) from None
        return pb.GetModelResponse(model=messages.to_model(repository.get(request.version or None).info))

    def _job(self, image: bytes, version: str, lead: str) -> Job:
        model = self._repository.get(version or None)
        return lead_hints.job(Kind.CLASSIFY, model, image, lead_hints.resolved(lead))

    async def _result(self, future: asyncio.Future[bytes], field: str) -> pb.ImageResult:
        try:
            body = await future
        except Exception as error:
            status = errors.to_status(error, field=field)
            self._metrics.refused(errors.reason(status))
            return pb.ImageResult(error=status)
        response = pb.ClassifyImageResponse.FromString(self._account(body).response)
        return pb.ImageResult(classification=response.classification, timing=response.timing)

    def _account(self, body: bytes) -> Classified:
        classified = Classified.from_bytes(body)
        self._metrics.classified(classified)
        return classified
