"""One worker: ``python -m inference_server.workers.process SOCKET MARKS CONFIGURATION``, started by the pool alone.

It works on one picture at a time, in the order of arrival, and ends when the front closes the socket pair or dies.
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
from typing import Final

import numpy as np

from ecg.pictures.decoding import ImageError, ImageLimits
from inference_server.classification import UnknownClass, messages
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.models.classifier import Answer, Classifier, Explanation
from inference_server.models.model_files import ModelError
from inference_server.models.onnx_model import OnnxModel
from inference_server.runtime import log, memory
from inference_server.workers import wire
from inference_server.workers.wire import Configuration, Kind, Outcome, Task

_log = logging.getLogger(__name__)

_READ_BYTES: Final = 256 * 1024
#: Workers step back behind the front, or calls would pile up before they can be queued or refused: with 256 callers on
#: two CPUs the median refusal took 0.1 s without this and 5 ms with it.
NICENESS: Final = 5


class Worker:
    """Answers the tasks that come over ``connection``, except for those that are abandoned in ``marks`` by then.

    What it is at is in ``marks`` too. Pictures take at most ``memory_bytes`` beyond what it holds with its models.
    """

    def __init__(self, connection: socket.socket, marks: wire.Marks, limits: ImageLimits, memory_bytes: int) -> None:
        self._connection = connection
        self._marks = marks
        self._limits = limits
        self._memory_bytes = memory_bytes
        self._to_load: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._sending = threading.Lock()
        self._models: dict[int, tuple[Classifier, messages.Answers]] = {}

    def serve(self) -> None:
        """Work until the other end closes."""
        # Before there is a limit on memory: a thread that has no room for its own beginnings is waited for without end.
        threading.Thread(target=self._load_all, daemon=True).start()
        self._send(Outcome.HELLO, 0)
        reader = wire.TaskReader()
        while data := self._connection.recv(_READ_BYTES):
            for task in reader.feed(data):
                if task.kind == Kind.LOAD:
                    self._to_load.put(task)
                elif task.kind == Kind.DROP:
                    self._models.pop(task.model, None)
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
            model = OnnxModel.from_files(wire.files_from_bytes(task.body))
            self._models[task.model] = Classifier(model, self._limits), messages.Answers(model.info)
            reply = Outcome.DONE, messages.to_model(model.info).SerializeToString()
        except ModelError as error:
            reply = Outcome.MODEL_REFUSED, str(error).encode()
        except Exception as error:
            reply = Outcome.FAILED, _logged(error)
        memory.limit_growth(self._memory_bytes)
        self._send(reply[0], task.task_id, reply[1])

    def _answer(self, task: Task) -> tuple[Outcome, int, bytes]:
        queued = time.monotonic() - task.admitted
        if task.admitted + queued >= task.deadline or self._marks.is_abandoned(task.task_id):
            return Outcome.LATE, task.task_id, b""
        try:
            return Outcome.DONE, task.task_id, self._work(task, queued)
        except ImageError as error:
            return Outcome.IMAGE_REFUSED, task.task_id, f"{error.reason}\n{error}".encode()
        except UnknownClass as error:
            return Outcome.CLASS_UNKNOWN, task.task_id, str(error).encode()
        except Exception as error:
            return Outcome.FAILED, task.task_id, _logged(error)

    def _work(self, task: Task, queued: float) -> bytes:
        classifier, answers = self._models[task.model]
        if task.kind == Kind.CLASSIFY:
            return _classified(classifier.classify(task.body), answers, queued)
        if task.kind == Kind.CLASSIFY_PIXELS:
            info = classifier.model.info
            shape = (-1, info.input_height, info.input_width, info.input_channels)
            pixels = np.frombuffer(task.body, dtype=np.uint8).reshape(shape)
            return wire.join([_classified(answer, answers, queued) for answer in classifier.classify_pixels(pixels)])
        beat_class, image = wire.split(task.body)
        return _explained(classifier.explain(image, beat_class=beat_class.decode() or None))


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


def _logged(error: Exception) -> bytes:
    error_id = uuid.uuid4().hex
    _log.error("unexpected error", exc_info=error, extra={"error_id": error_id})
    return error_id.encode()


def main(descriptor: str, shared: str, configuration: str) -> None:
    """Serve the front at the other end of the socket pair."""
    # The front decides when a worker ends: by closing the socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(NICENESS)
    settings = Configuration.from_argument(configuration)
    log.configure(settings.log_level)
    # A ConnectionError: the front was killed while an answer was on its way.
    with (
        socket.socket(fileno=int(descriptor)) as connection,
        mmap.mmap(int(shared), wire.Marks.BYTES) as page,
        contextlib.suppress(ConnectionError),
    ):
        Worker(connection, wire.Marks(page), settings.limits, settings.memory_bytes).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
