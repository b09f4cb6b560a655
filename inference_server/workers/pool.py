"""The front's side: keeps a number of worker processes alive, loaded with the same models, and hands out work.

A worker that dies costs the pictures that it had in hand, and nothing else: they fail with :class:`WorkerLost`, and
another process takes its place. A worker that does not answer for too long is ended, which comes to the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import mmap
import os
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Final, NamedTuple, Self, cast

from inference_server.classification import ModelInfo, UnknownClass
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.images import ImageError, ImageReason
from inference_server.model_files import ModelError, ModelFiles
from inference_server.rpc import messages
from inference_server.scheduling import DeadlinePassed, Ended, Running
from inference_server.workers import wire
from inference_server.workers.wire import Configuration, Kind, Outcome, Reply

_log = logging.getLogger(__name__)

#: By its name: importing it would load onnxruntime into the front.
_PROGRAM: Final = "inference_server.workers.process"

#: Pictures that a worker has in hand at once: the next ones lie ready when it has finished one.
WINDOW: Final = 4
#: A worker that has not said hello, or has not loaded a model, after so many seconds, never will.
_START_SECONDS: Final = 60.0
_LOAD_SECONDS: Final = 120.0
#: A worker that lived for so many seconds did not die of starting; the next one follows at once.
_LASTING_SECONDS: Final = 10.0
_MAX_PAUSE_SECONDS: Final = 10.0
_CHECK_SECONDS: Final = 0.5
_STOP_SECONDS: Final = 5.0
#: Workers lost while they loaded a version, before the version is to blame.
_LOAD_ATTEMPTS: Final = 3


class WorkerLost(Exception):  # noqa: N818 - reads as what happened
    """The worker died, or was ended, with the picture in hand."""

    def __init__(self) -> None:
        super().__init__("The process that worked on the picture has ended. Try again.")


class WorkerFailed(Exception):  # noqa: N818 - reads as what happened
    """Something unexpected went wrong in a worker, which has logged it under ``error_id``."""

    def __init__(self, error_id: str) -> None:
        super().__init__(f"A worker has logged the error {error_id}.")
        self.error_id = error_id


class ServedModel:
    """A version that every worker has loaded. The workers forget it when nobody holds this any more."""

    __slots__ = ("__weakref__", "handle", "info")

    def __init__(self, handle: int, info: ModelInfo) -> None:
        self.handle = handle
        self.info = info


class Job(NamedTuple):
    """A picture, or several as pixels, for one model."""

    kind: Kind
    model: ServedModel
    body: bytes


class WorkerPool:
    """A number of worker processes. Belongs to one event loop, in whose thread all of it runs, except for :meth:`load`.

    ``job_seconds`` is the longest time without a sign of life of a worker that has work. ``changed`` is called when the
    number of workers that are ready has changed.
    """

    def __init__(
        self, size: int, configuration: Configuration, *, job_seconds: float, changed: Callable[[], None]
    ) -> None:
        self.size = size
        self.lost = 0
        """Workers that ended without being told to."""
        self._configuration = configuration
        self._job_seconds = job_seconds
        self._changed = changed
        self._ready: list[_Worker] = []
        self._some_ready = asyncio.Event()
        self._models: dict[int, ModelFiles] = {}
        self._loading = asyncio.Lock()
        self._handles = itertools.count(1)
        self._loop = asyncio.get_running_loop()
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> int:
        """Workers that take pictures now."""
        return len(self._ready)

    @property
    def slots(self) -> int:
        """Jobs that may be submitted at once now."""
        return WINDOW * len(self._ready)

    def submit(self, job: Job, admitted: float, deadline: float | None, ended: Ended[bytes]) -> Running:
        """Start ``job`` on the worker with the least in hand; ``ended`` gets the body of its reply.

        Or it gets ImageError, UnknownClass, DeadlinePassed, WorkerLost or WorkerFailed.

        Raises:
            WorkerLost: there is no worker now.
        """
        worker = min(self._ready, key=_Worker.load_now, default=None)
        if worker is None:
            raise WorkerLost
        return worker.begin(
            job.kind,
            job.model.handle,
            job.body,
            admitted,
            wire.NEVER if deadline is None else deadline,
            ended,
            job.model,
        )

    def load(self, files: ModelFiles) -> ServedModel:
        """Get a version ready on every worker; blocks, and is called from any thread but the event loop's.

        Raises:
            ModelError: it can't be served.
            TimeoutError: no worker came up in time.
        """
        return asyncio.run_coroutine_threadsafe(self._load(files), self._loop).result()

    async def _load(self, files: ModelFiles) -> ServedModel:
        body = wire.files_to_bytes(files)
        handle = next(self._handles)
        for _ in range(_LOAD_ATTEMPTS):
            async with asyncio.timeout(_START_SECONDS):
                await self._some_ready.wait()
            async with self._loading:
                try:
                    async with asyncio.timeout(_LOAD_SECONDS):
                        replies = await asyncio.gather(*(worker.ask(Kind.LOAD, handle, body) for worker in self._ready))
                except WorkerLost:
                    continue
                except TimeoutError:
                    raise ModelError(f"Loading it takes longer than {_LOAD_SECONDS:g} s.") from None
                except WorkerFailed as error:
                    raise ModelError(str(error)) from error
                if not replies:
                    continue
                self._models[handle] = files
            model = ServedModel(handle, messages.from_model(pb.Model.FromString(replies[0])))
            weakref.finalize(model, self._forget, handle).atexit = False
            return model
        raise ModelError("Loading it ended the worker process.")

    def _forget(self, handle: int) -> None:
        """Called where the last holder of a model lets it go, in whatever thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._drop, handle)

    def _drop(self, handle: int) -> None:
        self._models.pop(handle, None)
        for worker in self._ready:
            worker.tell(Kind.DROP, handle)

    async def _keep_one(self) -> None:
        """Have one worker at all times: start it, and another one when it has ended."""
        failures = 0
        while True:
            begun = time.monotonic()
            try:
                await self._live()
            except (OSError, WorkerLost, WorkerFailed, ModelError) as error:  # TimeoutError is an OSError
                _log.error("worker lost", extra={"why": str(error) or "it did not start in time"})
            self.lost += 1
            failures = 0 if time.monotonic() - begun > _LASTING_SECONDS else failures + 1
            if failures > 1:
                await asyncio.sleep(min(_MAX_PAUSE_SECONDS, 0.1 * 2 ** min(failures, 10)))

    async def _live(self) -> None:
        """One worker from its start to its end, which comes as an exception."""
        worker = await _Worker.start(self._configuration)
        worker.gone = partial(self._remove, worker)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await worker.hello
            async with self._loading:
                for handle, files in self._models.items():
                    async with asyncio.timeout(_LOAD_SECONDS):
                        await worker.ask(Kind.LOAD, handle, wire.files_to_bytes(files))
                self._ready.append(worker)
            self._some_ready.set()
            self._changed()
            _log.info("worker ready", extra={"pid": worker.pid})
            await self._watch(worker)
        finally:
            self._remove(worker)
            worker.end()

    def _remove(self, worker: _Worker) -> None:
        """Give it no more pictures. What it had in hand fails only after this, or the queue would follow it."""
        if worker in self._ready:
            self._ready.remove(worker)
            if not self._ready:
                self._some_ready.clear()
            self._changed()

    async def _watch(self, worker: _Worker) -> None:
        """Wait for the worker's end.

        Raises:
            WorkerLost: it has died.
            TimeoutError: it has work and gave no sign of life for too long.
        """
        while True:
            await asyncio.wait([worker.closed], timeout=_CHECK_SECONDS)
            if worker.closed.done():
                raise WorkerLost
            if worker.silent_seconds() > self._job_seconds:
                raise TimeoutError(f"no answer for {self._job_seconds:g} s")

    async def __aenter__(self) -> Self:
        self._keepers = [asyncio.ensure_future(self._keep_one()) for _ in range(self.size)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)


