from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

import grpc
import pytest
import uvloop
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from inference_server.runtime import event_loop
from tests.inference_server.server_process import ServerProcess

_CALLS: Final = 200


def test_servers_run_on_uvloop() -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    async def serving() -> None:
        loops.append(asyncio.get_running_loop())

    event_loop.run(serving())

    assert isinstance(loops[0], uvloop.Loop)


def test_no_other_threads_of_grpc_have_a_part_in_a_call(server: ServerProcess) -> None:
    with grpc.insecure_channel(server.address) as channel:
        check = HealthStub(channel).Check
        check(HealthCheckRequest(), timeout=10)
        before = _turns_of_engine(server.process.pid)
        for _ in range(_CALLS):
            check(HealthCheckRequest(), timeout=10)

    assert _turns_of_engine(server.process.pid) - before < _CALLS  # 700 with it, 80 without


def _turns_of_engine(pid: int) -> int:
    """How often the threads of gRPC's event engine were given a CPU so far."""
    tasks = [task for task in Path(f"/proc/{pid}/task").iterdir() if (task / "comm").read_text() == "event_engine\n"]
    return sum(int((task / "schedstat").read_text().split()[2]) for task in tasks)


def test_whoever_starts_a_server_may_say_how_grpc_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRPC_EXPERIMENTS", "event_engine_listener")

    event_loop.choose_polling()

    assert os.environ["GRPC_EXPERIMENTS"] == "event_engine_listener"
