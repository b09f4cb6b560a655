"""The front's side: keeps a number of worker processes alive, loaded with the same models, and hands out work.

A worker that dies costs the picture that it was working on, and nothing else: that one fails with :class:`WorkerLost`,
the others that it had in hand are handed to another worker, and another process takes its place. A worker that does not
answer for too long is ended, which comes to the same.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import weakref
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Final, NamedTuple, Self

from inference_server.classification import ModelInfo, messages
from inference_server.generated.ecg.v1 import model_pb2
from inference_server.models.model_files import LoadInterrupted, ModelError, ModelFiles
from inference_server.runtime.pauses import Pauses
from inference_server.workers import wire
from inference_server.workers.child import WorkerFailed, WorkerLost, WorkerProcess
from inference_server.workers.scheduling import Ended, Running
from inference_server.workers.wire import Configuration, Kind

_log = logging.getLogger(__name__)

#: Pictures that a worker has in hand at once: the next ones lie ready when it has finished one.
WINDOW: Final = 4
#: A worker that has not said hello, or has not loaded a model, after so many seconds, never will.
_START_SECONDS: Final = 60.0
_LOAD_SECONDS: Final = 120.0
_CHECK_SECONDS: Final = 0.5
#: Workers lost while they loaded a version, before the version is to blame.
_LOAD_ATTEMPTS: Final = 3


class ServedModel:
    """A version that every worker has loaded. The workers forget it when nobody holds this any more."""

    __slots__ = ("__weakref__", "handle", "info")

    def __init__(self, handle: int, info: ModelInfo) -> None:
        self.handle = handle
        self.info = info


class Job(NamedTuple):
    """A picture, several as pixels, or a part of the work on a recording, for one model or for none."""

    kind: Kind
    model: ServedModel | None
    body: bytes


class WorkerPool:
    """A number of worker processes. Belongs to one event loop, in whose thread all of it runs, except for :meth:`load`.

    ``job_seconds`` is the longest time without a sign of life of a worker that has work. ``changed`` is called when the
    number of workers that are ready has changed. A worker has at most ``window`` jobs in hand. ``load`` is the task
    that loads a model: of pictures, or of recordings.
    """

    def __init__(
        self,
        size: int,
        configuration: Configuration,
        *,
        job_seconds: float,
        changed: Callable[[], None],
        window: int = WINDOW,
        load: Kind = Kind.LOAD,
    ) -> None:
        self.size = size
        self._window = window
        self._load_kind = load
        self.lost = 0
        """Workers that ended without being told to."""
        self._configuration = configuration
        self._job_seconds = job_seconds
        self._changed = changed
        self._ready: list[WorkerProcess] = []
        self._some_ready = asyncio.Event()
        self._models: dict[int, ModelFiles] = {}
        self._on_the_way = 0
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
        return self._window * len(self._ready)

    @property
    def model_bytes(self) -> int:
        """What the front holds of models: of each version in service, and on the way to the workers."""
        return sum(len(files.content) for files in self._models.values()) + self._on_the_way

    def submit(self, job: Job, admitted: float, deadline: float | None, ended: Ended[bytes]) -> Running:
        """Start ``job`` on the worker with the least in hand; ``ended`` gets the body of its reply.

        Or it gets ImageError, UnknownClass, DeadlinePassed, WorkerFailed, or WorkerLost: as NotBegun, too, where the
        worker was not at this job when it ended.

        Raises:
            WorkerLost: there is no worker now.
        """
        worker = min(self._ready, key=WorkerProcess.load_now, default=None)
        if worker is None:
            raise WorkerLost
        return worker.begin(
            job.kind,
            wire.NO_MODEL if job.model is None else job.model.handle,
            job.body,
            admitted,
            wire.NEVER if deadline is None else deadline,
            ended,
            job.kind if job.model is None else job.model,
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
                self._on_the_way = len(body) * (1 + len(self._ready))
                try:
                    async with asyncio.timeout(_LOAD_SECONDS):
                        replies = await asyncio.gather(
                            *(worker.ask(self._load_kind, handle, body) for worker in self._ready)
                        )
                except WorkerLost:
                    continue
                except TimeoutError:
                    raise LoadInterrupted(f"Loading it takes longer than {_LOAD_SECONDS:g} s.") from None
                except WorkerFailed as error:
                    raise ModelError(f"A worker has logged the error {error.error_id}.") from error
                finally:
                    self._on_the_way = 0
                if not replies:
                    continue
                self._models[handle] = files
            model = ServedModel(handle, messages.from_model(model_pb2.Model.FromString(replies[0])))
            weakref.finalize(model, self._forget, handle).atexit = False
            return model
        raise LoadInterrupted("Loading it ended the worker process.")

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
        pauses = Pauses()
        while True:
            try:
                await self._live()
            except (OSError, WorkerLost, WorkerFailed, ModelError) as error:  # TimeoutError is an OSError
                _log.error("worker lost", extra={"why": str(error) or "it did not start in time"})
            self.lost += 1
            await asyncio.sleep(pauses.next())

    async def _live(self) -> None:
        """One worker from its start to its end, which comes as an exception."""
        worker = await WorkerProcess.start(self._configuration)
        worker.gone = partial(self._remove, worker)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await worker.hello
            async with self._loading:
                for handle, files in self._models.items():
                    async with asyncio.timeout(_LOAD_SECONDS):
                        await worker.ask(self._load_kind, handle, wire.files_to_bytes(files))
                self._ready.append(worker)
            self._some_ready.set()
            self._changed()
            _log.info("worker ready", extra={"pid": worker.pid})
            await self._watch(worker)
        finally:
            self._remove(worker)
            worker.end()

    def _remove(self, worker: WorkerProcess) -> None:
        """Give it no more pictures. What it had in hand fails only after this, or the queue would follow it."""
        if worker in self._ready:
            self._ready.remove(worker)
            if not self._ready:
                self._some_ready.clear()
            self._changed()

    async def _watch(self, worker: WorkerProcess) -> None:
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
