"""The calls that both clients make: the method, what is sent, and how the response is read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from google.protobuf.message import Message

from inference_server.classification import Classification, ModelInfo, SaliencyMap, messages
from inference_server.classification.corrections_messages import to_corrections
from inference_server.client.errors import ClientError, ServerUnavailable, error_in
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import digitization_pb2
from inference_server.runtime import trace

if TYPE_CHECKING:
    from ecg.pictures.pages.corrections import Corrections
    from inference_server.classification.page_messages import Digitized

Outcome = Classification | ClientError
"""What became of one picture among several."""

Answer = TypeVar("Answer")

DIGITIZE_SECONDS: Final = 30.0
"""The deadline of a page, which takes seconds, where none is given."""


@dataclass(frozen=True, slots=True)
class Call(Generic[Answer]):
    """One call: the service's method, what is sent, and how its response is read."""

    method: str
    request: Message
    read: Callable[[Any], Answer]


Metadata = tuple[tuple[str, str], ...]


def call_metadata(token: str | None) -> Metadata:
    """What goes with every call of a client that has ``token``."""
    return (("authorization", f"Bearer {token}"),) if token else ()


def traced(metadata: Metadata) -> Metadata:
    """The same with the trace that the caller is at (:mod:`inference_server.runtime.trace`), where there is one."""
    of = trace.current.get()
    return metadata if of is None else (*metadata, (trace.KEY, of.traceparent()))


def to_classify(image: bytes, version: str | None, lead: str | None) -> Call[Classification]:
    """Classify one encoded picture, with the version in service or ``version``; ``lead`` is what it was recorded in."""
    return Call(
        "ClassifyImage",
        pb.ClassifyImageRequest(image=image, model_version=version or "", lead=lead or ""),
        lambda response: messages.from_classification(response.classification),
    )


def to_classify_batch(images: Sequence[bytes], version: str | None, lead: str | None) -> Call[list[Outcome]]:
    """Classify several encoded pictures, all in one ``lead``; for each what became of it."""
    return Call(
        "BatchClassifyImages",
        pb.BatchClassifyImagesRequest(images=images, model_version=version or "", lead=lead or ""),
        lambda response: [outcome_of(result) for result in response.results],
    )


def to_explain(image: bytes, version: str | None, beat_class: str | None, lead: str | None) -> Call[SaliencyMap]:
    """Show the evidence in an encoded picture for the class of that short name, or for the most probable one."""
    named = {"model_version": version or "", "beat_class": beat_class or "", "lead": lead or ""}
    request = pb.ExplainImageRequest(image=image, **named)
    return Call("ExplainImage", request, messages.from_explanation)


def to_digitize(image: bytes, overlay: bool, corrections: Corrections | None) -> Call[Digitized]:
    """Read a picture of a strip or page.

    Raises:
        CorrectionsError: what is stated can't be so.
    """
    from inference_server.classification import page_messages  # with NumPy, which other calls do without

    stated = None if corrections is None else to_corrections(corrections)
    request = digitization_pb2.DigitizeImageRequest(image=image, without_overlay=not overlay, corrections=stated)
    return Call("DigitizeImage", request, page_messages.from_response)


def to_get_model(version: str | None, name: str | None) -> Call[ModelInfo]:
    """Describe a version of a model."""
    request = pb.GetModelRequest(version=version or "", name=name or "")
    return Call("GetModel", request, lambda response: messages.from_model(response.model))


TO_LIST_MODELS: Final[Call[tuple[ModelInfo, ...]]] = Call(
    "ListModels",
    pb.ListModelsRequest(),
    lambda response: tuple(messages.from_model(model) for model in response.models),
)
"""Describe every version in service."""


def stream_request(
    key: str, image: bytes, version: str | None, lead: str | None, sent: deque[bytes]
) -> pb.StreamClassifyImagesRequest:
    """The request for the next picture of a stream; the picture is kept in ``sent`` until it is answered."""
    sent.append(image)
    return pb.StreamClassifyImagesRequest(key=key, image=image, model_version=version or "", lead=lead or "")


def outcome_of(result: pb.ImageResult) -> Outcome:
    """What became of one picture among several."""
    if result.HasField("error"):
        return error_in(result.error)
    return messages.from_classification(result.classification)


def worker_lost(outcome: Outcome) -> bool:
    """Whether the picture's worker has died; in a call of its own, gRPC repeats that by itself."""
    return isinstance(outcome, ServerUnavailable) and outcome.reason == "WORKER_LOST"
