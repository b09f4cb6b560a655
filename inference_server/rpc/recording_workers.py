"""The processes that work on recordings, with the versions of their model and their queue.

They are not those of pictures: a segment takes seconds. They step far back behind these, so that the system gives them
what pictures leave, and are started once there is a model for recordings, or somebody sends a strip or a page.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

from inference_server.models.model_repository import ModelRepository
from inference_server.runtime.settings import Settings
from inference_server.workers.pool import Job, ServedModel, WorkerPool
from inference_server.workers.scheduling import Scheduler
from inference_server.workers.wire import Configuration, Kind

_log = logging.getLogger(__name__)

#: Linux gives such a process a third of the weight of pictures' workers, which have 5.
_NICENESS: Final = 10
#: One segment is worked on, and one lies ready.
_WINDOW: Final = 2


class RecordingWorkers:
    """Belongs to one event loop. ``changed`` is called when the number of workers that are ready has changed."""

    def __init__(self, settings: Settings, *, changed: Callable[[], None]) -> None:
        self._beside = AsyncExitStack()
        self._started = False
        self._changed = changed
        self.pool = WorkerPool(
            settings.recording_workers,
            Configuration(
                settings.image_limits,
                settings.log_level,
                settings.recording_memory_bytes,
                niceness=_NICENESS,
                page_models=str(settings.models / settings.page_model_name),
            ),
            job_seconds=settings.segment_seconds,
            changed=self._follow,
            window=_WINDOW,
            load=Kind.LOAD_RECORDINGS,
        )
        self.scheduler: Scheduler[Job, bytes] = Scheduler(
            self.pool.submit,
            slots=0,
            capacity=_WINDOW * settings.recording_workers,
            capacity_bytes=settings.recording_bytes,
            size=lambda job: len(job.body),
        )
        self.repository: ModelRepository[ServedModel] = ModelRepository(
            settings.models,
            name=settings.recording_model_name,
            load=self.pool.load,
            versions=settings.recording_model_versions,
        )

    async def look(self) -> bool:
        """Bring what is in service in line with what is on disk; returns whether anything changed."""
        if not await self.begin_with_model():
            return False
        before = bool(self.repository.loaded())
        changed = await asyncio.to_thread(self.repository.refresh)
        if changed and not before:
            _log.info(
                "serving recordings", extra={"versions": [model.info.version for model in self.repository.loaded()]}
            )
        return changed

    async def begin_with_model(self) -> bool:
        """Start the workers where there is a model on disk; returns whether they are started."""
        if not self._started and self.repository.versions():
            await self.begin()
        return self._started

    async def begin(self) -> None:
        """Start the workers, where they are not: recordings need a model, strips and pages none."""
        if not self._started:
            self._started = True
            await self._beside.enter_async_context(self.pool)

    @property
    def ready(self) -> bool:
        """Whether recordings are analysed now."""
        return self.pool.ready > 0 and bool(self.repository.loaded())

    def _follow(self) -> None:
        self.scheduler.resize(self.pool.slots)
        self._changed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._beside.__aexit__(kind, error, traceback)
