"""One front process as the supervisor sees it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from inference_server.fronts.arguments import FrontArguments
from inference_server.fronts.control import Answer, AnswerFailed, Control
from inference_server.rpc.model_switch import Plan
from inference_server.runtime import children

#: By its name: the supervisor loads nothing of what a front needs.
_PROGRAM: Final = "inference_server.fronts.process"

#: Longest time that a front may take for what costs it nothing, seconds. One that is flooded is slow to answer.
_ANSWER_SECONDS: Final = 30.0
#: Longest time to load what is on disk: as long as a front asks workers for, for some versions.
_PREPARE_SECONDS: Final = 240.0
_END_SECONDS: Final = 5.0


class FrontProcess:
    """A process, and the supervisor's end of the control line to it. Belongs to one event loop."""

    def __init__(self, number: int, process: subprocess.Popen[bytes], control: Control) -> None:
        self.number = number
        self.joined = False
        """Whether it takes calls."""
        self.ready: Mapping[str, bool] = {}
        """Of what services."""
        self.told: Mapping[str, bool] = {}
        """What it was told that all fronts together are ready for."""
        self._process = process
        self._control = control

    @classmethod
    async def start(cls, arguments: FrontArguments, answers: Mapping[str, Answer]) -> FrontProcess:
        """Start a process; the control line's descriptor in ``arguments`` is set here.

        Raises:
            OSError: the system has no room for one.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                complete = replace(arguments, control=theirs.fileno())
                process = children.start(_PROGRAM, complete.to_text(), descriptors=(complete.control, complete.shared))
            control = await Control.over(ours, answers)
        except BaseException:
            ours.close()  # and the front ends, where there is one
            raise
        return cls(arguments.number, process, control)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def serve(self) -> None:
        """Answer its questions until it has ended."""
        await self._control.serve()

    async def prepare(self, *, suspended: bool) -> Plan:
        """Have it load what is on disk; see :meth:`inference_server.rpc.model_switch.ModelSwitch.prepare`.

        Raises:
            OtherLost, AnswerFailed, TimeoutError: it did not.
        """
        plan: Plan = await self._control.ask("prepare", seconds=_PREPARE_SECONDS, suspended=suspended)
        return plan

    async def commit(self) -> None:
        """Have it switch to what it has prepared."""
        await self._control.ask("commit", seconds=_ANSWER_SECONDS)

    async def discard(self) -> None:
        """Have it let go what it has prepared."""
        await self._control.ask("discard", seconds=_ANSWER_SECONDS)

    async def open(self) -> None:
        """Have it take calls.

        Raises:
            OtherLost, AnswerFailed, TimeoutError: it did not.
        """
        self.ready = await self._control.ask("open", seconds=_ANSWER_SECONDS)
        self.joined = True

    async def say(self, ready: Mapping[str, bool]) -> None:
        """Tell it what all fronts together are ready for.

        Raises:
            OtherLost, AnswerFailed, TimeoutError: it may not know.
        """
        self.told = dict(ready)
        try:
            await self._control.ask("say", seconds=_ANSWER_SECONDS, ready=dict(ready))
        except (AnswerFailed, TimeoutError):
            self.told = {}  # nobody knows what it has taken in
            raise

    async def metrics(self, seconds: float = _ANSWER_SECONDS) -> Any:
        """What it has counted."""
        return await self._control.ask("metrics", seconds=seconds)

    def drain(self) -> None:
        """Have it finish what it has, and end."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def lose(self) -> None:
        """End it now: it is stuck, or does not do as the others."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._control.close()

    async def end(self) -> int | None:
        """Wait until it has ended; one that holds on to life without its control line is ended.

        Returns its exit code; None where the kernel does not let it go.
        """
        for _ in range(2):
            try:
                return await asyncio.to_thread(self._process.wait, _END_SECONDS)
            except subprocess.TimeoutExpired:
                self.lose()
        return None
