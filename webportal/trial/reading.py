"""One picture of somebody without an account: decoded, asked about and forgotten. Nothing of it is written anywhere."""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from inference_server.client import ClientError, ImageRefused, ServerUnavailable

from webportal.analyses import reasons
from webportal.analyses.intake import pictures
from webportal.analyses.jobs.outcomes import fields_of
from webportal.analyses.models import Analysis, Upload
from webportal.errors import log_unexpected
from webportal.inference import client
from webportal.observability import metrics


class NoRoom(Exception):  # noqa: N818 - reads as what happened
    """As many pictures as may be tried at the same time are being tried."""


class NoAnswer(Exception):  # noqa: N818 - reads as what happened
    """The inference server gave none; ``error_id`` is set when that has to be looked into."""

    def __init__(self, error_id: str = "") -> None:
        super().__init__(error_id)
        self.error_id = error_id


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a picture."""

    analysis: Analysis | None
    """The answer, as a row that is never saved; ``None`` when the picture was refused."""
    explanation: reasons.Explanation | None
    """Why it was refused."""
    preview: str
    """The picture itself, small, as an address that holds all of it; empty when it can't be shown."""


#: Those who try must not take the room of those who work, nor keep all threads of a process.
_line: Final = threading.BoundedSemaphore(settings.TRIAL_AT_ONCE + settings.TRIAL_IN_LINE)
_room: Final = threading.BoundedSemaphore(settings.TRIAL_AT_ONCE)


def read(data: bytes, *, lead: str = "") -> Tried:
    """Take a picture the way of every upload, within the time that an upload waits for its answer.

    ``lead`` is what the beat was recorded in, by its usual name; empty where nobody said.

    Raises:
        NoRoom: others are trying; a moment later there is room.
        NoAnswer: the inference server can't be asked, or failed.
    """
    if not _line.acquire(blocking=False):
        raise _no_room()
    try:
        if not _room.acquire(timeout=settings.TRIAL_WAIT_SECONDS):
            raise _no_room()
        try:
            return _decoded_and_asked(data, lead)
        finally:
            _room.release()
    finally:
        _line.release()


def _no_room() -> NoRoom:
    metrics.trial_ended("busy")
    return NoRoom()


def _decoded_and_asked(data: bytes, lead: str) -> Tried:
    try:
        stored = pictures.prepare(data)
    except pictures.Busy as busy:
        raise _no_room() from busy
    except pictures.Unusable as refusal:
        return refused(reasons.explain(refusal.reason))
    preview = ""
    if stored.thumbnail is not None:
        preview = "data:image/png;base64," + base64.b64encode(stored.thumbnail).decode()
    return _asked(stored.data, preview, lead)


def refused(explanation: reasons.Explanation, preview: str = "") -> Tried:
    """A picture that can't be used, and why."""
    metrics.trial_ended("refused")
    return Tried(None, explanation, preview)


def _asked(data: bytes, preview: str, lead: str) -> Tried:
    try:
        with metrics.call("classify"):
            answer = client().classify(data, lead=lead or None, timeout=settings.INFERENCE_FAST_TIMEOUT)
    except ImageRefused as refusal:
        return refused(reasons.explain(refusal.reason), preview)
    except ServerUnavailable as absence:
        metrics.trial_ended("no_server")
        raise NoAnswer from absence
    except ClientError as failure:
        metrics.trial_ended("failed")
        raise NoAnswer(log_unexpected("a picture tried without an account", failure)) from failure
    metrics.trial_ended("answered")
    return Tried(Analysis(upload=Upload(), lead=lead, **fields_of(answer)), None, preview)
