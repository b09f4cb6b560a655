"""What of the models on disk is in service in one process, and how that is changed: alone, or in step with others.

Alone, a process looks at the disk by itself. One of several fronts is told: it prepares what is on disk, and switches
when all have prepared the same (:mod:`inference_server.fronts.switching`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

from inference_server.models.model_repository import ModelRepository
from inference_server.rpc.recording_workers import RecordingWorkers
from inference_server.workers.pool import ServedModel

_log = logging.getLogger(__name__)

Plan = dict[str, dict[str, object]]
"""By the name of a model, the digests of its versions in service and the default: JSON, to be compared."""


class Switch(Protocol):
    """Loads and unloads the model of pictures on a caller's wish."""

    async def load(self) -> None:
        """Bring what is in service in line with what is on disk now."""

    async def unload(self) -> None:
        """Take the model out of service until it is loaded again; calls under way finish with what they have."""


class ModelSwitch:
    """Belongs to one event loop. ``changed`` is called when something else is in service."""

    def __init__(
        self, pictures: ModelRepository[ServedModel], recordings: RecordingWorkers, *, changed: Callable[[], None]
    ) -> None:
        self._pictures = pictures
        self._recordings = recordings
        self._changed = changed

    async def look(self) -> None:
        """Bring what is in service in line with what is on disk, each model by itself."""
        for look in (partial(asyncio.to_thread, self._pictures.refresh), self._recordings.look):
            try:
                if await look():
                    self._changed()
            except Exception:
                _log.exception("looking for new models failed")

    async def load(self) -> None:
        """See :class:`Switch`."""
        await asyncio.to_thread(self._pictures.resume)
        self._changed()

    async def unload(self) -> None:
        """See :class:`Switch`."""
        await asyncio.to_thread(self._pictures.suspend)
        self._changed()

    async def prepare(self, *, suspended: bool) -> Plan:
        """Load what is on disk without switching to it; of pictures nothing where they are ``suspended``."""
        recordings = self._recordings.repository
        await self._recordings.begin_with_model()
        return {
            self._pictures.name: await asyncio.to_thread(self._pictures.prepare, suspended=suspended),
            recordings.name: await asyncio.to_thread(recordings.prepare, suspended=False),
        }

    def commit(self) -> None:
        """Switch to what was prepared."""
        changed = [repository.commit() for repository in (self._pictures, self._recordings.repository)]
        if any(changed):
            self._changed()

    def discard(self) -> None:
        """Let go what was prepared."""
        for repository in (self._pictures, self._recordings.repository):
            repository.discard()
