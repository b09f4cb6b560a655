"""A front process as the supervisor sees it, where it does not do what it should."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys

import pytest

from inference_server.fronts import child
from inference_server.fronts.child import FrontProcess
from inference_server.fronts.control import Control


async def front(program: str) -> tuple[FrontProcess, socket.socket]:
    """A front that is ``program``, and the other end of its control line."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([sys.executable, "-c", program])
    return FrontProcess(0, process, await Control.over(ours, {})), theirs


def test_what_a_front_did_not_hear_counts_as_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_ANSWER_SECONDS", 0.05)

    async def tell() -> None:
        silent, other_end = await front("")
        with other_end:
            with pytest.raises(TimeoutError):
                await silent.say({"service": True})
            assert silent.told == {}
            silent.lose()
            await silent.end()

    asyncio.run(tell())


def test_a_front_that_holds_on_to_life_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_END_SECONDS", 0.1)

    async def end() -> int | None:
        deaf, other_end = await front("import time; time.sleep(60)")
        with other_end:
            return await deaf.end()

    assert asyncio.run(end()) == -signal.SIGKILL
