"""What keeps an analysis from being forgotten: a sweep that every worker makes every few seconds.

A task may be lost at any moment with the process that held it. The analysis row is never lost, so the sweep reads
the rows and puts back what nobody is working on. Several workers may sweep at once.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.management import call_command
from django.db import close_old_connections, connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from webportal.analyses import orphans, services
from webportal.analyses.models import Analysis
from webportal.audit.models import Entry
from webportal.errors import log_unexpected, new_error_id
from webportal.inference import client
from webportal.operations import metrics

logger = logging.getLogger(__name__)

#: A due analysis is left alone for this long (seconds): its upload request or its task has it in hand.
OVERDUE_SECONDS = 4.0
#: Most analyses that one sweep puts back, so that it never holds the database for long.
BATCH = 200
#: Between two looks at a part of the storage for files without a row, seconds.
FILES_INTERVAL = 60.0
#: Finished task rows older than this (days) are of no use to anybody.
TASK_RETENTION_DAYS = 7


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
                    services.enqueue(analysis_id=pk, due=now)
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
            services.enqueue(analysis_id=pk, due=timezone.now())
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


def learn_tables() -> None:
    """Let SQLite look how its tables are filled, so that it reads long ones by the right index; it takes moments.

    Without, it looks for sixty uploads in a history of half a million by reading the history: half a second instead of
    half a millisecond. PostgreSQL looks by itself.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")


class Sweeper(threading.Thread):
    """Sweeps every ``interval`` seconds beside the worker until :meth:`stop`; a sweep that fails is logged."""

    def __init__(self, *, interval: float) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._interval = interval
        self._stopping = threading.Event()
        self._last_sweep = time.monotonic()
        self._files = orphans.Round()

    def seconds_since_sweep(self) -> float:
        """How long ago a sweep or the cleaning after it came to its end, or the sweeper was made."""
        return time.monotonic() - self._last_sweep

    def run(self) -> None:
        """Sweep; once a minute look for files without a row; once an hour remove old rows of the queue and of the audit
        log, and expired sessions, and more."""
        next_cleaning = next_files = time.monotonic()
        while not self._stopping.is_set():
            close_old_connections()
            try:
                sweep()
                self._last_sweep = time.monotonic()  # the cleaning may take long and has a time of its own
                services.empty_trash()
                if time.monotonic() >= next_files:
                    next_files = time.monotonic() + FILES_INTERVAL
                    self._files.go_on()
                if time.monotonic() >= next_cleaning:
                    next_cleaning = time.monotonic() + 3600
                    call_command("prune_db_task_results", min_age_days=TASK_RETENTION_DAYS, verbosity=0)
                    call_command("clearsessions", verbosity=0)
                    Entry.objects.expire()
                    learn_tables()
            except Exception as error:
                log_unexpected("the sweep", error)
            self._last_sweep = time.monotonic()
            self._stopping.wait(self._interval)
        connection.close()

    def stop(self) -> None:
        """Ask the thread to end; it does within one sweep."""
        self._stopping.set()
