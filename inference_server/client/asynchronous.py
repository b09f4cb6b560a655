"""The client for asyncio."""

from __future__ import annotations

import asyncio
import importlib
import math
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from inference_server.classification import Classification, ModelInfo, SaliencyMap
from inference_server.client import calls
from inference_server.client.calls import Answer, Call, Outcome, worker_lost
from inference_server.client.channel import CHANNEL_OPTIONS, SERVICE
from inference_server.client.errors import ClientError, client_error
from inference_server.client.streams import responses
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc, digitization_pb2_grpc, recording_pb2_grpc

if TYPE_CHECKING:
    from ecg.pictures.pages.corrections import Corrections
    from ecg.recording import Recording
    from ecg.rhythm.settings import RhythmSettings
    from inference_server.classification.page_messages import Digitized
    from inference_server.classification.recordings import RecordingAnalysis

Item = TypeVar("Item")


class AsyncArrhythmiaClient:
    """:class:`ArrhythmiaClient` for asyncio: the same calls as coroutines. Make it inside a running event loop."""

    def __init__(
        self,
        address: str,
        *,
        timeout: float = 5.0,
        token: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self._timeout = timeout
        self._metadata = calls.call_metadata(token)
        self._channel = (
            grpc.aio.secure_channel(address, credentials, options=CHANNEL_OPTIONS)
            if credentials
            else grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)
        )
        self._service = arrhythmia_pb2_grpc.ArrhythmiaServiceStub(self._channel)
        self._recordings = recording_pb2_grpc.RecordingServiceStub(self._channel)
        self._digitization = digitization_pb2_grpc.DigitizationServiceStub(self._channel)
        self._health = health_pb2_grpc.HealthStub(self._channel)

    async def classify(
        self,
        image: bytes,
        *,
        model_version: str | None = None,
        lead: str | None = None,
        timeout: float | None = None,
    ) -> Classification:
        """See :meth:`ArrhythmiaClient.classify`."""
        return await self._ask(calls.to_classify(image, model_version, lead), timeout)

    async def get_model(
        self, *, version: str | None = None, name: str | None = None, timeout: float | None = None
    ) -> ModelInfo:
        """See :meth:`ArrhythmiaClient.get_model`."""
        return await self._ask(calls.to_get_model(version, name), timeout)

    async def list_models(self, *, timeout: float | None = None) -> tuple[ModelInfo, ...]:
        """See :meth:`ArrhythmiaClient.list_models`."""
        return await self._ask(calls.TO_LIST_MODELS, timeout)

    async def classify_batch(
        self,
        images: Sequence[bytes],
        *,
        model_version: str | None = None,
        lead: str | None = None,
        timeout: float | None = None,
    ) -> list[Outcome]:
        """See :meth:`ArrhythmiaClient.classify_batch`."""
        end = time.monotonic() + self._seconds(timeout)
        outcomes = await self._ask(calls.to_classify_batch(images, model_version, lead), timeout)
        return [
            await self._again(image, model_version, lead, outcome, end) if worker_lost(outcome) else outcome
            for image, outcome in zip(images, outcomes, strict=True)
        ]

    async def classify_stream(
        self,
        images: Iterable[tuple[str, bytes]] | AsyncIterable[tuple[str, bytes]],
        *,
        model_version: str | None = None,
        lead: str | None = None,
        timeout: float | None = None,
    ) -> AsyncGenerator[tuple[str, Outcome], None]:
        """See :meth:`ArrhythmiaClient.classify_stream`; reads ``images`` in the event loop.

        Close it (``contextlib.aclosing``) where it may be left before its end.
        """
        end = math.inf if timeout is None else time.monotonic() + timeout
        sent: deque[bytes] = deque()

        async def requests() -> AsyncIterator[pb.StreamClassifyImagesRequest]:
            if isinstance(images, AsyncIterable):
                async for key, image in images:
                    yield calls.stream_request(key, image, model_version, lead, sent)
            else:
                for key, image in images:
                    yield calls.stream_request(key, image, model_version, lead, sent)

        call = self._service.StreamClassifyImages(requests(), timeout=timeout, metadata=calls.traced(self._metadata))
        try:
            async for response in responses(call):
                image, outcome = sent.popleft(), calls.outcome_of(response.result)
                if worker_lost(outcome):
                    outcome = await self._again(image, model_version, lead, outcome, end)
                yield response.key, outcome
        except grpc.RpcError as error:
            raise client_error(error) from error
        finally:
            call.cancel()  # without effect on a stream that has ended

    async def explain(
        self,
        image: bytes,
        *,
        beat_class: str | None = None,
        model_version: str | None = None,
        lead: str | None = None,
        timeout: float | None = None,
    ) -> SaliencyMap:
        """See :meth:`ArrhythmiaClient.explain`."""
        return await self._ask(calls.to_explain(image, model_version, beat_class, lead), timeout)

    async def digitize(
        self,
        image: bytes,
        *,
        corrections: Corrections | None = None,
        overlay: bool = True,
        timeout: float | None = None,
    ) -> Digitized:
        """See :meth:`ArrhythmiaClient.digitize`."""
        seconds = calls.DIGITIZE_SECONDS if timeout is None else timeout
        return await self._ask(calls.to_digitize(image, overlay, corrections), seconds, self._digitization)

    async def analyze(
        self,
        recording: Recording,
        *,
        model_version: str | None = None,
        settings: RhythmSettings | None = None,
        progress: Callable[[float], None] = lambda _fraction: None,
        resume: Sequence[bytes] = (),
        store: Callable[[int, bytes], None] = lambda _place, _part: None,
        timeout: float | None = None,
    ) -> RecordingAnalysis:
        """See :meth:`ArrhythmiaClient.analyze`; the recording is read, and answers are put together, in threads."""
        recordings = await asyncio.to_thread(_recordings)
        end = None if timeout is None else time.monotonic() + timeout
        stored = recordings.Stored(resume, store)
        while True:
            gathering = recordings.Gathering(recording, progress, stored)
            left = None if end is None else max(0.0, end - time.monotonic())
            messages = recordings.requests(recording, model_version, settings, stored)
            call = self._recordings.AnalyzeRecording(
                _in_threads(messages), timeout=left, metadata=calls.traced(self._metadata)
            )
            try:
                async for response in responses(call):
                    gathering.add(response)
                return await asyncio.to_thread(gathering.finish)
            except grpc.RpcError as error:
                failure = client_error(error)
                seconds = recordings.pause_after(failure, stored, end)
                if seconds is None:
                    raise failure from error
                await asyncio.sleep(seconds)
            finally:
                call.cancel()  # without effect on one that has ended

    async def is_serving(self, *, timeout: float = 1.0) -> bool:
        """See :meth:`ArrhythmiaClient.is_serving`."""
        try:
            response = await self._health.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=timeout)
        except (grpc.RpcError, grpc.aio.UsageError):  # UsageError: the channel is closed
            return False
        return bool(response.status == health_pb2.HealthCheckResponse.SERVING)

    async def close(self) -> None:
        """Close the channel; calls under way are cancelled."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, call: Call[Answer], timeout: float | None, service: object = None) -> Answer:
        method = getattr(service or self._service, call.method)
        try:
            response = await method(call.request, timeout=self._seconds(timeout), metadata=calls.traced(self._metadata))
        except grpc.RpcError as error:
            raise client_error(error) from error
        return call.read(response)

    async def _again(
        self, image: bytes, version: str | None, lead: str | None, outcome: Outcome, end: float
    ) -> Outcome:
        """See :meth:`ArrhythmiaClient._again`."""
        left = min(self._timeout, end - time.monotonic())
        try:
            return await self.classify(image, model_version=version, lead=lead, timeout=left) if left > 0 else outcome
        except ClientError as error:
            return error

    def _seconds(self, timeout: float | None) -> float:
        return self._timeout if timeout is None else timeout


def _recordings() -> ModuleType:
    """What other calls do without, with NumPy."""
    return importlib.import_module("inference_server.client.recordings")


async def _in_threads(items: Iterator[Item]) -> AsyncIterator[Item]:
    """``items``, each made in a thread."""
    while (item := await asyncio.to_thread(next, items, None)) is not None:
        yield item
