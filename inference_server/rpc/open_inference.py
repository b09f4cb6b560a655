"""``inference.GRPCInferenceService``: the Open Inference Protocol v2, for clients of Triton, KServe and MLServer."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from importlib.metadata import version as installed_version
from typing import Final, NamedTuple

import grpc.aio

from inference_server.classification import Classification, ModelInfo, messages
from inference_server.generated.ecg.v1 import arrhythmia_pb2
from inference_server.generated.inference import open_inference_pb2 as pb
from inference_server.generated.inference import open_inference_pb2_grpc
from inference_server.models.model_repository import ModelNotFound, ModelRepository, NoModelLoaded
from inference_server.rpc import errors, lead_hints, outputs, tensors
from inference_server.rpc.errors import RequestError
from inference_server.rpc.metrics import Metrics
from inference_server.rpc.model_switch import Switch
from inference_server.rpc.outputs import Wanted
from inference_server.rpc.pipelining import Streams, failed, pipelined
from inference_server.rpc.statistics import Statistics
from inference_server.workers import wire
from inference_server.workers.pool import Job, ServedModel
from inference_server.workers.scheduling import QueueFull, Scheduler
from inference_server.workers.wire import Classified, Kind

SERVICE: Final = pb.DESCRIPTOR.services_by_name["GRPCInferenceService"].full_name
EXTENSIONS: Final = ("classification", "model_repository", "model_configuration", "statistics")
PLATFORM: Final = "onnxruntime_onnx"

#: The second model takes canonical pixels; its name is the first one's with this behind it.
PIXELS_SUFFIX: Final = "_pixels"

#: Requests of one stream that are worked on ahead of the answers. Few, since each may be as large as a message can be.
_STREAM_WINDOW: Final = 4


class _UnderWay(NamedTuple):
    """A request of a stream that has not been answered."""

    named: pb.ModelInferResponse
    """What names the request, and nothing else: the request itself is not kept while its pictures are."""
    future: asyncio.Future[pb.ModelInferResponse]


class _Admitted(NamedTuple):
    """A request whose pictures wait for workers, or are with them."""

    named: pb.ModelInferResponse
    model: ServedModel
    outputs: tuple[Wanted, ...]
    statistics: Statistics
    begun: float
    futures: list[asyncio.Future[bytes]]

    def leave(self) -> None:
        """Nobody waits for the rest."""
        for future in self.futures:
            future.cancel()


class OpenInferenceServicer(open_inference_pb2_grpc.GRPCInferenceServiceServicer):
    """Classifies through the scheduler; everything else does without it, so that it is never refused.

    ``ready`` says whether the server takes calls; ``switch`` loads and unloads the model on a caller's wish.
    """

    def __init__(
        self,
        repository: ModelRepository[ServedModel],
        scheduler: Scheduler[Job, bytes],
        metrics: Metrics,
        *,
        max_batch: int,
        streams: Streams,
        ready: Callable[[], bool],
        switch: Switch,
    ) -> None:
        self._repository = repository
        self._scheduler = scheduler
        self._metrics = metrics
        self._max_batch = max_batch
        self._streams = streams
        self._ready = ready
        self._switch = switch
        self._statistics: defaultdict[tuple[str, str], Statistics] = defaultdict(Statistics)
        self._names = (repository.name, repository.name + PIXELS_SUFFIX)

    async def ServerLive(  # noqa: N802 - these names are the protocol's
        self, _request: pb.ServerLiveRequest, _context: grpc.aio.ServicerContext
    ) -> pb.ServerLiveResponse:
        """Always, when it answers."""
        return pb.ServerLiveResponse(live=True)

    async def ServerReady(  # noqa: N802
        self, _request: pb.ServerReadyRequest, _context: grpc.aio.ServicerContext
    ) -> pb.ServerReadyResponse:
        """Whether a model is in service, there are workers, and the server is not about to stop."""
        return pb.ServerReadyResponse(ready=self._ready())

    async def ModelReady(  # noqa: N802
        self, request: pb.ModelReadyRequest, _context: grpc.aio.ServicerContext
    ) -> pb.ModelReadyResponse:
        """Whether a model, or one version of it, is in service."""
        try:
            self._model(request.name, request.version)
        except (ModelNotFound, NoModelLoaded):
            return pb.ModelReadyResponse(ready=False)
        return pb.ModelReadyResponse(ready=self._ready())

    async def ServerMetadata(  # noqa: N802
        self, _request: pb.ServerMetadataRequest, _context: grpc.aio.ServicerContext
    ) -> pb.ServerMetadataResponse:
        """Name, version and extensions."""
        return pb.ServerMetadataResponse(name="beatlens", version=installed_version("beatlens"), extensions=EXTENSIONS)

    async def ModelMetadata(  # noqa: N802
        self, request: pb.ModelMetadataRequest, _context: grpc.aio.ServicerContext
    ) -> pb.ModelMetadataResponse:
        """Versions, inputs and outputs."""
        info = self._model(request.name, request.version).info
        tensor = pb.ModelMetadataResponse.TensorMetadata
        if self._takes_pixels(request.name):
            taken = tensor(name="pixels", datatype="UINT8", shape=_pixels_shape(info))
        else:
            taken = tensor(name="image", datatype="BYTES", shape=[-1])
        return pb.ModelMetadataResponse(
            name=request.name,
            versions=[info.version for info in self._infos()],
            platform=PLATFORM,
            inputs=[taken],
            outputs=[
                tensor(name="probabilities", datatype="FP32", shape=[-1, len(info.classes)]),
                tensor(name="label", datatype="BYTES", shape=[-1]),
                tensor(name="verdict", datatype="BYTES", shape=[-1]),
            ],
        )

    async def ModelConfig(  # noqa: N802
        self, request: pb.ModelConfigRequest, _context: grpc.aio.ServicerContext
    ) -> pb.ModelConfigResponse:
        """Configuration in Triton's words. ``max_batch_size`` 0: the shapes above are whole shapes."""
        info = self._model(request.name, request.version).info
        if self._takes_pixels(request.name):
            taken = pb.ModelInput(name="pixels", data_type=pb.TYPE_UINT8, dims=_pixels_shape(info))
        else:
            taken = pb.ModelInput(name="image", data_type=pb.TYPE_STRING, dims=[-1])
        return pb.ModelConfigResponse(
            config=pb.ModelConfig(
                name=request.name,
                platform=PLATFORM,
                backend="onnxruntime",
                max_batch_size=0,
                input=[taken],
                output=[
                    pb.ModelOutput(name="probabilities", data_type=pb.TYPE_FP32, dims=[-1, len(info.classes)]),
                    pb.ModelOutput(name="label", data_type=pb.TYPE_STRING, dims=[-1]),
                    pb.ModelOutput(name="verdict", data_type=pb.TYPE_STRING, dims=[-1]),
                ],
            )
        )

    async def ModelStatistics(  # noqa: N802
        self, request: pb.ModelStatisticsRequest, _context: grpc.aio.ServicerContext
    ) -> pb.ModelStatisticsResponse:
        """What calls of this protocol have cost, for one model or all."""
        if request.name:
            self._model(request.name, request.version)
        return pb.ModelStatisticsResponse(
            model_stats=[
                self._statistics[name, info.version].message(name, info.version)
                for name in self._names
                for info in self._infos()
                if request.name in ("", name) and request.version in ("", info.version)
            ]
        )

    async def ModelInfer(  # noqa: N802
        self, request: pb.ModelInferRequest, context: grpc.aio.ServicerContext
    ) -> pb.ModelInferResponse:
        """Classify pictures."""
        admitted = await self._admit(request, context)
        del request  # it holds the pictures a second time
        return await self._answer(admitted)

    async def ModelStreamInfer(  # noqa: N802
        self, requests: AsyncIterator[pb.ModelInferRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.ModelStreamInferResponse]:
        """Classify a stream of requests, some of them ahead of the answers, which keep the order."""

        async def begin(request: pb.ModelInferRequest) -> _UnderWay:
            try:
                admitted = await self._admit(request, context, patient=True)
            except Exception as error:
                return _UnderWay(_named(request), failed(error))
            answering = asyncio.ensure_future(self._answer(admitted))
            answering.add_done_callback(lambda _: admitted.leave())
            return _UnderWay(admitted.named, answering)

        with self._streams.one():
            async with aclosing(pipelined(requests, begin, window=_STREAM_WINDOW)) as begun:
                async for item in begun:
                    try:
                        yield pb.ModelStreamInferResponse(infer_response=await item.future)
                    except Exception as error:
                        # Named by the caller's id in an otherwise empty response, as Triton does.
                        message = errors.to_status(error).message
                        yield pb.ModelStreamInferResponse(error_message=message, infer_response=item.named)

    async def RepositoryIndex(  # noqa: N802
        self, request: pb.RepositoryIndexRequest, _context: grpc.aio.ServicerContext
    ) -> pb.RepositoryIndexResponse:
        """The versions on disk."""
        self._check_repository(request.repository_name)
        in_service = {info.version for info in self._infos()}
        refused = self._repository.refused
        versions = await asyncio.to_thread(self._repository.versions)
        index = pb.RepositoryIndexResponse.ModelIndex
        return pb.RepositoryIndexResponse(
            models=[
                index(name=name, version=version, state="READY")
                if version in in_service
                else index(name=name, version=version, state="UNAVAILABLE", reason=refused.get(version, "unloaded"))
                for name in self._names
                for version in versions
                if version in in_service or not request.ready
            ]
        )

    async def RepositoryModelLoad(  # noqa: N802
        self, request: pb.RepositoryModelLoadRequest, _context: grpc.aio.ServicerContext
    ) -> pb.RepositoryModelLoadResponse:
        """Look at the disk now."""
        self._check_managed(request.repository_name, request.model_name)
        if request.parameters:
            raise RequestError(
                "PARAMETER_UNSUPPORTED",
                "Models come from the repository on disk, not over the wire.",
                field="parameters",
            )
        await self._switch.load()
        self._repository.get()
        return pb.RepositoryModelLoadResponse()

    async def RepositoryModelUnload(  # noqa: N802
        self, request: pb.RepositoryModelUnloadRequest, _context: grpc.aio.ServicerContext
    ) -> pb.RepositoryModelUnloadResponse:
        """Take the model out of service; calls under way finish."""
        self._check_managed(request.repository_name, request.model_name)
        await self._switch.unload()
        return pb.RepositoryModelUnloadResponse()

    async def _admit(
        self, request: pb.ModelInferRequest, context: grpc.aio.ServicerContext, *, patient: bool = False
    ) -> _Admitted:
        """Admit the pictures of one request; when there is no room, a patient caller waits and any other is refused."""
        model = self._model(request.model_name, request.model_version)
        statistics = self._statistics[request.model_name, model.info.version]
        begun = time.perf_counter()
        try:
            asked_for = outputs.wanted(request)
            jobs = self._jobs(request, model)
            while True:
                try:
                    futures = self._scheduler.admit(jobs, timeout=context.time_remaining())
                    break
                except QueueFull:
                    if not patient:
                        raise
                    await self._scheduler.room()
        except Exception as error:
            self._failed(error, statistics, begun)
            raise
        return _Admitted(_named(request), model, asked_for, statistics, begun, futures)

    def _jobs(self, request: pb.ModelInferRequest, model: ServedModel) -> list[Job]:
        """What workers have to do for a request."""
        takes_pixels = self._takes_pixels(request.model_name)
        tensor, raw = tensors.only_input(request, "pixels" if takes_pixels else "image")
        lead = lead_hints.of_parameters(request)
        if takes_pixels:
            pixels = tensors.from_pixel_tensor(tensor, raw, _pixels_shape(model.info)[1:])
            number = len(pixels)
            jobs = [lead_hints.job(Kind.CLASSIFY_PIXELS, model, pixels.tobytes(), lead)]
        else:
            images = tensors.from_bytes_tensor(tensor, raw)
            number = len(images)
            jobs = [lead_hints.job(Kind.CLASSIFY, model, image, lead) for image in images]
        errors.check_batch(number, self._max_batch, "inputs[0]")
        self._metrics.pictures(number)
        return jobs

    async def _answer(self, admitted: _Admitted) -> pb.ModelInferResponse:
        """The answer to an admitted request, once its pictures are classified."""
        try:
            bodies = [await future for future in admitted.futures]
        except Exception as error:
            self._failed(error, admitted.statistics, admitted.begun)
            raise
        finally:
            admitted.leave()
        parts = wire.split(bodies[0]) if self._takes_pixels(admitted.named.model_name) else bodies
        answers = [Classified.from_bytes(part) for part in parts]
        admitted.statistics.succeeded(time.perf_counter() - admitted.begun, answers)
        for answer in answers:
            self._metrics.classified(answer)
        response = admitted.named
        classifications = [_classification(answer) for answer in answers]
        first = classifications[0]
        response.model_version = first.model_version
        if first.lead_knowledge:
            response.parameters["lead"].string_param = first.lead
            response.parameters["lead_knowledge"].string_param = first.lead_knowledge
        outputs.add_to(response, admitted.outputs, admitted.model.info, classifications)
        return response

    def _failed(self, error: Exception, statistics: Statistics, begun: float) -> None:
        statistics.failed(time.perf_counter() - begun)
        self._metrics.refused(errors.reason_of(error))

    def _infos(self) -> list[ModelInfo]:
        return [model.info for model in self._repository.loaded()]

    def _model(self, name: str, version: str) -> ServedModel:
        if name not in self._names:
            raise ModelNotFound(name, version or "any")
        return self._repository.get(version or None)

    def _takes_pixels(self, name: str) -> bool:
        return name == self._names[1]

    def _check_repository(self, name: str) -> None:
        if name:
            raise RequestError(
                "REPOSITORY_UNKNOWN", "There is one repository, without a name.", field="repository_name"
            )

    def _check_managed(self, repository: str, name: str) -> None:
        self._check_repository(repository)
        if name != self._repository.name:
            raise ModelNotFound(name, "any")


def _named(request: pb.ModelInferRequest) -> pb.ModelInferResponse:
    """The beginning of the answer to a request: what names it."""
    return pb.ModelInferResponse(id=request.id, model_name=request.model_name)


def _pixels_shape(info: ModelInfo) -> list[int]:
    """Of the tensor ``pixels``, any number of pictures."""
    return [-1, info.input_height, info.input_width, info.input_channels]


def _classification(answer: Classified) -> Classification:
    return messages.from_classification(arrhythmia_pb2.ClassifyImageResponse.FromString(answer.response).classification)
