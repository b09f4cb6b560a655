from __future__ import annotations

import asyncio

import uvloop

from inference_server.runtime import event_loop


def test_servers_run_on_uvloop() -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    async def serving() -> None:
        loops.append(asyncio.get_running_loop())

    event_loop.run(serving())

    assert isinstance(loops[0], uvloop.Loop)
