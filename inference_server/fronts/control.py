"""What the supervisor and one front ask of each other, over a socket pair: a line of JSON for each question and answer.

Both ends are started from the same source by the same server, so there are no versions of this.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

_log = logging.getLogger(__name__)

#: The longest line: metrics, which have some 50 KB.
_LINE_BYTES: Final = 16 * 1024 * 1024

Answer = Callable[..., Awaitable[Any]]


class OtherLost(Exception):  # noqa: N818 - reads as what happened
    """The process at the other end has ended."""


class AnswerFailed(Exception):  # noqa: N818 - reads as what happened
    """The other end could not do what it was asked; ``kind`` is the name of the error there."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Control:
    """One end of the socket pair. Belongs to one event loop.

    ``answers`` are the questions that this end answers, by name; what they return is JSON.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: Mapping[str, Answer]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._answers = answers
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count()
        self._closed = False

    @classmethod
    async def over(cls, end: socket.socket, answers: Mapping[str, Answer]) -> Control:
        """Talk over ``end``, which is closed by :meth:`serve`."""
        reader, writer = await asyncio.open_unix_connection(sock=end, limit=_LINE_BYTES)
        return cls(reader, writer, answers)

    async def ask(self, question: str, *, seconds: float, **details: Any) -> Any:
        """Ask the other end.

        Raises:
            AnswerFailed: it could not do it.
            OtherLost: it has ended.
            TimeoutError: there was no answer within ``seconds``.
        """
        if self._closed:
            raise OtherLost("it has ended")
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self._write({"number": number, "ask": question, "details": details})
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            raise TimeoutError(f"no answer to {question!r} within {seconds:g} s") from None
        finally:
            del self._asked[number]

    async def serve(self) -> None:
        """Answer until the other end is closed."""
        try:
            while line := await self._reader.readline():
                message = json.loads(line)
                if "ask" in message:
                    task = asyncio.ensure_future(self._answer(**message))
                    self._answering.add(task)
                    task.add_done_callback(self._answering.discard)
                elif (asked := self._asked.get(message["number"])) is not None and not asked.done():
                    self._settle(asked, message)
        except ConnectionError:
            pass  # killed in the middle of a line, which is an end as well
        finally:
            self.close()

    def close(self) -> None:
        """Talk no more: what was asked is not answered any more, and what is being answered goes nowhere."""
        self._closed = True
        self._writer.close()
        for task in self._answering:
            task.cancel()
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(OtherLost("it has ended"))

    @staticmethod
    def _settle(asked: asyncio.Future[Any], message: dict[str, Any]) -> None:
        if "failed" in message:
            asked.set_exception(AnswerFailed(*message["failed"]))
        else:
            asked.set_result(message["said"])

    async def _answer(self, number: int, ask: str, details: dict[str, Any]) -> None:
        try:
            said = {"number": number, "said": await self._answers[ask](**details)}
        except Exception as error:
            if not isinstance(error, AnswerFailed):
                _log.warning("question not answered", extra={"question": ask, "why": repr(error)})
            said = {"number": number, "failed": [type(error).__name__, str(error)]}
        if not self._closed:
            self._write(said)

    def _write(self, message: dict[str, Any]) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")