class _Asked:
    """Something that a worker has in hand."""

    __slots__ = ("_abandoned", "_index", "ended", "model")

    def __init__(self, ended: Ended[bytes], model: ServedModel | None, abandoned: mmap.mmap, index: int) -> None:
        self.ended = ended
        self.model = model
        """What must stay loaded until it has ended."""
        self._abandoned = abandoned
        self._index = index

    def cancel(self) -> None:
        """Let the worker leave it out, unless it has begun."""
        self._abandoned[self._index] = 1


class _Worker(asyncio.Protocol):
    """One process, and the front's end of the socket pair to it."""

    def __init__(self, abandoned: mmap.mmap) -> None:
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
        self._abandoned = abandoned
        self._last_sign = time.monotonic()

    @classmethod
    async def start(cls, configuration: Configuration) -> _Worker:
        """Start a process.

        Raises:
            OSError: the system has no room for one.
        """
        with contextlib.ExitStack() as ends:
            ours, theirs = (ends.enter_context(end) for end in socket.socketpair())
            memory = os.memfd_create("abandoned")
            ends.callback(os.close, memory)
            os.truncate(memory, wire.ABANDONED_BYTES)
            abandoned = mmap.mmap(memory, wire.ABANDONED_BYTES)
            process = subprocess.Popen(
                [sys.executable, "-m", _PROGRAM, str(theirs.fileno()), str(memory), configuration.to_argument()],
                pass_fds=(theirs.fileno(), memory),
                stdin=subprocess.DEVNULL,
                # Models run on one thread; what NumPy multiplies here is small.
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
            kept = ours.dup()
        _, worker = await asyncio.get_running_loop().connect_accepted_socket(lambda: cls(abandoned), kept)
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
        working = any(each.model is not None for each in self._asked.values())
        return time.monotonic() - self._last_sign if working else 0.0

    def begin(
        self,
        kind: Kind,
        model: int,
        body: bytes,
        admitted: float,
        deadline: float,
        ended: Ended[bytes],
        keep: ServedModel | None,
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
        index = task_id % wire.ABANDONED_BYTES
        self._abandoned[index] = 0
        asked = self._asked[task_id] = _Asked(ended, keep, self._abandoned, index)
        self._transport.write(wire.task(kind, task_id, model, body, admitted=admitted, deadline=deadline))
        return asked

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
            self._process.kill()  # it holds nothing that would be lost
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
        self._fail_all()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._last_sign = time.monotonic()
        for reply in self._reader.feed(data):
            if reply.outcome == Outcome.HELLO:
                if not self.hello.done():
                    self.hello.set_result(None)
                continue
            asked = self._asked.pop(reply.task_id)
            if reply.outcome == Outcome.DONE:
                asked.ended(reply.body, None)
            else:
                asked.ended(None, _meaning(reply))

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
        if not self.hello.done():
            self.hello.set_exception(WorkerLost())
        self.gone()
        self._fail_all()

    def _fail_all(self) -> None:
        asked, self._asked = self._asked, {}
        for each in asked.values():
            each.ended(None, WorkerLost())


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
    return WorkerFailed(text)
