"""``ecg.v1.ArrhythmiaService``: protobuf in, protobuf out, everything else elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Final

import grpc.aio
from google.protobuf import duration_pb2

from inference_server.classifier import Answer, Classifier, Explanation, UnknownClass
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from inference_server.metrics import Metrics
from inference_server.rpc import errors, messages
from inference_server.rpc.errors import RequestError
from inference_server.scheduling import Caller, Done, QueueFull, Scheduler

SERVICE: Final = pb.DESCRIPTOR.services_by_name["ArrhythmiaService"].full_name

#: Longest name that a caller may give a picture of a stream, bytes.
MAX_KEY_BYTES: Final = 256

Work = Callable[[], Any]


class ArrhythmiaServicer(arrhythmia_pb2_grpc.ArrhythmiaServiceServicer):
    """Classifies through the scheduler; describes models without it, so that descriptions are never refused."""

    def __init__(
        self,
        classifier: Classifier,
        scheduler: Scheduler[Work, Any],
        metrics: Metrics,
        *,
        max_batch: int,
        stream_window: int,
    ) -> None:
        self._classifier = classifier
        self._scheduler = scheduler
        self._metrics = metrics
        self._max_batch = max_batch
        self._stream_window = stream_window

    async def ClassifyImage(  # noqa: N802 - named by the protocol
        self, request: pb.ClassifyImageRequest, context: grpc.aio.ServicerContext
    ) -> pb.ClassifyImageResponse:
        """Classify one picture."""
        self._metrics.pictures(1)
        work = partial(self._classifier.classify, request.image, version=request.model_version or None)
        try:
            done: Done[Answer] = await self._scheduler.run(work, timeout=context.time_remaining())
        except Exception as error:
            self._metrics.refused(errors.reason_of(error))
            raise
        return pb.ClassifyImageResponse(
            classification=messages.to_classification(done.result.classification), timing=self._account(done)
        )

    async def BatchClassifyImages(  # noqa: N802 - named by the protocol
        self, request: pb.BatchClassifyImagesRequest, context: grpc.aio.ServicerContext
    ) -> pb.BatchClassifyImagesResponse:
        """Classify several pictures, each with an outcome of its own."""
        number = len(request.images)
        if not number:
            raise RequestError("BATCH_EMPTY", "The batch has no picture.", field="images")
        if number > self._max_batch:
            message = f"The batch has {number} pictures; the limit is {self._max_batch}."
            raise RequestError("BATCH_TOO_LARGE", message, field="images")
        version = self._classifier.model(request.model_version or None).version  # one version for all of them
        self._metrics.pictures(number)
        futures = self._scheduler.admit(
            [partial(self._classifier.classify, image, version=version) for image in request.images],
            timeout=context.time_remaining(),
        )
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
        under_way: asyncio.Queue[tuple[str, asyncio.Future[Done[Answer]]] | None] = asyncio.Queue(self._stream_window)
        reading = asyncio.ensure_future(self._read(requests, under_way, context))
        future: asyncio.Future[Done[Answer]] | None = None
        try:
            while (item := await under_way.get()) is not None:
                key, future = item
                yield pb.StreamClassifyImagesResponse(key=key, result=await self._result(future, "image"))
            await reading  # raises what ended the reading
        finally:
            reading.cancel()
            if future is not None:
                future.cancel()
            while not under_way.empty():
                if (item := under_way.get_nowait()) is not None:
                    item[1].cancel()

    async def _read(
        self,
        requests: AsyncIterator[pb.StreamClassifyImagesRequest],
        under_way: asyncio.Queue[tuple[str, asyncio.Future[Done[Answer]]] | None],
        context: grpc.aio.ServicerContext,
    ) -> None:
        """Admit the pictures of a stream one by one, no faster than they are answered."""
        caller: Caller[Work, Any] = Caller()
        try:
            async for request in requests:
                if len(request.key.encode()) > MAX_KEY_BYTES:
                    raise RequestError("KEY_TOO_LONG", f"A key has at most {MAX_KEY_BYTES} bytes.", field="key")
                self._metrics.pictures(1)
                work = partial(self._classifier.classify, request.image, version=request.model_version or None)
                while True:
                    try:
                        (future,) = self._scheduler.admit([work], timeout=context.time_remaining(), caller=caller)
                        break
                    except QueueFull:
                        await self._scheduler.room()
                await under_way.put((request.key, future))
        finally:
            await under_way.put(None)

    async def ExplainImage(  # noqa: N802 - named by the protocol
        self, request: pb.ExplainImageRequest, context: grpc.aio.ServicerContext
    ) -> pb.ExplainImageResponse:
        """Classify one picture and show the evidence."""
        self._metrics.pictures(1)
        work = partial(self._explain, request.image, request.model_version or None, request.beat_class or None)
        try:
            done: Done[pb.ExplainImageResponse] = await self._scheduler.run(work, timeout=context.time_remaining())
        except UnknownClass as error:
            raise RequestError("CLASS_UNKNOWN", str(error), field="beat_class") from error
        return done.result

    async def ListModels(  # noqa: N802 - named by the protocol
        self,
        request: pb.ListModelsRequest,  # noqa: ARG002 - part of the protocol
        context: grpc.aio.ServicerContext,  # noqa: ARG002 - part of the protocol
    ) -> pb.ListModelsResponse:
        """List the versions in service."""
        models = self._classifier.models()
        return pb.ListModelsResponse(
            models=[messages.to_model(info) for info in models],
            default_version=self._classifier.model().version if models else "",
        )

    async def GetModel(  # noqa: N802 - named by the protocol
        self,
        request: pb.GetModelRequest,
        context: grpc.aio.ServicerContext,  # noqa: ARG002 - part of the protocol
    ) -> pb.GetModelResponse:
        """Describe one model version."""
        return pb.GetModelResponse(model=messages.to_model(self._classifier.model(request.version or None)))

    def _explain(self, image: bytes, version: str | None, beat_class: str | None) -> pb.ExplainImageResponse:
        # On the worker as a whole: drawing the overlay would hold up the event loop.
        return _explanation(self._classifier.explain(image, version=version, beat_class=beat_class))

    async def _result(self, future: asyncio.Future[Done[Answer]], field: str) -> pb.ImageResult:
        try:
            done = await future
        except Exception as error:
            status = errors.to_status(error, field=field)
            self._metrics.refused(errors.reason(status))
            return pb.ImageResult(error=status)
        return pb.ImageResult(
            classification=messages.to_classification(done.result.classification), timing=self._account(done)
        )

    def _account(self, done: Done[Answer]) -> pb.ServerTiming:
        answer = done.result
        self._metrics.classified(
            answer.classification,
            queue=done.queue_seconds,
            decode=answer.decode_seconds,
            inference=answer.inference_seconds,
        )
        return pb.ServerTiming(
            queue=_duration(done.queue_seconds),
            decode=_duration(answer.decode_seconds),
            inference=_duration(answer.inference_seconds),
        )


def _explanation(explanation: Explanation) -> pb.ExplainImageResponse:
    values = explanation.saliency.values
    return pb.ExplainImageResponse(
        classification=messages.to_classification(explanation.classification),
        explained_class=messages.to_beat_class(explanation.explained_class),
        saliency=pb.SaliencyMap(
            rows=values.shape[0],
            columns=values.shape[1],
            values=values.ravel().tolist(),
            png=explanation.saliency.png(),
        ),
    )


def _duration(seconds: float) -> duration_pb2.Duration:
    nanoseconds = int(seconds * 1e9)
    return duration_pb2.Duration(seconds=nanoseconds // 1_000_000_000, nanos=nanoseconds % 1_000_000_000)
