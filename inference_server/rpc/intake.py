"""The only place where a caller's message is read: after it is known who calls, in time, and within the front's memory.

gRPC gathers a message until it is whole, however large and slow it is, and says nothing of the parts. So what half-sent
messages hold is seen by what the process holds. When that is more than it may be, messages that have been arriving for
longest are refused until it is less, and whoever comes meanwhile waits a moment. A message that arrives at once is
never among them.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

import grpc.aio

from inference_server.rpc.errors import MessageTooSlow, RequestError
from inference_server.runtime import memory
from inference_server.workers.scheduling import QueueFull

_log = logging.getLogger(__name__)

#: How often memory and clocks are looked at, seconds. On loopback half a gigabyte a second arrives.
_TICK_SECONDS: Final = 0.05
#: A message that has been arriving for less than this is not refused to make room, seconds.
_FRESH_SECONDS: Final = 0.1
#: Who calls while there is no room waits so long for it, seconds.
_PATIENCE_SECONDS: Final = 2.0
#: Seconds after which who was refused for want of room may come again.
_RETRY_SECONDS: Final = 1.0
#: A probe's message is a few bytes.
_PROBE_SECONDS: Final = 2.0
#: gRPC says that there is no message a moment before it says that the caller has left, seconds.
_LEAVING_SECONDS: Final = 0.1
#: While this much more is held than at the start, bytes, what was freed is given back to the system: every so many
#: seconds, less often when there was little to give. It takes some milliseconds.
_KEPT_BYTES: Final = 16 * 1024 * 1024
_GIVE_BACK_SECONDS: Final = 2.0
_LITTLE_BYTES: Final = 4 * 1024 * 1024
_GIVE_BACK_LITTLE_SECONDS: Final = 10.0

Message = TypeVar("Message")


class _Reading:
    """A message that is arriving, or that a stream may send some time."""

    __slots__ = ("_cancelling", "_task", "begun", "limit", "refusal")

    def __init__(self, limit: float) -> None:
        self.limit = limit
        """Seconds that it may take; infinite for streams."""
        self.refusal: Exception | None = None
        self.begin()

    def begin(self) -> None:
        """The current task begins to read a message; those of a stream may be read by several."""
        self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._cancelling = self._task.cancelling()
        self.begun = time.monotonic()

    def refuse(self, refusal: Exception) -> None:
        self.refusal = refusal
        self._task.cancel()

    def cancelled(self) -> Exception | None:
        """The refusal that the reading's cancellation means; None where somebody else has cancelled it, too."""
        return self.refusal if self.refusal is not None and self._task.uncancel() <= self._cancelling else None


class Intake:
    """Reads messages while the block lasts. Belongs to one event loop.

    ``seconds`` is the longest time that the message of a call may take. The process may hold ``more_bytes`` beyond what
    it holds when nothing is going on; ``busy`` says whether it holds pictures that it has read, and ``models`` how much
    of what it holds are models and recordings under way, bytes.
    """

    def __init__(self, *, seconds: float, more_bytes: int, busy: Callable[[], bool], models: Callable[[], int]) -> None:
        self._seconds = seconds
        self._more_bytes = more_bytes
        self._busy = busy
        self._models = models
        self._readings: dict[_Reading, None] = {}  # in the order of their begin
        self._room = asyncio.Event()
        self._room.set()
        self._rest = 0
        self._at_start = 0
        self._next_give_back = 0.0
        self._giving_back: asyncio.Future[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    async def message(self, context: grpc.aio.ServicerContext, *, probe: bool = False) -> bytes:
        """The one message of a call. A ``probe`` is read whatever the memory is.

        Raises:
            QueueFull: the front has no room for it.
            MessageTooSlow: it has not arrived in time.
            RequestError: there is none.
        """
        if not probe and not self._room.is_set():
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await self._room.wait()
            except TimeoutError:
                raise QueueFull(_RETRY_SECONDS) from None
        limit = min(self._seconds, _PROBE_SECONDS) if probe else self._seconds
        message = await self._read(context, _Reading(limit))
        if message is None:
            await asyncio.sleep(_LEAVING_SECONDS)  # who has left is cancelled meanwhile
            raise RequestError("MESSAGE_MISSING", "The call has no message.", field="")
        return message

    async def messages(
        self, context: grpc.aio.ServicerContext, parse: Callable[[bytes], Message]
    ) -> AsyncIterator[Message]:
        """The messages of a stream, each read once there is room for it.

        Raises:
            QueueFull: the front has no more room.
        """
        reading = _Reading(math.inf)
        while True:
            if not self._room.is_set():
                await self._room.wait()
            reading.begin()
            message = await self._read(context, reading)
            if message is None:
                return
            yield parse(message)

    async def _read(self, context: grpc.aio.ServicerContext, reading: _Reading) -> bytes | None:
        self._readings[reading] = None
        try:
            message = await context.read()
        except asyncio.CancelledError:
            refusal = reading.cancelled()
            if refusal is None:
                raise
            raise refusal from None
        finally:
            del self._readings[reading]
        return None if message is grpc.aio.EOF else message

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            try:
                self._look()
            except Exception:
                _log.exception("looking after the memory failed")

    def _look(self) -> None:
        """Refuse what takes too long, and as much as it takes to have room again."""
        now = time.monotonic()
        under_way = [reading for reading in self._readings if reading.refusal is None]
        for reading in under_way:
            if now - reading.begun > reading.limit:
                reading.refuse(MessageTooSlow(reading.limit))
        held = memory.own_bytes() - self._models()
        if not self._readings and not self._busy():
            self._rest = held
        short = held > self._rest + self._more_bytes
        if short:
            self._make_room([reading for reading in under_way if now - reading.begun > _FRESH_SECONDS])
            self._room.clear()
        elif not self._room.is_set():
            self._room.set()
        if short or (held > self._at_start + _KEPT_BYTES and now > self._next_give_back):
            self._give_back(held)

    def _make_room(self, slow: list[_Reading]) -> None:
        """Refuse one half of the messages that have been arriving for longest; of streams only when nothing else is."""
        waiting = [reading for reading in slow if reading.refusal is None]
        calls = [reading for reading in waiting if reading.limit != math.inf] or waiting
        for reading in calls[: (len(calls) + 1) // 2]:
            reading.refuse(QueueFull(_RETRY_SECONDS))
        if calls:
            _log.warning("messages refused for want of memory", extra={"messages": (len(calls) + 1) // 2})

    def _give_back(self, held: int) -> None:
        """Give freed memory back to the system, beside everything else."""
        if self._giving_back is not None and not self._giving_back.done():
            return

        async def give_back() -> None:
            await asyncio.to_thread(memory.give_back)
            little = held - (memory.own_bytes() - self._models()) < _LITTLE_BYTES
            self._next_give_back = time.monotonic() + (_GIVE_BACK_LITTLE_SECONDS if little else _GIVE_BACK_SECONDS)

        self._giving_back = asyncio.ensure_future(give_back())

    async def __aenter__(self) -> Self:
        self._rest = self._at_start = memory.own_bytes() - self._models()
        self._watching = asyncio.ensure_future(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if self._giving_back is not None:
            await self._giving_back
