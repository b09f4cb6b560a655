"""People who send pictures of beats while others attack: all of theirs have to be answered."""

from __future__ import annotations

import http.client
import io
import random
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from benchmarks.portal.visitor import UploadFailed, Visitor, pictures

#: Seconds between one person's pictures.
INTERVAL: Final = 1.0
_PROBLEMS: Final = (UploadFailed, OSError, http.client.HTTPException)


@dataclass(slots=True)
class Answers:
    """What they were answered."""

    taken: list[uuid.UUID] = field(default_factory=list)
    """Analyses of the pictures that the portal took."""
    refused: list[str] = field(default_factory=list)
    """What it answered instead."""
    slowest: float = 0.0
    """Seconds until a picture was taken."""
    slow_upload: str = "not sent"
    """What came of the picture that was sent over a slow network."""

    def send(self, visitor: Visitor, picture: bytes) -> float:
        """Send a picture; returns how long it took, seconds."""
        begun = time.monotonic()
        try:
            self.taken.append(visitor.send(picture))
        except _PROBLEMS as problem:
            self.refused.append(f"{type(problem).__name__}: {problem}")
        return time.monotonic() - begun


class SlowVisitor(Visitor):
    """A visitor whose pictures take so many seconds to send, a hundredth after the other."""

    def __init__(self, port: int, session: str, seconds: float) -> None:
        super().__init__(port, session)
        self._seconds = seconds

    def _post(self, body: bytes, headers: dict[str, str]) -> http.client.HTTPResponse:
        length = {"Content-Length": str(len(body))}
        self._connection.request("POST", "/predict/", self._slowly(body), headers | length)
        return self._connection.getresponse()

    def _slowly(self, body: bytes) -> Iterator[bytes]:
        piece = len(body) // 100 + 1
        for start in range(0, len(body), piece):
            yield body[start : start + piece]
            time.sleep(self._seconds / 100)


def large_picture() -> bytes:
    """A picture of 2,800 × 2,800 pixels that doesn't compress: 7.8 MB, nearly as much as one may have."""
    out = io.BytesIO()
    side = 2800
    Image.frombytes("L", (side, side), random.Random(1).randbytes(side * side)).save(out, "PNG")  # noqa: S311 - noise
    return out.getvalue()


@contextmanager
def at_work(port: int, keys: Iterable[str], slow_key: str, *, slow_seconds: float, most: int) -> Iterator[Answers]:
    """Everybody with a session in ``keys`` sends a picture a second, at most ``most``, for as long as the block lasts.

    Somebody with ``slow_key`` sends one large picture in ``slow_seconds``; the block lasts until that is done.
    """
    answers, ended = Answers(), threading.Event()

    def send(seed: int, key: str) -> None:
        visitor = Visitor(port, key)
        for picture in pictures(most, seed=seed):
            if ended.wait(INTERVAL):
                break
            before = len(answers.refused)
            answers.slowest = max(answers.slowest, answers.send(visitor, picture))
            if len(answers.refused) > before:  # its connection may be gone
                visitor.close()
                visitor = Visitor(port, key)
        visitor.close()

    def send_slowly() -> None:
        visitor = SlowVisitor(port, slow_key, slow_seconds)
        before = len(answers.refused)
        seconds = answers.send(visitor, large_picture())
        answers.slow_upload = f"taken after {seconds:.0f} s" if len(answers.refused) == before else "refused"
        visitor.close()

    slow = threading.Thread(target=send_slowly, name="slow network")
    senders = [threading.Thread(target=send, args=(seed, key)) for seed, key in enumerate(keys, start=100)]
    for thread in (slow, *senders):
        thread.start()
    try:
        yield answers
        slow.join()
    finally:
        ended.set()
        for thread in senders:
            thread.join()
