"""One model switch for all fronts: every front that takes calls switches, or none does.

1. Every front loads what is on disk, beside what it serves, and says what it would serve then.
2. If all that take calls say the same, each is told to switch, in the order of their numbers; else all let it go, and
   the next look is later.
3. A front that has been started meanwhile is let in if it says what the others serve now, and waits otherwise.

Between the first and the last front that switches lie milliseconds, in which two callers may be answered by two
versions, as with several servers. A front that is told to switch and does not is ended, and another takes its place,
which comes in by step 3.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

from inference_server.fronts.control import AnswerFailed, OtherLost
from inference_server.rpc.model_switch import Plan

_log = logging.getLogger(__name__)

#: What a front that is lost, stuck or in trouble answers.
NOT_DONE: Final = (OtherLost, AnswerFailed, TimeoutError)


class Front(Protocol):
    """As :class:`inference_server.fronts.child.FrontProcess` is."""

    number: int
    joined: bool

    async def prepare(self, *, suspended: bool) -> Plan:
        """Load what is on disk; says what would be served."""

    async def commit(self) -> None:
        """Serve what was prepared."""

    async def discard(self) -> None:
        """Let go what was prepared."""

    async def open(self) -> None:
        """Take calls."""

    def lose(self) -> None:
        """End it."""


class NotAgreed(Exception):  # noqa: N818 - reads as what happened
    """Not all fronts would switch, so none has; it is tried again at the next looks."""


class Switching:
    """What all fronts serve, and how that changes. Belongs to one event loop.

    ``fronts`` are those that live now, in the order of their numbers.
    """

    def __init__(self, fronts: Callable[[], Sequence[Front]]) -> None:
        self._fronts = fronts
        self._alone = asyncio.Lock()
        self._suspended = False
        self.plan: Plan | None = None
        """What those that take calls serve; None while there are none."""
        self.disagreements = 0
        """Looks in a row in which the fronts did not say the same."""
        self.refused: AnswerFailed | None = None
        """Why a front could not take calls, where one could not."""

    async def look(self, *, at_disk: bool = True) -> None:
        """Bring what all fronts serve in line with what is on disk, and let in those that wait.

        Without ``at_disk``, those that take calls stay with what they have.
        """
        async with self._alone:
            await self._look(at_disk)

    async def load(self) -> None:
        """Undo :meth:`unload`, and look at the disk.

        Raises:
            NotAgreed: see there.
        """
        await self._suspend(False)

    async def unload(self) -> None:
        """Take the model of pictures out of service until :meth:`load`.

        Raises:
            NotAgreed: see there.
        """
        await self._suspend(True)

    async def _suspend(self, suspended: bool) -> None:
        async with self._alone:
            self._suspended = suspended
            await self._look(True)
            if self.disagreements:
                raise NotAgreed("Not all fronts would switch, so none has. It is tried again.")

    async def _look(self, at_disk: bool) -> None:
        fronts = self._fronts()
        asked = [front for front in fronts if at_disk or not front.joined]
        plans = await _each(asked, lambda front: front.prepare(suspended=self._suspended))
        joined = [front for front in asked if front.joined]
        if not any(front.joined for front in fronts):
            self.plan = next((plan for plan in plans.values() if plan is not None), None)
        elif joined:
            await self._switch(joined, [plans[front] for front in joined])
        for front in asked:
            if not front.joined:
                await self._let_in(front, plans[front])

    async def _switch(self, joined: Sequence[Front], plans: Sequence[Plan | None]) -> None:
        """Steps 2 and 3."""
        wanted = plans[0]
        if wanted is None or any(plan != wanted for plan in plans):
            self.disagreements += 1
            _log.warning("fronts did not prepare the same models", extra={"fronts": len(plans)})
            await _each(joined, lambda front: front.discard())
            return
        self.disagreements = 0
        for front in joined:
            try:
                await front.commit()
            except NOT_DONE:
                _log.exception("front did not switch")
                front.lose()
        self.plan = wanted

    async def _let_in(self, front: Front, plan: Plan | None) -> None:
        try:
            if plan is None or plan != self.plan:
                self.disagreements += 1
                _log.error("front not let in: it would not serve what the others serve", extra={"number": front.number})
                await front.discard()
                return
            await front.commit()
            await front.open()
        except NOT_DONE as error:
            _log.error("front not let in", extra={"number": front.number, "why": str(error)})
            if isinstance(error, AnswerFailed):
                self.refused = error
            front.lose()
        else:
            _log.info("front takes calls", extra={"number": front.number})


async def _each(fronts: Sequence[Front], do: Callable[[Front], Awaitable[Any]]) -> dict[Front, Any]:
    """What each front answers, all at once; None where it does not."""
    answers = await asyncio.gather(*(do(front) for front in fronts), return_exceptions=True)
    for front, answer in zip(fronts, answers, strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, NOT_DONE):
            raise answer
        if isinstance(answer, BaseException):
            _log.warning("front did not answer", extra={"number": front.number, "why": str(answer)})
    return {
        front: None if isinstance(answer, BaseException) else answer
        for front, answer in zip(fronts, answers, strict=True)
    }
