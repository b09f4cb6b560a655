"""What a sweep does with rows of work (:class:`webportal.analyses.models.work.Work`) that nobody works on any more.

A task may be lost at any moment with the process that held it. The row is never lost, so rows are read and what nobody
is working on is put back. Several workers may sweep at once.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from webportal.errors import new_error_id

logger = logging.getLogger(__name__)

#: A due row is left alone for this long (seconds): the request that made it or its task has it in hand.
OVERDUE_SECONDS: Final = 4.0
#: Most rows that one sweep puts back, so that it never holds the database for long.
BATCH: Final = 200

Enqueue = Callable[[uuid.UUID, datetime], object]
"""Gives a row a task that is due then."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did, in numbers of rows."""

    expired: int
    """Taken by a worker that never came back; put back, or failed after too many times."""
    overdue: int
    """Due, but with no task to take them; a new task was enqueued."""
    recalled: int
    """Were waiting for the inference server, which is back; due now."""


def put_back_expired(
    working: QuerySet[Any], *, waiting: str, enqueue: Enqueue, noted: Callable[[bool], None] = lambda _failed: None
) -> int:
    """Take rows back from claimants whose lease ran out. A lost claimant counts as a failed attempt.

    Args:
        working: The rows that are in a worker's hand.
        waiting: The state to which they go back.
        enqueue: Called for each that goes back.
        noted: Called for each, with whether it failed for good.

    Returns:
        How many it were.
    """
    now = timezone.now()
    count = 0
    for pk, lease, failures in working.filter(lease_expires_at__lte=now).values_list("pk", "lease_id", "failures")[
        :BATCH
    ]:
        # The lease in the condition: whoever settles first, the claimant or one of the sweeps, is the only one.
        held = working.filter(pk=pk, lease_id=lease)
        lost = {"lease_id": None, "lease_expires_at": None, "failures": F("failures") + 1}
        has_failed = failures + 1 >= settings.ANALYSIS_MAX_FAILURES
        name = working.model.__name__
        with transaction.atomic():
            if has_failed:
                error_id = new_error_id()
                changed = held.update(**lost, state="failed", finished_at=now, reason="", error_id=error_id)
                if changed:
                    logger.error("%s %s: its worker was lost too often, error %s", name, pk, error_id)
            else:
                changed = held.update(**lost, state=waiting, next_attempt_at=now)
                if changed:
                    logger.warning("%s %s: its worker was lost, put back", name, pk)
                    enqueue(pk, now)
        if changed:
            noted(has_failed)
        count += changed
    return count


def enqueue_overdue(waiting: QuerySet[Any], enqueue: Enqueue) -> int:
    """Give a task to each due row of ``waiting`` that has none waiting; returns how many these were."""
    overdue_since = timezone.now() - timedelta(seconds=OVERDUE_SECONDS)
    waiting_task = DBTaskResult.objects.filter(pk=OuterRef("task_id"), status="READY")
    overdue = waiting.filter(~Exists(waiting_task), next_attempt_at__lte=overdue_since).order_by("next_attempt_at")
    ids = list(overdue.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        with transaction.atomic():
            enqueue(pk, timezone.now())
    return len(ids)


def recall(queued: QuerySet[Any], is_back: Callable[[], bool]) -> int:
    """Make those of ``queued`` that wait for the inference server due at once when it ``is_back``; returns how many."""
    now = timezone.now()
    waiting = queued.filter(reason=queued.model.SERVER_UNAVAILABLE, next_attempt_at__gt=now)
    if not waiting.exists() or not is_back():
        return 0
    chosen = list(waiting.order_by("next_attempt_at").values_list("pk", "task_id")[:BATCH])
    with transaction.atomic():
        recalled = waiting.filter(pk__in=[pk for pk, _ in chosen]).update(next_attempt_at=now)
        DBTaskResult.objects.filter(pk__in=[task for _, task in chosen], status="READY").update(run_after=now)
    return recalled
