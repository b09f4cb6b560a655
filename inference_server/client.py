"""The Python client of the inference server: typed answers, deadlines, retries, errors with reasons.

It imports neither onnxruntime nor NumPy nor Pillow. A channel does not survive ``fork()``: make the client in the
process that uses it (in a pre-forking web server on first use, not at import).
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from inference_server.classification import Classification, ModelInfo, SaliencyMap
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from inference_server.rpc import messages

__all__ = [
    "ArrhythmiaClient",
    "AsyncArrhythmiaClient",
    "CallFailed",
    "ClientError",
    "ImageRefused",
    "ServerUnavailable",
]

SERVICE: Final = pb.DESCRIPTOR.services_by_name["ArrhythmiaService"].full_name

#: Only UNAVAILABLE is repeated: the server has then not begun the work. gRPC randomises each pause by ±20 %,
#: counts it against the call's deadline, and stops repeating when most calls fail (retryThrottling).
_SERVICE_CONFIG: Final = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{"service": SERVICE}],
                "retryPolicy": {
                    "maxAttempts": 5,
                    "initialBackoff": "0.05s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 3,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
        "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.5},
    }
)

_CHANNEL_OPTIONS: Final = (
    ("grpc.service_config", _SERVICE_CONFIG),
    # A call whose request is larger than this buffer would never be repeated; the default is smaller than a photo.
    ("grpc.per_rpc_retry_buffer_size", 16 * 1024 * 1024),
    # A restarted server is found again within seconds; the default backs off to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # The server is a neighbour; a web proxy from the environment has no business in between.
    ("grpc.enable_http_proxy", 0),
)


_Detail = TypeVar("_Detail", error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo)


class ClientError(Exception):
    """A call that brought no answer. ``str(error)`` is a sentence for people."""


class ServerUnavailable(ClientError):  # noqa: N818 - reads as what happened
    """The server can't be reached, is too slow, is full, or has no model: worth trying again later."""

    def __init__(self, message: str, *, retry_after: float | None = None, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        """Stable reason code where the server gave one, e.g. ``QUEUE_FULL``."""
        self.retry_after = retry_after
        """Seconds after which the server asks to try again, where it says."""


class ImageRefused(ClientError):  # noqa: N818 - reads as what happened
    """The picture can't be used; sending it again changes nothing."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
        """Stable reason code, e.g. ``IMAGE_TRUNCATED``."""


class CallFailed(ClientError):  # noqa: N818 - reads as what happened
    """Any other failure."""

    def __init__(self, message: str, *, code: str, reason: str | None = None, error_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        """Name of the gRPC status code, e.g. ``NOT_FOUND``."""
        self.reason = reason
        """Stable reason code where the server gave one, e.g. ``MODEL_NOT_FOUND``."""
        self.error_id = error_id
        """Where the server logged an unexpected error: the id to ask its administrators about."""


Outcome = Classification | ClientError
"""What became of one picture among several."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Call(Generic[Answer]):
    """One call: the service's method, what is sent, and how its response is read."""

    method: str
    request: Message
    read: Callable[[Any], Answer]


class ArrhythmiaClient:
    """Calls one inference server, or every one behind its address in turn. Thread-safe; holds one channel.

    ``address`` is ``host:port`` or any gRPC target, e.g. ``dns:///beatlens.internal:50051``; every address that a
    name resolves to gets its share of the calls. ``timeout`` is the deadline of a call in seconds, retries included.
    ``token`` is sent with every call. ``credentials`` (``grpc.ssl_channel_credentials(...)``) switch TLS on.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout: float = 5.0,
        token: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self._timeout = timeout
        self._metadata = _metadata(token)
        self._channel = (
            grpc.secure_channel(address, credentials, options=_CHANNEL_OPTIONS)
            if credentials
            else grpc.insecure_channel(address, options=_CHANNEL_OPTIONS)
        )
        self._service = arrhythmia_pb2_grpc.ArrhythmiaServiceStub(self._channel)
        self._health = health_pb2_grpc.HealthStub(self._channel)

    def classify(
        self, image: bytes, *, model_version: str | None = None, timeout: float | None = None
    ) -> Classification:
        """Classify one encoded PNG or JPEG picture of one beat.

        Raises:
            ImageRefused: the picture can't be used.
            ServerUnavailable: no answer now; try again later.
            CallFailed: anything else, e.g. there is no such model version.
        """
        return self._ask(_to_classify(image, model_version), timeout)

    def get_model(self, *, version: str | None = None, timeout: float | None = None) -> ModelInfo:
        """Describe the model version in service, or ``version``.

        Raises:
            ServerUnavailable: no answer now, or no model is loaded; try again later.
            CallFailed: anything else, e.g. there is no such model version.
        """
        return self._ask(_to_get_model(version), timeout)

    def list_models(self, *, timeout: float | None = None) -> tuple[ModelInfo, ...]:
        """Describe every model version in service, oldest first; none when no model is loaded.

        Raises:
            ServerUnavailable: no answer now; try again later.
            CallFailed: anything else.
        """
        return self._ask(_TO_LIST_MODELS, timeout)

    def classify_batch(
        self, images: Sequence[bytes], *, model_version: str | None = None, timeout: float | None = None
    ) -> list[Outcome]:
        """Classify several pictures in one call; for each its classification or the error it has.

        Raises:
            ServerUnavailable: no answer now, e.g. the queue has no room for the batch; try again later.
            CallFailed: anything else, e.g. more pictures than the server takes at once.
        """
        end = time.monotonic() + self._seconds(timeout)
        outcomes = self._ask(_to_classify_batch(images, model_version), timeout)
        return [
            self._again(image, model_version, outcome, end) if _lost(outcome) else outcome
            for image, outcome in zip(images, outcomes, strict=True)
        ]

    def classify_stream(
        self, images: Iterable[tuple[str, bytes]], *, model_version: str | None = None, timeout: float | None = None
    ) -> Generator[tuple[str, Outcome], None, None]:
        """Classify any number of ``(key, picture)`` pairs; yields keys and outcomes in the same order, as they come.

        ``images`` is read in another thread, and only as fast as the server answers. ``timeout`` is for the whole
        stream; without one it may take as long as it takes.

        Raises:
            ServerUnavailable: the stream broke, or was not let in (``TOO_MANY_STREAMS``); what was not yielded was not
                answered.
            CallFailed: anything else.
        """
        end = math.inf if timeout is None else time.monotonic() + timeout
        sent: deque[bytes] = deque()
        requests = (_stream_request(key, image, model_version, sent) for key, image in images)
        call = self._service.StreamClassifyImages(requests, timeout=timeout, metadata=self._metadata)
        try:
            for response in call:
                image, outcome = sent.popleft(), _outcome(response.result)
                yield response.key, self._again(image, model_version, outcome, end) if _lost(outcome) else outcome
        except grpc.RpcError as error:
            raise _client_error(error) from error
        finally:
            call.cancel()  # without effect on a stream that has ended

    def explain(
        self,
        image: bytes,
        *,
        beat_class: str | None = None,
        model_version: str | None = None,
        timeout: float | None = None,
    ) -> SaliencyMap:
        """Where in the picture the evidence for the class of that short name (default: the most probable) lies.

        Raises:
            ImageRefused, ServerUnavailable: as :meth:`classify`.
            CallFailed: anything else, e.g. the model has no such class.
        """
        return self._ask(_to_explain(image, model_version, beat_class), timeout)

    def is_serving(self, *, timeout: float = 1.0) -> bool:
        """Whether the server says that it classifies pictures now; False for every failure to find out."""
        try:
            response = self._health.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=timeout)
        except (grpc.RpcError, ValueError):  # ValueError: the channel is closed
            return False
        return bool(response.status == health_pb2.HealthCheckResponse.SERVING)

    def close(self) -> None:
        """Close the channel; calls under way are cancelled."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, call: _Call[Answer], timeout: float | None) -> Answer:
        method = getattr(self._service, call.method)
        try:
            return call.read(method(call.request, timeout=self._seconds(timeout), metadata=self._metadata))
        except grpc.RpcError as error:
            raise _client_error(error) from error

    def _again(self, image: bytes, version: str | None, outcome: Outcome, end: float) -> Outcome:
        """Ask once more, by itself and until ``end``, about a picture whose worker has died, as ``outcome`` says."""
        left = min(self._timeout, end - time.monotonic())
        try:
            return self.classify(image, model_version=version, timeout=left) if left > 0 else outcome
        except ClientError as error:
            return error

    def _seconds(self, timeout: float | None) -> float:
        return self._timeout if timeout is None else timeout


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
        self._metadata = _metadata(token)
        self._channel = (
            grpc.aio.secure_channel(address, credentials, options=_CHANNEL_OPTIONS)
            if credentials
            else grpc.aio.insecure_channel(address, options=_CHANNEL_OPTIONS)
        )
        self._service = arrhythmia_pb2_grpc.ArrhythmiaServiceStub(self._channel)
        self._health = health_pb2_grpc.HealthStub(self._channel)

    async def classify(
        self, image: bytes, *, model_version: str | None = None, timeout: float | None = None
    ) -> Classification:
        """See :meth:`ArrhythmiaClient.classify`."""
        return await self._ask(_to_classify(image, model_version), timeout)

    async def get_model(self, *, version: str | None = None, timeout: float | None = None) -> ModelInfo:
        """See :meth:`ArrhythmiaClient.get_model`."""
        return await self._ask(_to_get_model(version), timeout)

    async def list_models(self, *, timeout: float | None = None) -> tuple[ModelInfo, ...]:
        """See :meth:`ArrhythmiaClient.list_models`."""
        return await self._ask(_TO_LIST_MODELS, timeout)

    async def classify_batch(
        self, images: Sequence[bytes], *, model_version: str | None = None, timeout: float | None = None
    ) -> list[Outcome]:
        """See :meth:`ArrhythmiaClient.classify_batch`."""
        end = time.monotonic() + self._seconds(timeout)
        outcomes = await self._ask(_to_classify_batch(images, model_version), timeout)
        return [
            await self._again(image, model_version, outcome, end) if _lost(outcome) else outcome
            for image, outcome in zip(images, outcomes, strict=True)
        ]

    async def classify_stream(
        self,
        images: Iterable[tuple[str, bytes]] | AsyncIterable[tuple[str, bytes]],
        *,
        model_version: str | None = None,
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
                    yield _stream_request(key, image, model_version, sent)
            else:
                for key, image in images:
                    yield _stream_request(key, image, model_version, sent)

        call = self._service.StreamClassifyImages(requests(), timeout=timeout, metadata=self._metadata)
        try:
            async for response in call:
                image, outcome = sent.popleft(), _outcome(response.result)
                yield response.key, await self._again(image, model_version, outcome, end) if _lost(outcome) else outcome
        except grpc.RpcError as error:
            raise _client_error(error) from error
        finally:
            call.cancel()  # without effect on a stream that has ended

    async def explain(
        self,
        image: bytes,
        *,
        beat_class: str | None = None,
        model_version: str | None = None,
        timeout: float | None = None,
    ) -> SaliencyMap:
        """See :meth:`ArrhythmiaClient.explain`."""
        return await self._ask(_to_explain(image, model_version, beat_class), timeout)

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

    async def _ask(self, call: _Call[Answer], timeout: float | None) -> Answer:
        method = getattr(self._service, call.method)
        try:
            response = await method(call.request, timeout=self._seconds(timeout), metadata=self._metadata)
        except grpc.RpcError as error:
            raise _client_error(error) from error
        return call.read(response)

    async def _again(self, image: bytes, version: str | None, outcome: Outcome, end: float) -> Outcome:
        """See :meth:`ArrhythmiaClient._again`."""
        left = min(self._timeout, end - time.monotonic())
        try:
            return await self.classify(image, model_version=version, timeout=left) if left > 0 else outcome
        except ClientError as error:
            return error

    def _seconds(self, timeout: float | None) -> float:
        return self._timeout if timeout is None else timeout


def _metadata(token: str | None) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),) if token else ()


