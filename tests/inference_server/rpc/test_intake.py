"""When messages are read: the memory is this process's own, and the calls are stood in for, since they are gRPC's."""

from __future__ import annotations

import asyncio
import gc
import mmap
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import grpc.aio
import pytest

from inference_server.rpc import intake as intake_module
from inference_server.rpc.errors import MessageTooSlow, RequestError
from inference_server.rpc.intake import Intake
from inference_server.runtime import memory
from inference_server.workers.scheduling import QueueFull

pytestmark = pytest.mark.asyncio

MORE = 50_000_000


class Call:
    """A call whose messages come when the test says so."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Any] = asyncio.Queue()
        self.reads = 0

    async def read(self) -> Any:
        self.reads += 1
        return await self.messages.get()


class Held:
    """Memory of this process, taken and let go at once."""

    def __init__(self) -> None:
        self._held: list[mmap.mmap] = []

    def take(self, size: int) -> None:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        for page in range(0, size, mmap.PAGESIZE):
            memory[page] = 1
        self._held.append(memory)

    def let_go(self) -> None:
        while self._held:
            self._held.pop().close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "_PATIENCE_SECONDS", 0.3)


@pytest.fixture
def held() -> Any:
    # What earlier tests have left would be given back meanwhile, and would make room.
    gc.collect()
    memory.give_back()
    held = Held()
    yield held
    held.let_go()


@asynccontextmanager
async def reading(
    *, busy: Callable[[], bool] = lambda: True, models: Callable[[], int] = lambda: 0, seconds: float = 60
) -> AsyncIterator[Intake]:
    async with asyncio.timeout(60), Intake(seconds=seconds, more_bytes=MORE, busy=busy, models=models) as intake:
        yield intake


def message(intake: Intake, call: Call, *, probe: bool = False) -> asyncio.Task[bytes]:
    context = cast("grpc.aio.ServicerContext", call)
    return asyncio.ensure_future(intake.message(context, probe=probe))


def sent(data: Any = b"message") -> Call:
    call = Call()
    call.messages.put_nowait(data)
    return call


async def until_refused(intake: Intake) -> None:
    while True:
        try:
            await message(intake, sent())
        except QueueFull:
            return
        await asyncio.sleep(0.01)


async def until_read(intake: Intake) -> None:
    while True:
        try:
            await message(intake, sent())
        except QueueFull:
            continue
        return


async def test_a_message_is_read() -> None:
    async with reading() as intake:
        assert await message(intake, sent(b"one")) == b"one"


async def test_a_call_without_a_message_is_refused_unless_the_caller_leaves() -> None:
    async with reading() as intake:
        with pytest.raises(RequestError):
            await message(intake, sent(grpc.aio.EOF))
        leaving = message(intake, sent(grpc.aio.EOF))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving


async def test_a_message_that_takes_too_long_is_given_up() -> None:
    async with reading(seconds=0.1) as intake:
        with pytest.raises(MessageTooSlow):
            await message(intake, Call())


async def test_who_leaves_while_reading_is_cancelled_and_not_refused() -> None:
    async with reading(seconds=0.1) as intake:
        leaving = message(intake, Call())
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving


async def test_without_memory_what_has_been_arriving_for_longest_is_refused_first(held: Held) -> None:
    async with reading() as intake:
        calls = [message(intake, Call()) for _ in range(4)]
        await asyncio.sleep(2 * intake_module._FRESH_SECONDS)
        held.take(2 * MORE)
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        held.let_go()
        assert [call.done() for call in calls] == [True, True, False, False]
        assert all(isinstance(call.exception(), QueueFull) for call in calls[:2])
        await until_read(intake)
        for call in calls[2:]:
            assert not call.done()
            call.cancel()


async def test_without_memory_calls_wait_and_are_then_refused_and_probes_are_read(held: Held) -> None:
    async with reading() as intake:
        held.take(2 * MORE)
        await until_refused(intake)
        refused = sent()
        with pytest.raises(QueueFull) as caught:
            await message(intake, refused)
        assert caught.value.retry_after == 1
        assert refused.reads == 0
        assert await message(intake, sent(), probe=True) == b"message"
        waiting = message(intake, sent())
        await asyncio.sleep(0.01)
        held.let_go()
        assert await waiting == b"message"


async def test_a_stream_is_read_once_there_is_memory(held: Held) -> None:
    async with reading() as intake:
        held.take(2 * MORE)
        await until_refused(intake)
        call = sent(b"first")
        call.messages.put_nowait(grpc.aio.EOF)

        async def read_all() -> list[bytes]:
            return [
                message async for message in intake.messages(cast("grpc.aio.ServicerContext", call), lambda data: data)
            ]

        stream = asyncio.ensure_future(read_all())
        await asyncio.sleep(4 * intake_module._TICK_SECONDS)
        assert call.reads == 0
        held.let_go()
        assert await stream == [b"first"]


async def test_streams_are_refused_only_when_nothing_else_is_arriving(held: Held) -> None:
    async with reading(seconds=60) as intake:

        async def read_one() -> bytes:
            messages = intake.messages(cast("grpc.aio.ServicerContext", Call()), lambda data: data)
            return await anext(messages)

        stream, call = asyncio.ensure_future(read_one()), message(intake, Call())
        await asyncio.sleep(2 * intake_module._FRESH_SECONDS)
        held.take(2 * MORE)
        with pytest.raises(QueueFull):
            await call
        assert not stream.done()
        with pytest.raises(QueueFull):
            await stream


async def test_what_is_held_while_nothing_goes_on_is_no_want_of_memory(held: Held) -> None:
    busy = False
    async with reading(busy=lambda: busy) as intake:
        held.take(2 * MORE)
        await asyncio.sleep(4 * intake_module._TICK_SECONDS)
        busy = True
        await asyncio.sleep(4 * intake_module._TICK_SECONDS)
        assert await message(intake, sent()) == b"message"
        held.take(2 * MORE)
        await until_refused(intake)


async def test_models_are_no_want_of_memory(held: Held) -> None:
    models = 0
    async with reading(models=lambda: models) as intake:
        models = 2 * MORE
        held.take(2 * MORE)
        await asyncio.sleep(4 * intake_module._TICK_SECONDS)
        assert await message(intake, sent()) == b"message"
