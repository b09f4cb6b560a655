"""One worker: ``python -m inference_server.workers.process SOCKET MARKS CONFIGURATION``, started by the pool alone.

It works on one picture, or one segment of a recording, at a time, in the order of arrival, and ends when the front
closes the socket pair or dies.
Models are loaded beside, so that the version before answers until the new one is ready.
"""

from __future__ import annotations

import contextlib
import logging
import mmap
import os
import queue
import signal
import socket
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ecg.pictures.decoding import ImageError, ImageLimits
from inference_server.classification import ModelInfo, UnknownClass, messages
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.models.classifier import Answer, Classifier, Explanation
from inference_server.models.model_files import ModelError
from inference_server.models.onnx_model import OnnxModel
from inference_server.runtime import log, memory
from inference_server.workers import wire
from inference_server.workers.recording_tasks import RecordingRefused
from inference_server.workers.wire import Configuration, Kind, Outcome, Task

if TYPE_CHECKING:
    from inference_server.workers.recording_work import RecordingWork

_log = logging.getLogger(__name__)

_READ_BYTES: Final = 256 * 1024


class _Abandoned(Exception):  # noqa: N818 - reads as what happened
    """Nobody waits for the task any more."""


class Worker:
    """Answers the tasks that come over ``connection``, except for those that are abandoned in ``marks`` by then.

    What it is at is in ``marks`` too. Pictures take at most the memory of ``settings`` beyond what it holds with its
    models.
    """

    def __init__(self, connection: socket.socket, marks: wire.Marks, settings: Configuration) -> None:
        self._connection = connection
        self._marks = marks
        self._limits = settings.limits
        self._memory_bytes = settings.memory_bytes
        self._page_models = None if settings.page_models is None else Path(settings.page_models)
        self._to_load: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._sending = threading.Lock()
        self._models: dict[int, tuple[Classifier, messages.Answers]] = {}
        self._recording_models: dict[int, RecordingWork] = {}
        self._read_page: Callable[[bytes, ImageLimits, Callable[[], None]], bytes] | None = None

    def serve(self) -> None:
        """Work until the other end closes."""
        # Before there is a limit on memory: a thread that has no room for its own beginnings is waited for without end.
        threading.Thread(target=self._load_all, daemon=True).start()
        self._send(Outcome.HELLO, 0)
        reader = wire.TaskReader()
        while data := self._connection.recv(_READ_BYTES):
            tasks = deque(reader.feed(data))
            while tasks:  # none of them is held once it is answered
                self._take(tasks.popleft())

    def _take(self, task: Task) -> None:
        if task.kind in (Kind.LOAD, Kind.LOAD_RECORDINGS):
            self._to_load.put(task)
        elif task.kind == Kind.DROP:
            self._models.pop(task.model, None)
            self._recording_models.pop(task.model, None)
        else:
            self._marks.begin(task.task_id)
            self._send(*self._answer(task))
            self._marks.begin(0)

    def _send(self, outcome: Outcome, task_id: int, body: bytes = b"") -> None:
        with self._sending:
            self._connection.sendall(wire.reply(outcome, task_id, body))

    def _load_all(self) -> None:
        while True:
            self._load(self._to_load.get())

    def _load(self, task: Task) -> None:
        memory.lift_limit()  # the limit is on what pictures take, whatever the models do
        try:
            load = self._load_recording_model if task.kind == Kind.LOAD_RECORDINGS else self._load_model
            reply = Outcome.DONE, messages.to_model(load(task)).SerializeToString()
        except ModelError as error:
            reply = Outcome.MODEL_REFUSED, str(error).encode()
        except Exception as error:
            reply = Outcome.FAILED, _logged(error)
        memory.limit_growth(self._memory_bytes)
        self._send(reply[0], task.task_id, reply[1])

    def _load_model(self, task: Task) -> ModelInfo:
        model = OnnxModel.from_files(wire.files_from_bytes(task.body))
        self._models[task.model] = Classifier(model, self._limits), messages.Answers(model.info)
        return model.info

    def _load_recording_model(self, task: Task) -> ModelInfo:
        # Only where it is needed: SciPy and what finds beats take 70 MB.
        from inference_server.models.recording_model import RecordingModel
        from inference_server.workers.recording_work import RecordingWork

        model = RecordingModel.from_files(wire.files_from_bytes(task.body))
        self._recording_models[task.model] = RecordingWork(model)
        return model.info

    def _answer(self, task: Task) -> tuple[Outcome, int, bytes]:
        queued = time.monotonic() - task.admitted
        if task.admitted + queued >= task.deadline or self._marks.is_abandoned(task.task_id):
            return Outcome.LATE, task.task_id, b""
        try:
            return Outcome.DONE, task.task_id, self._work(task, queued)
        except Exception as error:
            outcome, body = _said(error)
            return outcome, task.task_id, body

    def _work(self, task: Task, queued: float) -> bytes:
        if task.kind == Kind.DIGITIZE:
            return self._page_reader()(task.body, self._limits, partial(self._go_on, task))
        if task.model in self._recording_models:
            return self._recording_models[task.model].answer(task.kind, task.body, partial(self._go_on, task))
        classifier, answers = self._models[task.model]
        if task.kind == Kind.CLASSIFY:
            return _classified(classifier.classify(task.body), answers, queued)
        if task.kind == Kind.CLASSIFY_IN_LEAD:
            lead, image = wire.split(task.body)
            return _classified(classifier.classify(image, lead=lead.decode()), answers, queued)
        if task.kind in (Kind.CLASSIFY_PIXELS, Kind.CLASSIFY_PIXELS_IN_LEAD):
            lead, body = (b"", task.body) if task.kind == Kind.CLASSIFY_PIXELS else wire.split(task.body)
            info = classifier.model.info
            shape = (-1, info.input_height, info.input_width, info.input_channels)
            pixels = np.frombuffer(body, dtype=np.uint8).reshape(shape)
            said = classifier.classify_pixels(pixels, lead=lead.decode())
            return wire.join([_classified(answer, answers, queued) for answer in said])
        beat_class, lead, image = wire.split(task.body)
        return _explained(classifier.explain(image, beat_class=beat_class.decode() or None, lead=lead.decode()))

    def _page_reader(self) -> Callable[[bytes, ImageLimits, Callable[[], None]], bytes]:
        """What reads strips and pages, within the limit on memory from then on."""
        if self._read_page is None:
            memory.lift_limit()
            from inference_server.workers.page_work import PageWork

            self._read_page = PageWork(self._page_models).answer
            memory.limit_growth(self._memory_bytes)
        return self._read_page

    def _go_on(self, task: Task) -> None:
        """Called in the middle of long work.

        Raises:
            _Abandoned: nobody waits for it any more.
        """
        if self._marks.is_abandoned(task.task_id) or time.monotonic() >= task.deadline:
            raise _Abandoned