def _to_classify(image: bytes, version: str | None) -> _Call[Classification]:
    return _Call(
        "ClassifyImage",
        pb.ClassifyImageRequest(image=image, model_version=version or ""),
        lambda response: messages.from_classification(response.classification),
    )


def _to_classify_batch(images: Sequence[bytes], version: str | None) -> _Call[list[Outcome]]:
    return _Call(
        "BatchClassifyImages",
        pb.BatchClassifyImagesRequest(images=images, model_version=version or ""),
        lambda response: [_outcome(result) for result in response.results],
    )


def _to_explain(image: bytes, version: str | None, beat_class: str | None) -> _Call[SaliencyMap]:
    request = pb.ExplainImageRequest(image=image, model_version=version or "", beat_class=beat_class or "")
    return _Call("ExplainImage", request, messages.from_explanation)


def _to_get_model(version: str | None) -> _Call[ModelInfo]:
    request = pb.GetModelRequest(version=version or "")
    return _Call("GetModel", request, lambda response: messages.from_model(response.model))


_TO_LIST_MODELS: Final[_Call[tuple[ModelInfo, ...]]] = _Call(
    "ListModels",
    pb.ListModelsRequest(),
    lambda response: tuple(messages.from_model(model) for model in response.models),
)


def _stream_request(key: str, image: bytes, version: str | None, sent: deque[bytes]) -> pb.StreamClassifyImagesRequest:
    """The request for the next picture of a stream; the picture is kept in ``sent`` until it is answered."""
    sent.append(image)
    return pb.StreamClassifyImagesRequest(key=key, image=image, model_version=version or "")


