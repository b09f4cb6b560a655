"""Whether the inference server is there, and what it means when it doesn't answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from inference_server.client import ServerUnavailable

from webportal.inference import client


class LeftWithoutAnswer(Exception):  # noqa: N818 - reads as what happened
    """A server that is healthy did not answer for this recording."""


@contextmanager
def answered() -> Iterator[None]:
    """Around a question to the server.

    Raises:
        ServerUnavailable: it isn't there, or says when to come again: asking again is no fault of the recording.
        LeftWithoutAnswer: it is there and did not answer; asking for ever would not help.
    """
    if not client().is_alive(timeout=1.0):
        raise ServerUnavailable("The inference server isn't there.")
    try:
        yield
    except ServerUnavailable as absence:
        if absence.retry_after is None and client().is_alive(timeout=1.0):
            raise LeftWithoutAnswer from absence
        raise
