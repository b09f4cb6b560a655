"""One worker process as the front sees it: started, given tasks over a socket pair, and its answers handed on."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import mmap
import os
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Final, cast

from ecg.pictures.decoding import ImageError, ImageReason
from inference_server.classification import UnknownClass
from inference_server.models.model_files import ModelError
from inference_server.runtime import children
from inference_server.runtime.failures import Failure, InternalError, Status
from inference_server.workers import wire
from inference_server.workers.recording_tasks import RecordingRefused
from inference_server.workers.scheduling import DeadlinePassed, Ended, NotBegun, Running
from inference_server.workers.wire import Configuration, Kind, Outcome, Reply

#: By its name: importing it would load onnxruntime into the front.
_PROGRAM: Final = "inference_server.workers.process"


class WorkerLost(Failure):
    """The worker died, or was ended, with the picture in hand."""

    status = Status.UNAVAILABLE
    reason = "WORKER_LOST"
    retry_after = 0.05  # another worker is there already

    def __init__(self) -> None:
        super().__init__("The process that worked on it has ended. Try again.")


class WorkerFailed(InternalError):  # noqa: N818 - reads as what happened
    """Something unexpected went wrong in a worker, which has logged it under ``error_id``."""


class _LostBefore(WorkerLost, NotBegun):
    """The worker has ended, and was not at this picture."""


class _Asked:
    """Something that a worker has in hand."""

    __slots__ = ("_marks", "_task_id", "ended", "keep")

    def __init__(self, ended: Ended[bytes], keep: object | None, marks: wire.Marks, task_id: int) -> None:
        self.ended = ended
        self.keep = keep
        """What must stay loaded until it has ended; None for what is no picture."""
        self._marks = marks
        self._task_id = task_id

    def cancel(self) -> None:
        """Let the worker leave it out, unless it has begun."""
        self._marks.abandon(self._task_id)


class WorkerProcess(asyncio.Protocol):
    """One process, and the front's end of the socket pair to it."""

    def __init__(self, marks: wire.Marks) -> None:
        loop = asyncio.get_running_loop()
        self.hello: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.gone: Callable[[], None] = lambda: None
        """Called when the connection is lost, before what it had in hand fails."""
        self._transport: asyncio.Transport | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._reader = wire.ReplyReader()
        self._ids = itertools.cycle(range(1, 2**32))
        self._asked: dict[int, _Asked] = {}
        self._marks = marks
        self._last_sign = time.monotonic()

    @classmethod
    async def start(cls, configuration: Configuration) -> WorkerProcess:
        """Start a process.

        Raises:
            OSError: the system has no room for one.
        """
        with contextlib.ExitStack() as ends:
            ours, theirs = (ends.enter_context(end) for end in socket.socketpair())
            shared = os.memfd_create("marks")
            ends.callback(os.close, shared)
            os.truncate(shared, wire.Marks.BYTES)
            marks = wire.Marks(mmap.mmap(shared, wire.Marks.BYTES))
            process = children.start(
                _PROGRAM,
                str(theirs.fileno()),
                str(shared),
                configuration.to_argument(),
                descriptors=(theirs.fileno(), shared),
                environment=children.calculating(),
            )
            own_socket = ours.dup()
        try:
            _, worker = await asyncio.get_running_loop().connect_accepted_socket(lambda: cls(marks), own_socket)
        except BaseException:  # stopped meanwhile
            own_socket.close()
            children.end(process)
            raise
        worker._process = process
        return worker

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid if self._process else 0

    def load_now(self) -> int:
        """How much it has in hand."""
        return len(self._asked)

    def silent_seconds(self) -> float:
        """For how long it has had pictures in hand without answering any."""
        working = any(task.keep is not None for task in self._asked.values())
        return time.monotonic() - self._last_sign if working else 0.0

    def begin(
        self,
        kind: Kind,
        model: int,
        body: bytes,
        admitted: float,
        deadline: float,
        ended: Ended[bytes],
        keep: object | None,
    ) -> Running:
        """Send a task; ``ended`` gets the body of the reply, or what the outcome means.

        Raises:
            WorkerLost: it has ended.
        """
        if self._transport is None or self.closed.done():
            raise WorkerLost
        task_id = next(self._ids)
        if not self._asked:
            self._last_sign = time.monotonic()
        self._marks.expect(task_id)
        task = self._asked[task_id] = _Asked(ended, keep, self._marks, task_id)
        self._transport.write(wire.task(kind, task_id, model, body, admitted=admitted, deadline=deadline))
        return task

    def ask(self, kind: Kind, model: int, body: bytes) -> asyncio.Future[bytes]:
        """Send a task; the future has the body of the reply, or raises what the outcome means."""
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def ended(result: bytes | None, error: BaseException | None) -> None:
            if not future.done():
                if error is not None:
                    future.set_exception(error)
                else:
                    future.set_result(result or b"")

        try:
            self.begin(kind, model, body, 0.0, wire.NEVER, ended, None)
        except WorkerLost as error:
            future.set_exception(error)
        return future

    def tell(self, kind: Kind, model: int) -> None:
        """Send a task that has no answer."""
        if self._transport is not None:
            self._transport.write(wire.task(kind, 0, model, b""))

    def end(self) -> None:
        """Close the socket, and see that the process ends."""
        if self._transport is not None:
            self._transport.abort()
        if self._process is not None:
            children.end(self._process)
        self._fail_all()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio's protocol, as the next two."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Hand on the answers that are complete now."""
        self._last_sign = time.monotonic()
        for reply in self._reader.feed(data):
            if reply.outcome == Outcome.HELLO:
                if not self.hello.done():
                    self.hello.set_result(None)
                continue
            task = self._asked.pop(reply.task_id)
            if reply.outcome == Outcome.DONE:
                task.ended(reply.body, None)
            else:
                task.ended(None, _meaning(reply))

    def connection_lost(self, _error: Exception | None) -> None:
        """The process has ended, or was told to."""
        if not self.closed.done():
            self.closed.set_result(None)
        if not self.hello.done():
            self.hello.set_exception(WorkerLost())
            self.hello.exception()  # when the pool stops, nobody waits for it any more
        self.gone()
        self._fail_all()

    def _fail_all(self) -> None:
        """Tell everything in hand that the worker is lost, what was sent last first: each goes to the queue's head."""
        tasks, self._asked = self._asked, {}
        begun = self._marks.begun
        for task_id, task in reversed(tasks.items()):
            task.ended(None, WorkerLost() if task_id == begun or task.keep is None else _LostBefore())


def _meaning(reply: Reply) -> Exception:
    """The exception that an outcome stands for."""
    text = reply.body.decode()
    match reply.outcome:
        case Outcome.IMAGE_REFUSED:
            reason, _, sentence = text.partition("\n")
            return ImageError(ImageReason(reason), sentence)
        case Outcome.CLASS_UNKNOWN:
            return UnknownClass(text)
        case Outcome.LATE:
            return DeadlinePassed("The deadline passed before the work was begun.")
        case Outcome.MODEL_REFUSED:
            return ModelError(text)
        case Outcome.RECORDING_REFUSED:
            return RecordingRefused.from_bytes(reply.body)
    return WorkerFailed(text)
