"""What keeps an analysis from being forgotten: a sweep that every worker makes every few seconds.

A task may be lost at any moment with the process that held it. The analysis row is never lost, so the sweep reads
the rows and puts back what nobody is working on. Several workers may sweep at once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis
from webportal.errors import new_error_id
from webportal.inference import client
from webportal.observability import metrics

logger = logging.getLogger(__name__)

#: A due analysis is left alone for this long (seconds): its upload request or its task has it in hand.
OVERDUE_SECONDS = 4.0
#: Most analyses that one sweep puts back, so that it never holds the database for long.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did, in numbers of analyses."""

    expired: int
    """Taken by a worker that never came back; put back, or failed after too many times."""
    overdue: int
    """Due, but with no task to take them; a new task was enqueued."""
    recalled: int
    """Were waiting for the inference server, which is back; due now."""


def sweep() -> Sweep:
    """Put back what was lost and call forward what waited for the inference server."""
    return Sweep(expired=put_back_expired(), overdue=enqueue_overdue(), recalled=recall_waiting())


def put_back_expired() -> int:
    """Take analyses back from claimants whose lease ran out. A lost claimant counts as a failed attempt."""
    now = timezone.now()
    expired = Analysis.objects.filter(state=Analysis.State.RUNNING, lease_expires_at__lte=now)
    count = 0
    for pk, lease, failures in expired.values_list("pk", "lease_id", "failures")[:BATCH]:
        # The lease in the condition: whoever settles first, the claimant or one of the sweeps, is the only one.
        held = Analysis.objects.filter(pk=pk, state=Analysis.State.RUNNING, lease_id=lease)
        with transaction.atomic():
            if failures + 1 >= settings.ANALYSIS_MAX_FAILURES:
                error_id = new_error_id()
                changed = held.update(
                    state=Analysis.State.FAILED,
                    lease_id=None,
                    lease_expires_at=None,
                    finished_at=now,
                    failures=F("failures") + 1,
                    reason="",
                    error_id=error_id,
                )
                if changed:
                    metrics.analysis_finished(Analysis.State.FAILED)
                    logger.error("Analysis %s: its worker was lost too often, error %s", pk, error_id)
            else:
                changed = held.update(
                    state=Analysis.State.QUEUED,
                    lease_id=None,
                    lease_expires_at=None,
                    next_attempt_at=now,
                    failures=F("failures") + 1,
                )
                if changed:
                    logger.warning("Analysis %s: its worker was lost, put back", pk)
                    running.enqueue(analysis_id=pk, due=now)
        if changed:
            metrics.attempt_ended("lost", "LEASE_EXPIRED")
        count += changed
    return count


def enqueue_overdue() -> int:
    """Give a task to each due analysis that has none waiting."""
    overdue_since = timezone.now() - timedelta(seconds=OVERDUE_SECONDS)
    waiting_task = DBTaskResult.objects.filter(pk=OuterRef("task_id"), status="READY")
    overdue = Analysis.objects.filter(
        ~Exists(waiting_task), state=Analysis.State.QUEUED, next_attempt_at__lte=overdue_since
    ).order_by("next_attempt_at")
    ids = list(overdue.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        with transaction.atomic():
            running.enqueue(analysis_id=pk, due=timezone.now())
    return len(ids)


def recall_waiting() -> int:
    """Make analyses that wait for the inference server due at once when it serves again."""
    now = timezone.now()
    waiting = Analysis.objects.filter(
        state=Analysis.State.QUEUED, reason=Analysis.SERVER_UNAVAILABLE, next_attempt_at__gt=now
    )
    if not waiting.exists() or not client().is_serving(timeout=1.0):
        return 0
    chosen = list(waiting.order_by("next_attempt_at").values_list("pk", "task_id")[:BATCH])
    with transaction.atomic():
        recalled = waiting.filter(pk__in=[pk for pk, _ in chosen]).update(next_attempt_at=now)
        DBTaskResult.objects.filter(pk__in=[task for _, task in chosen], status="READY").update(run_after=now)
    return recalled