def _outcome(result: pb.ImageResult) -> Outcome:
    """What became of one picture among several."""
    if result.HasField("error"):
        return _meaning(_CODES[result.error.code], result.error)
    return messages.from_classification(result.classification)


def _lost(outcome: Outcome) -> bool:
    """Whether the picture's worker has died; in a call of its own, gRPC repeats that by itself."""
    return isinstance(outcome, ServerUnavailable) and outcome.reason == "WORKER_LOST"


def _client_error(error: grpc.RpcError) -> ClientError:
    """The exception that a failed call means."""
    status = _status(error)
    return _meaning(error.code(), status, words=str(error.details() or error.code().name))


#: CANCELLED is what gRPC's core gives a call that reaches a server in the very moment in which it stops accepting.
_NO_ANSWER: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


def _meaning(code: grpc.StatusCode, status: status_pb2.Status, *, words: str = "") -> ClientError:
    """The exception that a status means; ``words`` are gRPC's own for a status without details."""
    message = status.message or words
    info = _detail(status, error_details_pb2.ErrorInfo())
    reason = info.reason if info else None
    if code in _NO_ANSWER:
        if reason is None:  # gRPC's own words are for programmers, and name addresses
            message = (
                "The inference server did not answer in time."
                if code is grpc.StatusCode.DEADLINE_EXCEEDED
                else "The inference server can't be reached."
            )
        return ServerUnavailable(message, retry_after=_retry_after(status), reason=reason)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        if reason is None and "larger than max" in message:  # said by gRPC itself, before our code sees the call
            return ImageRefused("The file is larger than the server accepts.", reason="IMAGE_TOO_LARGE")
        return ServerUnavailable(message, retry_after=_retry_after(status), reason=reason)
    if code is grpc.StatusCode.INVALID_ARGUMENT and reason is not None and reason.startswith("IMAGE_"):
        return ImageRefused(message, reason=reason)
    error_id = info.metadata.get("error_id") if info else None
    return CallFailed(message, code=code.name, reason=reason, error_id=error_id)


def _status(error: grpc.RpcError) -> status_pb2.Status:
    try:
        return rpc_status.from_call(error) or status_pb2.Status()
    except ValueError:  # details that do not belong to this status, e.g. from something in between
        return status_pb2.Status()


def _detail(status: status_pb2.Status, kind: _Detail) -> _Detail | None:
    for detail in status.details:
        if detail.Unpack(kind):
            return kind
    return None


def _retry_after(status: status_pb2.Status) -> float | None:
    retry = _detail(status, error_details_pb2.RetryInfo())
    return retry.retry_delay.ToTimedelta().total_seconds() if retry else None
