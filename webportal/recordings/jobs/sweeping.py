"""What keeps work from being forgotten: a sweep that every worker makes every few seconds.

A task may be lost at any moment with the process that held it. The row is never lost, so the sweep reads the rows and
puts back what nobody is working on. Several workers may sweep at once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from webportal.analyses.jobs.sweeping import BATCH, OVERDUE_SECONDS
from webportal.errors import new_error_id
from webportal.inference import client
from webportal.observability import metrics
from webportal.recordings.jobs.asking import ASKING
from webportal.recordings.jobs.lines import Line
from webportal.recordings.jobs.reading import READING
from webportal.recordings.models import Work

logger = logging.getLogger(__name__)

LINES: Final[tuple[Line[Any], ...]] = (READING, ASKING)


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did, in numbers of rows."""

    expired: int
    """Taken by a worker that never came back; put back, or failed after too many times."""
    overdue: int
    """Due, but with no task to take them; a new task was enqueued."""
    recalled: int
    """Were waiting for the inference server, which is back; due now."""


def sweep() -> Sweep:
    """Put back what was lost and call forward what waited for the inference server."""
    return Sweep(
        expired=sum(put_back_expired(line) for line in LINES),
        overdue=sum(enqueue_overdue(line) for line in LINES),
        recalled=sum(recall_waiting(line) for line in LINES),
    )


def put_back_expired(line: Line[Any]) -> int:
    """Take rows back from claimants whose lease ran out. A lost claimant counts as a failed attempt."""
    now = timezone.now()
    expired = line.model._default_manager.filter(state=line.working, lease_expires_at__lte=now)
    count = 0
    for pk, lease, failures in expired.values_list("pk", "lease_id", "failures")[:BATCH]:
        # The lease in the condition: whoever settles first, the claimant or one of the sweeps, is the only one.
        held = line.model._default_manager.filter(pk=pk, state=line.working, lease_id=lease)
        lost = {"lease_id": None, "lease_expires_at": None, "failures": F("failures") + 1}
        with transaction.atomic():
            if failures + 1 >= settings.ANALYSIS_MAX_FAILURES:
                error_id = new_error_id()
                changed = held.update(**lost, state="failed", finished_at=now, reason="", error_id=error_id)
                if changed:
                    logger.error("%s %s: its worker was lost too often, error %s", line.model.__name__, pk, error_id)
            else:
                changed = held.update(**lost, state=line.waiting, next_attempt_at=now)
                if changed:
                    logger.warning("%s %s: its worker was lost, put back", line.model.__name__, pk)
                    line.enqueue(pk, now)
        if changed:
            metrics.recording_attempt_ended(line.name, "lost", "LEASE_EXPIRED")
        count += changed
    return count


def enqueue_overdue(line: Line[Any]) -> int:
    """Give a task to each due row that has none waiting."""
    overdue_since = timezone.now() - timedelta(seconds=OVERDUE_SECONDS)
    waiting_task = DBTaskResult.objects.filter(pk=OuterRef("task_id"), status="READY")
    overdue = line.model._default_manager.filter(
        ~Exists(waiting_task), state=line.waiting, next_attempt_at__lte=overdue_since
    ).order_by("next_attempt_at")
    ids = list(overdue.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        with transaction.atomic():
            line.enqueue(pk, timezone.now())
    return len(ids)


def recall_waiting(line: Line[Any]) -> int:
    """Make rows that wait for the inference server due at once when it serves again."""
    now = timezone.now()
    waiting = line.model._default_manager.filter(
        state=line.waiting, reason=Work.SERVER_UNAVAILABLE, next_attempt_at__gt=now
    )
    if not waiting.exists() or not client().is_alive(timeout=1.0):
        return 0
    chosen = list(waiting.order_by("next_attempt_at").values_list("pk", "task_id")[:BATCH])
    with transaction.atomic():
        recalled = waiting.filter(pk__in=[pk for pk, _ in chosen]).update(next_attempt_at=now)
        DBTaskResult.objects.filter(pk__in=[task for _, task in chosen], status="READY").update(run_after=now)
    return recalled
