"""``inference.GRPCInferenceService``: the Open Inference Protocol v2, for clients of Triton, KServe and MLServer."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import Final, NamedTuple

import grpc.aio
import numpy as np

from inference_server.classification import Classification, ModelInfo
from inference_server.generated.ecg.v1 import arrhythmia_pb2
from inference_server.generated.inference import open_inference_pb2 as pb
from inference_server.generated.inference import open_inference_pb2_grpc
from inference_server.metrics import Metrics
from inference_server.model_repository import ModelNotFound, ModelRepository, NoModelLoaded
from inference_server.rpc import errors, messages, tensors
from inference_server.rpc.errors import RequestError
from inference_server.rpc.pipelining import Streams, pipelined
from inference_server.scheduling import QueueFull, Scheduler
from inference_server.workers import wire
from inference_server.workers.pool import Job, ServedModel
from inference_server.workers.wire import Classified, Kind

SERVICE: Final = pb.DESCRIPTOR.services_by_name["GRPCInferenceService"].full_name
EXTENSIONS: Final = ("model_repository", "model_configuration", "statistics")
PLATFORM: Final = "onnxruntime_onnx"

#: The second model takes canonical pixels; its name is the first one's with this behind it.
PIXELS_SUFFIX: Final = "_pixels"

#: Requests of one stream that are worked on ahead of the answers. Few, since each may be as large as a message can be.
_STREAM_WINDOW: Final = 4


class _UnderWay(NamedTuple):
    """A request of a stream that has not been answered."""

    request: pb.ModelInferRequest
    future: asyncio.Future[pb.ModelInferResponse]


@dataclass(slots=True)
class _Cost:
    """How often, and how long in all."""

    count: int = 0
    seconds: float = 0.0

    def add(self, seconds: float, count: int = 1) -> None:
        self.count += count
        self.seconds += seconds

    def message(self) -> pb.StatisticDuration:
        return pb.StatisticDuration(count=self.count, ns=int(self.seconds * 1e9))


class _Statistics:
    """What the calls for one model version have cost."""

    def __init__(self) -> None:
        self.success, self.fail, self.queue, self.decode, self.inference = (_Cost() for _ in range(5))
        self.last_milliseconds = 0
        self.pictures = 0

    def message(self, name: str, version: str) -> pb.ModelStatistics:
        return pb.ModelStatistics(
            name=name,
            version=version,
            last_inference=self.last_milliseconds,
            inference_count=self.pictures,
            execution_count=self.inference.count,
            inference_stats=pb.InferStatistics(
                success=self.success.message(),
                fail=self.fail.message(),
                queue=self.queue.message(),
                compute_input=self.decode.message(),
                compute_infer=self.inference.message(),
            ),
        )


class OpenInferenceServicer(open_inference_pb2_grpc.GRPCInferenceServiceServicer):
    """Classifies through the scheduler; everything else does without it, so that it is never refused.

    ``ready`` says whether the server takes calls; ``changed`` is called when the model was loaded or unloaded on a
    caller's wish.
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
        changed: Callable[[], None],
    ) -> None:
        self._repository = repository
        self._scheduler = scheduler
        self._metrics = metrics
        self._max_batch = max_batch
        self._streams = streams
        self._ready = ready
        self._changed = changed
        self._statistics: defaultdict[tuple[str, str], _Statistics] = defaultdict(_Statistics)
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
            versions=[each.version for each in self._infos()],
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
        return await self._infer(request, context)

    async def ModelStreamInfer(  # noqa: N802
        self, requests: AsyncIterator[pb.ModelInferRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.ModelStreamInferResponse]:
        """Classify a stream of requests, some of them ahead of the answers, which keep the order."""

        async def begin(request: pb.ModelInferRequest) -> _UnderWay:
            return _UnderWay(request, asyncio.ensure_future(self._infer(request, context, patient=True)))

        with self._streams.one():
            async with aclosing(pipelined(requests, begin, window=_STREAM_WINDOW)) as begun:
                async for item in begun:
                    try:
                        yield pb.ModelStreamInferResponse(infer_response=await item.future)
                    except Exception as error:
                        # Named by the caller's id in an otherwise empty response, as Triton does.
                        named = pb.ModelInferResponse(id=item.request.id, model_name=item.request.model_name)
                        yield pb.ModelStreamInferResponse(
                            error_message=errors.to_status(error).message, infer_response=named
                        )

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
        await asyncio.to_thread(self._repository.resume)
        self._changed()
        self._repository.get()
        return pb.RepositoryModelLoadResponse()

    async def RepositoryModelUnload(  # noqa: N802
        self, request: pb.RepositoryModelUnloadRequest, _context: grpc.aio.ServicerContext
    ) -> pb.RepositoryModelUnloadResponse:
        """Take the model out of service; calls under way finish."""
        self._check_managed(request.repository_name, request.model_name)
        await asyncio.to_thread(self._repository.suspend)
        self._changed()
        return pb.RepositoryModelUnloadResponse()

    async def _infer(
        self, request: pb.ModelInferRequest, context: grpc.aio.ServicerContext, *, patient: bool = False
    ) -> pb.ModelInferResponse:
        model = self._model(request.model_name, request.model_version)
        info = model.info
        statistics = self._statistics[request.model_name, info.version]
        begun = time.perf_counter()
        try:
            wanted = _wanted(request)
            answers = await self._classify(request, model, statistics, context.time_remaining(), patient=patient)
        except Exception as error:
            statistics.fail.add(time.perf_counter() - begun)
            self._metrics.refused(errors.reason_of(error))
            raise
        statistics.success.add(time.perf_counter() - begun)
        statistics.last_milliseconds = int(time.time() * 1000)
        statistics.pictures += len(answers)
        return _response(request, info, answers, wanted)

    async def _classify(
        self,
        request: pb.ModelInferRequest,
        model: ServedModel,
        statistics: _Statistics,
        timeout: float | None,
        *,
        patient: bool,
    ) -> list[Classification]:
        if len(request.inputs) != 1:
            raise RequestError("TENSOR_UNUSABLE", "The model takes one input.", field="inputs")
        tensor = request.inputs[0]
        takes_pixels = self._takes_pixels(request.model_name)
        expected = "pixels" if takes_pixels else "image"
        if tensor.name != expected or "shared_memory_region" in tensor.parameters:
            message = f"The model takes the input {expected!r}, with its contents in the request."
            raise RequestError("TENSOR_UNUSABLE", message, field="inputs[0]")
        if len(request.raw_input_contents) > 1:
            raise RequestError("TENSOR_UNUSABLE", "There is more than one raw content.", field="raw_input_contents")
        raw = request.raw_input_contents[0] if request.raw_input_contents else None
        if takes_pixels:
            pixels = tensors.from_pixel_tensor(tensor, raw, _pixels_shape(model.info)[1:])
            number = len(pixels)
            jobs = [Job(Kind.CLASSIFY_PIXELS, model, pixels.tobytes())]
        else:
            images = tensors.from_bytes_tensor(tensor, raw)
            number = len(images)
            jobs = [Job(Kind.CLASSIFY, model, image) for image in images]
        if not number:
            raise RequestError("BATCH_EMPTY", "The batch has no picture.", field="inputs[0]")
        if number > self._max_batch:
            message = f"The batch has {number} pictures; the limit is {self._max_batch}."
            raise RequestError("BATCH_TOO_LARGE", message, field="inputs[0]")
        self._metrics.pictures(number)
        futures = await self._admit(jobs, timeout, patient=patient)
        try:
            bodies = [await future for future in futures]
        finally:
            for future in futures:
                future.cancel()
        parts = wire.split(bodies[0]) if takes_pixels else bodies
        answers = [Classified.from_bytes(part) for part in parts]
        for answer in answers:
            statistics.queue.add(answer.queue_seconds)
            statistics.decode.add(answer.decode_seconds)
            statistics.inference.add(answer.inference_seconds)
            self._metrics.classified(answer)
        return [_classification(answer) for answer in answers]

    async def _admit(self, jobs: list[Job], timeout: float | None, *, patient: bool) -> list[asyncio.Future[bytes]]:
        """Admit the jobs of one request; when there is no room, a patient caller waits and any other is refused."""
        while True:
            try:
                return self._scheduler.admit(jobs, timeout=timeout)
            except QueueFull:
                if not patient:
                    raise
                await self._scheduler.room()

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


def _pixels_shape(info: ModelInfo) -> list[int]:
    """Of the tensor ``pixels``, any number of pictures."""
    return [-1, info.input_height, info.input_width, info.input_channels]


def _classification(answer: Classified) -> Classification:
    return messages.from_classification(arrhythmia_pb2.ClassifyImageResponse.FromString(answer.response).classification)


_OUTPUTS: Final = ("probabilities", "label", "verdict")


def _wanted(request: pb.ModelInferRequest) -> tuple[str, ...]:
    """The outputs that the caller asks for, in that order; all of them when none is named."""
    for output in request.outputs:
        if output.name not in _OUTPUTS:
            message = f"There is no output {output.name!r}; there are {', '.join(_OUTPUTS)}."
            raise RequestError("OUTPUT_UNKNOWN", message, field="outputs")
        unsupported = {"classification", "shared_memory_region"} & output.parameters.keys()
        if unsupported:
            message = f"The parameter {unsupported.pop()!r} is not supported; ask for the output 'label'."
            raise RequestError("PARAMETER_UNSUPPORTED", message, field="outputs")
    return tuple(output.name for output in request.outputs) or _OUTPUTS


def _response(
    request: pb.ModelInferRequest, info: ModelInfo, answers: list[Classification], wanted: tuple[str, ...]
) -> pb.ModelInferResponse:
    number = len(answers)
    rows = [[probability for _, probability in answer.probabilities] for answer in answers]
    made: dict[str, Callable[[], tuple[str, list[int], bytes]]] = {
        "probabilities": lambda: ("FP32", [number, len(info.classes)], np.array(rows, dtype="<f4").tobytes()),
        "label": lambda: (
            "BYTES",
            [number],
            tensors.to_bytes_contents([answer.beat_class.short for answer in answers]),
        ),
        "verdict": lambda: ("BYTES", [number], tensors.to_bytes_contents([answer.verdict for answer in answers])),
    }
    response = pb.ModelInferResponse(
        model_name=request.model_name, model_version=answers[0].model_version, id=request.id
    )
    for name in wanted:
        datatype, shape, raw = made[name]()
        response.outputs.add(name=name, datatype=datatype, shape=shape)
        response.raw_output_contents.append(raw)
    return response
