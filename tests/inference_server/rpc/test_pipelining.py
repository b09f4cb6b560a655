from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import NamedTuple

import pytest

from inference_server.rpc.pipelining import pipelined

pytestmark = pytest.mark.asyncio


class Item(NamedTuple):
    number: int
    future: asyncio.Future[int]


class Work:
    """Begins whatever it is asked for, and finishes when the test says so."""

    def __init__(self) -> None:
        self.begun: list[Item] = []

    async def begin(self, number: int) -> Item:
        item = Item(number, asyncio.get_running_loop().create_future())
        self.begun.append(item)
        return item


async def numbers(count: int, *, then: Exception | None = None) -> AsyncIterator[int]:
    for number in range(count):
        yield number
    if then is not None:
        raise then


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_work_is_begun_ahead_within_the_window_and_answered_in_order() -> None:
    work = Work()
    answers = []
    async with aclosing(pipelined(numbers(6), work.begin, window=2)) as items:
        async for item in items:
            await settle()
            # One with the consumer, two in the window, one that waits for a place in it.
            assert len(work.begun) == min(6, item.number + 4)
            work.begun[item.number].future.set_result(item.number * 10)
            answers.append(await item.future)
    assert answers == [0, 10, 20, 30, 40, 50]


async def test_what_is_left_in_the_middle_is_cancelled() -> None:
    work = Work()
    async with aclosing(pipelined(numbers(100), work.begin, window=2)) as items:
        async for _ in items:
            await settle()
            break
    await settle()
    assert len(work.begun) == 4
    assert all(item.future.cancelled() for item in work.begun)


async def test_what_ends_the_reading_is_raised_after_what_came_before() -> None:
    items = pipelined(numbers(3, then=ValueError("broken")), Work().begin, window=8)
    assert [(await anext(items)).number for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="broken"):
        await anext(items)
