"""The client for programs with threads."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from inference_server.classification import Classification, ModelInfo, SaliencyMap
from inference_server.client import calls
from inference_server.client.calls import Answer, Call, Outcome, worker_lost
from inference_server.client.channel import CHANNEL_OPTIONS, SERVICE
from inference_server.client.errors import ClientError, client_error
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc, digitization_pb2_grpc, recording_pb2_grpc

if TYPE_CHECKING:
    from ecg.pictures.pages.corrections import Corrections
    from ecg.recording import Recording
    from ecg.rhythm.settings import RhythmSettings
    from inference_server.classification.page_messages import Digitized
    from inference_server.classification.recordings import RecordingAnalysis


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
        self._metadata = calls.call_metadata(token)
        self._channel = (
            grpc.secure_channel(address, credentials, options=CHANNEL_OPTIONS)
            if credentials
            else grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
        )
        self._service = arrhythmia_pb2_grpc.ArrhythmiaServiceStub(self._channel)
        self._recordings = recording_pb2_grpc.RecordingServiceStub(self._channel)
        self._digitization = digitization_pb2_grpc.DigitizationServiceStub(self._channel)
        self._health = health_pb2_grpc.HealthStub(self._channel)

    def classify(
        self,
        image: bytes,
        *,
        model_version: str | None = None,
        lead: str | None = None,
        timeout: float | None = None,
    ) -> Classification:
        """Classify one encoded PNG or JPEG picture of one beat.

        ``lead``: the one that it was recorded in, by any usual name. It changes how the answer is judged
        (``lead_knowledge``), not what the model is shown; what names no lead fails with ``LEAD_UNKNOWN``.

        Raises:
            ImageRefused: the picture can't be used.
            ServerUnavailable: no answer now; try again later.
            CallFailed: anything else, e.g. there is no such model version.
        """
        return self._ask(calls.to_classify(image, model_version, lead), timeout)

    def get_model(
        self, *, version: str | None = None, name: str | None = None, timeout: float | None = None
    ) -> ModelInfo:
        """Describe the model version in service, or ``version``: of the model for pictures, or of that called ``name``.

        Raises:
            ServerUnavailable: no answer now, or no model is loaded; try again later.
            CallFailed: anything else, e.g. there is no such model version.
        """
        return self._ask(calls.to_get_model(version, name), timeout)

    def list_models(self, *, timeout: float | None = None) -> tuple[ModelInfo, ...]:
        """Describe every model version in service, oldest first; none when no model is loaded.

        Raises:
            ServerUnavailable: no answer now; try again later.
            CallFailed: anything else.
        """
        return self._ask(calls.TO_LIST_MODELS, timeout)

    def classify_batch(
        self,
        images: Sequence[bytes],
        *,
        model_version: str | None = None,
        lead: str | None = None,
        timeout: float | None = None,
    ) -> list[Outcome]:
        """Classify several pictures in one call; for each its classification or the error it has.

        ``lead`` is that of all of them, as :meth:`classify`.

        Raises:
            ServerUnavailable: no answer now, e.g. the queue has no room for the batch; try again later.
            CallFailed: anything else, e.g. more pictures than the server takes at once.
        """
        end = time.monotonic() + self._seconds(timeout)
        outcomes = self._ask(calls.to_classify_batch(images, model_version, lead), timeout)
        return [
            self._again(image, model_version, lead, outcome, end) if worker_lost(outcome) else outcome
            for image, outcome in zip(images, outcomes, strict=True)
        ]

    def classify_stream(
        self,
        images: Iterable[tuple[str, bytes]],
        *,
        model_version: str | None = None,
        lead: str | None = None,
        timeout: float | None = None,
    ) -> Generator[tuple[str, Outcome], None, None]:
        """Classify any number of ``(key, picture)`` pairs; yields keys and outcomes in the same order, as they come.

        ``images`` is read in another thread, and only as fast as the server answers. ``timeout`` is for the whole
        stream; without one it may take as long as it takes. ``lead`` is that of all of them, as :meth:`classify`.

        Raises:
            ServerUnavailable: the stream broke, or was not let in (``TOO_MANY_STREAMS``); what was not yielded was not
                answered.
            CallFailed: anything else.
        """
        end = math.inf if timeout is None else time.monotonic() + timeout
        sent: deque[bytes] = deque()
        requests = (calls.stream_request(key, image, model_version, lead, sent) for key, image in images)
        call = self._service.StreamClassifyImages(requests, timeout=timeout, metadata=calls.traced(self._metadata))
        try:
            for response in call:
                image, outcome = sent.popleft(), calls.outcome_of(response.result)
                if worker_lost(outcome):
                    outcome = self._again(image, model_version, lead, outcome, end)
                yield response.key, outcome
        except grpc.RpcError as error:
            raise client_error(error) from error
        finally:
            call.cancel()  # without effect on a stream that has ended

    def explain(
        self,
        image: bytes,
        *,
        beat_class: str | None = None,
        model_version: str | None = None,
        lead: str | None = None,
        timeout: float | None = None,
    ) -> SaliencyMap:
        """Where in the picture the evidence for the class of that short name (default: the most probable) lies.

        ``lead`` as :meth:`classify`; it changes how the ``classification`` beside the map is judged.

        Raises:
            ImageRefused, ServerUnavailable: as :meth:`classify`.
            CallFailed: anything else, e.g. the model has no such class.
        """
        return self._ask(calls.to_explain(image, model_version, beat_class, lead), timeout)

    def digitize(
        self,
        image: bytes,
        *,
        corrections: Corrections | None = None,
        overlay: bool = True,
        timeout: float | None = None,
    ) -> Digitized:
        """What kind of picture it is, and the leads of a strip or page in millivolts.

        ``image``: a PNG, a JPEG or a PDF of one page. Traces that are lines of a PDF are read exactly.
        ``corrections``: what a person knows better than it can be read. ``overlay``: whether the answer brings what was
        read as a picture. Without ``timeout`` it is half a minute.

        Raises:
            CorrectionsError: what is stated can't be so.
            ImageRefused, ServerUnavailable, CallFailed: as :meth:`classify`. What is no ECG is no error.
        """
        seconds = calls.DIGITIZE_SECONDS if timeout is None else timeout
        return self._ask(calls.to_digitize(image, overlay, corrections), seconds, self._digitization)

    def analyze(
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
        """Every beat of a recording and its rhythm, as :func:`inference_server.recordings.analysis.analyse` has them.

        The recording is read in another thread, and only as fast as the server works. When the server, or the way to
        it, fails, the rest is sent again, from the last checkpoint on, until nothing has come of it for about half a
        minute. ``progress`` is called with the fraction that is done, again and again. ``store`` is called with a place
        and some bytes at each checkpoint (:data:`inference_server.client.recordings.Store`): a program that has stored
        them all may give them as ``resume`` after it was ended itself, for the same recording and settings, and only
        the rest is done. ``settings`` are definitions of the measures. ``timeout`` is for the whole, seconds; without
        one it may take as long as it takes.

        Raises:
            ValueError: ``resume`` is nothing that was stored.
            RecordingRefused: it can't be analysed, e.g. it has too many leads.
            ServerUnavailable: no answer now, e.g. no model for recordings is loaded.
            CallFailed: anything else.
        """
        from inference_server.client import recordings  # with NumPy, which other calls do without

        end = None if timeout is None else time.monotonic() + timeout
        stored = recordings.Stored(resume, store)
        while True:
            gathering = recordings.Gathering(recording, progress, stored)
            left = None if end is None else max(0.0, end - time.monotonic())
            call = self._recordings.AnalyzeRecording(
                recordings.requests(recording, model_version, settings, stored),
                timeout=left,
                metadata=calls.traced(self._metadata),
            )
            try:
                for response in call:
                    gathering.add(response)
                return gathering.finish()
            except grpc.RpcError as error:
                failure = client_error(error)
                seconds = recordings.pause_after(failure, stored, end)
                if seconds is None:
                    raise failure from error
                time.sleep(seconds)
            finally:
                call.cancel()  # without effect on one that has ended

    def is_serving(self, *, timeout: float = 1.0) -> bool:
        """Whether the server says that it classifies pictures now; False for every failure to find out."""
        return self._serves(SERVICE, timeout)

    def is_alive(self, *, timeout: float = 1.0) -> bool:
        """Whether a server answers at all, whatever models it has; False for every failure to find out."""
        return self._serves("", timeout)

    def _serves(self, service: str, timeout: float) -> bool:
        try:
            response = self._health.Check(health_pb2.HealthCheckRequest(service=service), timeout=timeout)
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

    def _ask(self, call: Call[Answer], timeout: float | None, service: object = None) -> Answer:
        method = getattr(service or self._service, call.method)
        try:
            return call.read(
                method(call.request, timeout=self._seconds(timeout), metadata=calls.traced(self._metadata))
            )
        except grpc.RpcError as error:
            raise client_error(error) from error

    def _again(self, image: bytes, version: str | None, lead: str | None, outcome: Outcome, end: float) -> Outcome:
        """Ask once more, by itself and until ``end``, about a picture whose worker has died, as ``outcome`` says."""
        left = min(self._timeout, end - time.monotonic())
        try:
            return self.classify(image, model_version=version, lead=lead, timeout=left) if left > 0 else outcome
        except ClientError as error:
            return error

    def _seconds(self, timeout: float | None) -> float:
        return self._timeout if timeout is None else timeout
