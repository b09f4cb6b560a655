"""What waits of whole recordings, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from webportal.recordings.jobs.lines import Line
from webportal.recordings.jobs.sweeping import LINES
from webportal.recordings.models import Recording, RecordingAnalysis, Work


@dataclass(frozen=True, slots=True)
class RecordingQueue:
    """What of one kind of work is not done."""

    work: str
    """``reading`` or ``analysis``."""
    waiting: int
    running: int
    without_server: int
    """Of the waiting ones, those that found no inference server."""
    overdue_seconds: float
    """How long ago the one that has waited longest could have been taken by a worker; 0 when none waits."""


def queues() -> tuple[RecordingQueue, ...]:
    """What is not read, and what is not analysed, now."""
    return tuple(_queue(line) for line in LINES)


def _queue(line: Line[Any]) -> RecordingQueue:
    rows = line.model._default_manager.order_by()
    waiting = rows.filter(state=line.waiting)
    due: datetime | None = waiting.aggregate(due=Min("next_attempt_at"))["due"]
    return RecordingQueue(
        work=line.name,
        waiting=waiting.count(),
        running=rows.filter(state=line.working).count(),
        without_server=waiting.filter(reason=Work.SERVER_UNAVAILABLE).count(),
        overdue_seconds=max(0.0, (timezone.now() - due).total_seconds()) if due else 0.0,
    )


@dataclass(frozen=True, slots=True)
class RecordingVolume:
    """What was sent within a period and what came of it."""

    recordings: Mapping[str, int]
    """By state."""
    reasons: Mapping[str, int]
    """Why recordings were refused."""
    analyses: Mapping[str, int]
    """By state."""


def volume(period: timedelta) -> RecordingVolume:
    """What was sent and asked within ``period`` until now."""
    since = timezone.now() - period
    sent = Recording.objects.filter(created_at__gte=since).order_by()
    asked = RecordingAnalysis.objects.filter(created_at__gte=since).order_by()
    refused = sent.filter(state=Recording.State.REFUSED)
    return RecordingVolume(
        recordings=dict(sent.values_list("state").annotate(number=Count("pk")).order_by("-number")),
        reasons=dict(refused.values_list("reason").annotate(number=Count("pk")).order_by("-number")),
        analyses=dict(asked.values_list("state").annotate(number=Count("pk")).order_by("-number")),
    )
