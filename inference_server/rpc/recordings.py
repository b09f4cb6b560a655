"""``ecg.v1.RecordingService``: a stream of samples to a stream of what has become known.

The front sees bytes: it cuts them into segments, each of which any worker may analyse any number of times, hands the
workers' answers on in order of time, and keeps a digest of each segment until all of them say what the rhythm is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final, NamedTuple

import grpc.aio

from inference_server.classification import messages
from inference_server.generated.ecg.v1 import recording_pb2 as pb
from inference_server.models.model_repository import ModelNotFound, ModelRepository, NoModelLoaded
from inference_server.rpc.checkpoints import Checkpoints
from inference_server.rpc.errors import MessageTooSlow, RequestError
from inference_server.rpc.pipelining import pipelined
from inference_server.rpc.recording_headers import checked, chosen_settings
from inference_server.rpc.recording_metrics import RecordingMetrics
from inference_server.rpc.recording_places import RecordingPlaces
from inference_server.rpc.segmenting import Segmenting
from inference_server.workers import recording_tasks, wire
from inference_server.workers.child import WorkerLost
from inference_server.workers.pool import Job, ServedModel
from inference_server.workers.scheduling import Caller, QueueFull, Scheduler
from inference_server.workers.wire import Kind

SERVICE: Final = pb.DESCRIPTOR.services_by_name["RecordingService"].full_name

#: Workers may be lost so often with the same part of a recording before the call is given up.
_MOST_REPEATS: Final = 3
#: Digests are packed from this size on, bytes.
_PACK_BYTES: Final = 2 * 1024 * 1024

Requests = AsyncIterator[pb.AnalyzeRecordingRequest]


class _Begun(NamedTuple):
    """A segment that is being analysed."""

    future: asyncio.Future[bytes]


class _Work:
    """The jobs of one recording: they take turns with those of others, and are repeated when a worker is lost."""

    def __init__(
        self,
        scheduler: Scheduler[Job, bytes],
        metrics: RecordingMetrics,
        model: ServedModel,
        context: grpc.aio.ServicerContext,
    ) -> None:
        self._scheduler = scheduler
        self._metrics = metrics
        self._model = model
        self._context = context
        self._caller: Caller[Job, bytes] = Caller()

    async def run(self, kind: Kind, body: bytes) -> bytes:
        """Do one job, and return the body of its reply."""
        return await (await self.begin(kind, body)).future

    async def begin(self, kind: Kind, body: bytes) -> _Begun:
        """Begin one, once there is room for it."""
        job = Job(kind, self._model, body)
        return _Begun(asyncio.ensure_future(self._finish(job, await self._admit(job))))

    async def _admit(self, job: Job) -> asyncio.Future[bytes]:
        while True:
            try:
                timeout = self._context.time_remaining()
                (future,) = self._scheduler.admit([job], timeout=timeout, caller=self._caller)
            except QueueFull:
                await self._scheduler.room()
            else:
                return future

    async def _finish(self, job: Job, future: asyncio.Future[bytes]) -> bytes:
        for _ in range(_MOST_REPEATS):
            try:
                return await future
            except WorkerLost:
                self._metrics.repeated()
                future = await self._admit(job)
        return await future


class Digests:
    """What all segments so far say, held in few bytes."""

    def __init__(self, work: _Work) -> None:
        self._work = work
        self._size = 0
        self.packed: list[bytes] = []
        self.held: list[bytes] = []
        """Of segments that are not packed yet; the first stands for what is."""

    async def add(self, digest: bytes) -> None:
        """That of the next segment."""
        self.held.append(digest)
        self._size += len(digest)
        if self._size > _PACK_BYTES:
            piece, *self.held = wire.split(await self._work.run(Kind.FOLD, wire.join(self.held)))
            self.packed.append(piece)
            self._size = 0


class RecordingServicer:
    """Analyses through a scheduler of its own; answers are bytes that workers have made.

    ``message_seconds`` is the longest time that a caller may take for the next message.
    """

    def __init__(
        self,
        repository: ModelRepository[ServedModel],
        scheduler: Scheduler[Job, bytes],
        metrics: RecordingMetrics,
        *,
        places: RecordingPlaces,
        window: int,
        max_seconds: float,
        message_seconds: float,
    ) -> None:
        self._repository = repository
        self._scheduler = scheduler
        self._metrics = metrics
        self._places = places
        self._window = window
        self._max_seconds = max_seconds
        self._message_seconds = message_seconds

    async def AnalyzeRecording(  # noqa: N802 - named by the protocol
        self, requests: Requests, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.AnalyzeRecordingResponse | bytes]:
        """Analyse one recording; see ``recording.proto``."""
        with self._places.one(context), self._metrics.one():
            header = await self._header(requests)
            facts, settings = checked(header, self._max_seconds), chosen_settings(header.settings)
            model = self._model(header.model_version)
            yield pb.AnalyzeRecordingResponse(accepted=pb.RecordingAccepted(model=messages.to_model(model.info)))
            work = _Work(self._scheduler, self._metrics, model, context)
            described = facts.to_bytes()
            plan = recording_tasks.plan_from_bytes(await work.run(Kind.PLAN, described))
            checkpoints = Checkpoints(described, model.info, plan)
            digests = Digests(work)
            request = await self._next(requests)
            while request is not None and request.WhichOneof("part") == "checkpoint":
                segment, state = checkpoints.next(request.checkpoint)
                await digests.add(await work.run(Kind.CHECK, recording_tasks.check_to_bytes(described, segment, state)))
                request = await self._next(requests)
            bodies = self._bodies(request, requests, Segmenting(facts, checkpoints.left))
            async with aclosing(
                pipelined(bodies, lambda body: work.begin(Kind.ANALYZE, body), window=self._window)
            ) as begun:
                async for item in begun:
                    digest, *answers = wire.split(await item.future)
                    self._metrics.segment_analysed()
                    for answer in answers:
                        yield answer
                    if header.checkpoints:
                        yield pb.AnalyzeRecordingResponse(checkpoint=checkpoints.of(digest))
                    await digests.add(digest)
            body = recording_tasks.rhythm_to_bytes(described, settings, digests.packed, digests.held)
            del digests
            for answer in wire.split(await work.run(Kind.RHYTHM, body)):
                yield answer
            self._metrics.analysed(facts.samples / facts.rate)

    def _model(self, version: str) -> ServedModel:
        """The version that answers.

        Raises:
            ModelNotFound: it isn't in service, or there is no model for recordings at all.
            NoModelLoaded: there is one, which is still being loaded.
        """
        try:
            return self._repository.get(version or None)
        except NoModelLoaded:
            if self._repository.versions():
                raise
            raise ModelNotFound(self._repository.name, version) from None

    async def _header(self, requests: Requests) -> pb.RecordingHeader:
        request = await self._next(requests)
        if request is None or request.WhichOneof("part") != "header":
            raise RequestError("RECORDING_HEADER_MISSING", "The first message has no header.", field="header")
        return request.header

    async def _bodies(
        self, request: pb.AnalyzeRecordingRequest | None, requests: Requests, segmenting: Segmenting
    ) -> AsyncIterator[bytes]:
        """The bodies of tasks for all segments, as they become complete; ``request`` is the first with a block."""
        while request is not None:
            if request.WhichOneof("part") != "block":
                raise RequestError("RECORDING_BLOCK_MISSING", "A message after the first has no block.", field="block")
            for body in segmenting.add(request.block.first_sample, request.block.values):
                yield body
            request = await self._next(requests)
        segmenting.finish()

    async def _next(self, requests: Requests) -> pb.AnalyzeRecordingRequest | None:
        try:
            async with asyncio.timeout(self._message_seconds):
                return await anext(requests, None)
        except TimeoutError:
            raise MessageTooSlow(self._message_seconds) from None
