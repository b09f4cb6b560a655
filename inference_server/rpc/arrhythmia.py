"""``ecg.v1.ArrhythmiaService``: protobuf in, protobuf out, everything else elsewhere."""

from __future__ import annotations

from typing import Final, NamedTuple

import grpc.aio
from google.protobuf import duration_pb2

from inference_server.classifier import Answer, Classifier
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from inference_server.rpc import messages
from inference_server.scheduling import Done, Scheduler

SERVICE: Final = pb.DESCRIPTOR.services_by_name["ArrhythmiaService"].full_name


class Picture(NamedTuple):
    """One picture to classify: what the scheduler hands to a worker."""

    image: bytes
    version: str | None


class ArrhythmiaServicer(arrhythmia_pb2_grpc.ArrhythmiaServiceServicer):
    """Classifies through the scheduler; describes models without it, so that descriptions are never refused."""

    def __init__(self, classifier: Classifier, scheduler: Scheduler[Picture, Answer]) -> None:
        self._classifier = classifier
        self._scheduler = scheduler

    async def ClassifyImage(  # noqa: N802 - named by the protocol
        self, request: pb.ClassifyImageRequest, context: grpc.aio.ServicerContext
    ) -> pb.ClassifyImageResponse:
        """Classify one picture."""
        picture = Picture(image=request.image, version=request.model_version or None)
        return _response(await self._scheduler.run(picture, timeout=context.time_remaining()))

    async def GetModel(  # noqa: N802 - named by the protocol
        self,
        request: pb.GetModelRequest,
        context: grpc.aio.ServicerContext,  # noqa: ARG002 - part of the protocol
    ) -> pb.GetModelResponse:
        """Describe one model version."""
        return pb.GetModelResponse(model=messages.to_model(self._classifier.model(request.version or None)))


def _response(done: Done[Answer]) -> pb.ClassifyImageResponse:
    return pb.ClassifyImageResponse(
        classification=messages.to_classification(done.result.classification),
        timing=pb.ServerTiming(
            queue=_duration(done.queue_seconds),
            decode=_duration(done.result.decode_seconds),
            inference=_duration(done.result.inference_seconds),
        ),
    )


def _duration(seconds: float) -> duration_pb2.Duration:
    nanoseconds = int(seconds * 1e9)
    return duration_pb2.Duration(seconds=nanoseconds // 1_000_000_000, nanos=nanoseconds % 1_000_000_000)
