"""One front of several: ``python -m inference_server.fronts.process ARGUMENTS``, started by the supervisor alone.

It prepares the models, and takes calls once the supervisor has found that it would serve what the others serve. It
drains when it is told to (SIGTERM), or when the supervisor has ended.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from typing import Any, Final

import uvloop

from inference_server.fronts.arguments import FrontArguments
from inference_server.fronts.control import Answer, Control
from inference_server.fronts.sums import packed
from inference_server.rpc.listening import allow_files
from inference_server.rpc.model_switch import Plan
from inference_server.rpc.server import Server, Together
from inference_server.runtime import log
from inference_server.runtime.settings import Settings, load_settings
from inference_server.runtime.shared import SharedMemory

#: Longest time that all fronts may take to load what is on disk, seconds.
SWITCH_SECONDS: Final = 300.0


class Front:
    """What the supervisor may ask of this process, and what this process asks of it."""

    def __init__(self, settings: Settings, shared: SharedMemory, number: int) -> None:
        self._ready: dict[str, bool] = {}
        self._control: Control | None = None
        self._saying: set[asyncio.Task[Any]] = set()
        self._settings = settings
        self.server = Server(settings, Together(shared, number, self, self._announce))
        self.answers: dict[str, Answer] = {
            "prepare": self._prepare,
            "commit": self._commit,
            "discard": self._discard,
            "open": self._open,
            "say": self._say,
            "metrics": self._metrics,
        }

    def talk(self, control: Control) -> None:
        """From now on changes are told to the supervisor."""
        self._control = control

    def leave(self) -> None:
        """Tell the supervisor that this front takes no more calls."""
        for service in self._ready:
            self._announce(service, False)

    async def load(self) -> None:
        """Have all fronts bring what is in service in line with what is on disk."""
        await self._ask("load", SWITCH_SECONDS)

    async def unload(self) -> None:
        """Have all fronts take the model of pictures out of service."""
        await self._ask("unload", SWITCH_SECONDS)

    async def _prepare(self, *, suspended: bool) -> Plan:
        return await self.server.switch.prepare(suspended=suspended)

    async def _commit(self) -> None:
        self.server.switch.commit()

    async def _discard(self) -> None:
        self.server.switch.discard()

    async def _open(self) -> dict[str, bool]:
        """Take calls; returns of what services."""
        allow_files(self._settings)
        await self.server.open()
        return self._ready

    async def _say(self, *, ready: dict[str, bool]) -> None:
        self.server.say(ready)

    async def _metrics(self) -> Any:
        return packed(self.server.collect())

    def _announce(self, service: str, ready: bool) -> None:
        if self._ready.get(service) == ready:
            return
        self._ready[service] = ready
        if self._control is not None:
            telling = asyncio.ensure_future(self._ask("ready", self._settings.job_seconds, ready=dict(self._ready)))
            self._saying.add(telling)
            telling.add_done_callback(self._told)

    def _told(self, telling: asyncio.Task[Any]) -> None:
        self._saying.discard(telling)
        if not telling.cancelled():
            telling.exception()  # the supervisor has ended, and so will this process

    async def _ask(self, question: str, seconds: float, **details: Any) -> Any:
        if self._control is None:
            raise ConnectionError("The supervisor is not there yet.")
        return await self._control.ask(question, seconds=seconds, **details)


async def serve(arguments: FrontArguments, settings: Settings) -> None:
    """Do what the supervisor asks until SIGTERM, or until it has ended; then drain."""
    told_to_stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_stop.set)
    shared = SharedMemory(arguments.shared, fronts=arguments.fronts, recordings=settings.max_recordings)
    front = Front(settings, shared, arguments.number)
    async with front.server:
        control = await Control.over(socket.socket(fileno=arguments.control), front.answers)
        front.talk(control)
        talking = asyncio.ensure_future(control.serve())
        talking.add_done_callback(lambda _: told_to_stop.set())
        await told_to_stop.wait()
        front.leave()
        await front.server.drain()
        await front.server.stop()
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)


def main(argument: str) -> None:
    """Serve as the supervisor's ``argument`` says."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the supervisor, too, which says when to stop
    arguments = FrontArguments.from_text(argument)
    settings = arguments.of(load_settings())
    log.configure(settings.log_level, front=arguments.number)
    uvloop.run(serve(arguments, settings))


if __name__ == "__main__":
    main(*sys.argv[1:])
