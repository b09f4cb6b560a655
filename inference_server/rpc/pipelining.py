"""Answers to a stream in its order, with work begun ahead of the answers; and how many streams there may be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from inference_server.runtime.failures import Failure, Status


class TooManyStreams(Failure):
    """As many streams are open as the server takes."""

    status = Status.RESOURCE_EXHAUSTED
    reason = "TOO_MANY_STREAMS"
    retry_after = 1.0  # nobody knows how long they will take

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} streams are open already, which is the limit.")


class Streams:
    """The streams that are open, of all services together. A stream may hold pictures before they are admitted."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Keep one open during the block.

        Raises:
            TooManyStreams: there are as many as there may be.
        """
        if self._open >= self._limit:
            raise TooManyStreams(self._limit)
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1


class Begun(Protocol):
    """What was begun for one message of a stream."""

    @property
    def future(self) -> asyncio.Future[Any]:
        """Its work; cancelled when the stream ends before its turn."""


def failed(error: Exception) -> asyncio.Future[Any]:
    """Work that could not be begun, because of ``error``; nobody has to ask for it."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_exception(error)
    future.exception()  # or asyncio would complain of a stream that ends before its turn
    return future


Message = TypeVar("Message")
Item = TypeVar("Item", bound=Begun)


async def pipelined(
    messages: AsyncIterator[Message], begin: Callable[[Message], Awaitable[Item]], *, window: int
) -> AsyncGenerator[Item, None]:
    """Begin work for messages as they come, at most ``window`` ahead of the consumer; yields what was begun, in order.

    Raises what ended the reading, after all that was begun before has been yielded.
    """
    begun: asyncio.Queue[Item | None] = asyncio.Queue(window)

    async def read() -> None:
        try:
            async for message in messages:
                started = await begin(message)
                del message  # or it would be held until the next one has come
                try:
                    await begun.put(started)
                except asyncio.CancelledError:
                    started.future.cancel()
                    raise
        finally:
            await begun.put(None)

    reading = asyncio.ensure_future(read())
    item: Item | None = None
    try:
        while (item := await begun.get()) is not None:
            yield item
        await reading
    finally:
        reading.cancel()
        left = [item] + [begun.get_nowait() for _ in range(begun.qsize())]
        for started in left:
            if started is not None:
                started.future.cancel()