def _classified(answer: Answer, answers: messages.Answers, queued: float) -> bytes:
    response = answers.response(
        answer.classification, queue=queued, decode=answer.decode_seconds, inference=answer.inference_seconds
    )
    return wire.Classified(
        model_version=answer.classification.model_version,
        beat_class=answer.classification.beat_class.short,
        verdict=answer.classification.verdict,
        queue_seconds=queued,
        decode_seconds=answer.decode_seconds,
        inference_seconds=answer.inference_seconds,
        response=response.SerializeToString(),
    ).to_bytes()


def _explained(explanation: Explanation) -> bytes:
    values = explanation.saliency.values
    response = pb.ExplainImageResponse(
        classification=messages.to_classification(explanation.classification),
        explained_class=messages.to_beat_class(explanation.explained_class),
        saliency=pb.SaliencyMap(
            rows=values.shape[0],
            columns=values.shape[1],
            values=values.ravel().tolist(),
            png=explanation.saliency.png(),
        ),
        trace=None if explanation.trace is None else messages.to_trace(explanation.trace),
    )
    return response.SerializeToString()


def _said(error: Exception) -> tuple[Outcome, bytes]:
    """What the front is told of an error."""
    match error:
        case ImageError():
            return Outcome.IMAGE_REFUSED, f"{error.reason}\n{error}".encode()
        case UnknownClass():
            return Outcome.CLASS_UNKNOWN, str(error).encode()
        case RecordingRefused():
            return Outcome.RECORDING_REFUSED, error.to_bytes()
        case _Abandoned():
            return Outcome.LATE, b""
    return Outcome.FAILED, _logged(error)


def _logged(error: Exception) -> bytes:
    error_id = uuid.uuid4().hex
    _log.error("unexpected error", exc_info=error, extra={"error_id": error_id})
    return error_id.encode()


def main(descriptor: str, shared: str, configuration: str) -> None:
    """Serve the front at the other end of the socket pair."""
    # The front decides when a worker ends: by closing the socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    settings = Configuration.from_argument(configuration)
    os.nice(settings.niceness)
    log.configure(settings.log_level)
    # A ConnectionError: the front was killed while an answer was on its way.
    with (
        socket.socket(fileno=int(descriptor)) as connection,
        mmap.mmap(int(shared), wire.Marks.BYTES) as page,
        contextlib.suppress(ConnectionError),
    ):
        Worker(connection, wire.Marks(page), settings).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
