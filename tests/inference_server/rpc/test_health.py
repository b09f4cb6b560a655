from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from grpc_health.v1 import health_pb2

from inference_server.rpc.health import HealthServicer

pytestmark = pytest.mark.asyncio

UNKNOWN, SERVING, NOT_SERVING = (
    health_pb2.HealthCheckResponse.SERVICE_UNKNOWN,
    health_pb2.HealthCheckResponse.SERVING,
    health_pb2.HealthCheckResponse.NOT_SERVING,
)


def watch(health: HealthServicer, service: str) -> AsyncIterator[Any]:
    context: Any = None
    return health.Watch(health_pb2.HealthCheckRequest(service=service), context)


async def following(stream: AsyncIterator[Any]) -> int:
    async with asyncio.timeout(10):
        return int((await anext(stream)).status)


async def test_every_watcher_hears_every_change_even_after_another_left() -> None:
    health = HealthServicer(["a"])
    leaving, staying = watch(health, "a"), watch(health, "a")
    assert await following(leaving) == await following(staying) == NOT_SERVING
    await leaving.aclose()  # type: ignore[attr-defined]
    health.set_ready("a", True)
    assert await following(staying) == SERVING
    health.set_ready("a", False)
    assert await following(staying) == NOT_SERVING


async def test_services_are_watched_apart() -> None:
    health = HealthServicer(["a", "b"])
    stream = watch(health, "b")
    assert await following(stream) == NOT_SERVING
    health.set_ready("a", True)
    health.set_ready("b", True)
    assert await following(stream) == SERVING
    assert await following(watch(health, "c")) == UNKNOWN


async def test_closing_says_not_serving_once_and_ends_the_watch() -> None:
    health = HealthServicer(["a"])
    health.set_ready("a", True)
    stream = watch(health, "a")
    assert await following(stream) == SERVING
    health.close()
    health.set_ready("a", True)
    assert await following(stream) == NOT_SERVING
    with pytest.raises(StopAsyncIteration):
        await following(stream)
    assert await following(watch(health, "")) == SERVING  # alive until the end
