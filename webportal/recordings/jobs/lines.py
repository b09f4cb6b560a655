"""Who works on a row: claimed by one at a time, held by a heartbeat while it lasts, settled by its holder alone.

What waits and what works on it is a :class:`Line`; there are two, for recordings to be read
(:mod:`~webportal.recordings.jobs.reading`) and for questions to be asked (:mod:`~webportal.recordings.jobs.asking`).
The queue only says *when*; the row alone says *whether*.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django_tasks.base import Task

from webportal import database_errors, disk
from webportal.analyses.jobs.running import backoff
from webportal.errors import log_unexpected
from webportal.media import failures
from webportal.observability import metrics, tracing
from webportal.recordings.models import Work

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Work)

#: Set when the process is asked to end: what can be put back and begun again elsewhere is.
stopping: Final = threading.Event()

#: Heartbeats within the life of a lease.
_BEATS: Final = 6
#: The longest wait of what is put back for no fault of its own, seconds.
_LONGEST_WAIT: Final = 60.0


class Lost(Exception):  # noqa: N818 - reads as what happened
    """Somebody else has the row now, or nobody: it was cancelled, deleted, or its lease ran out."""


@dataclass(frozen=True, slots=True)
class Line(Generic[Row]):
    """One kind of work, with the states of its rows and the task that does it."""

    name: str
    """What metrics call it."""
    model: type[Row]
    waiting: str
    """State of a row that waits for a worker."""
    working: str
    """State of a row that one has."""
    task: Task[..., bool]
    """Takes the row's id, and the trace that it goes on with."""

    def enqueue(self, pk: uuid.UUID, due: datetime) -> None:
        """Enqueue the task for a row and remember it there. Joins the caller's transaction."""
        result = self.task.using(run_after=due).enqueue(str(pk), *tracing.handed_on())
        self.model._default_manager.filter(pk=pk).update(task_id=uuid.UUID(str(result.id)))

    def claim(self, pk: uuid.UUID) -> Row | None:
        """Take a due row for ``RECORDING_LEASE_SECONDS``; ``None`` when there is nothing to take.

        One conditional update decides between any number of claimants.
        """
        now, lease = timezone.now(), uuid.uuid4()
        taken = self.model._default_manager.filter(pk=pk, state=self.waiting, next_attempt_at__lte=now).update(
            state=self.working,
            lease_id=lease,
            lease_expires_at=_end_of_lease(now),
            started_at=now,
            attempts=F("attempts") + 1,
            next_attempt_at=None,
            task_id=None,
        )
        return self.model._default_manager.filter(pk=pk, lease_id=lease).first() if taken else None

    def held(self, row: Row) -> Q:
        """The row, as long as the lease that :meth:`claim` gave is still the current one."""
        return Q(pk=row.pk, state=self.working, lease_id=row.lease_id)

    def keep(self, row: Row, **fields: Any) -> bool:
        """Hold a row for longer and write down how far it is; whether it is still held."""
        rows = self.model._default_manager.filter(self.held(row))
        return bool(rows.update(lease_expires_at=_end_of_lease(timezone.now()), **fields))

    def settle(self, row: Row, **fields: Any) -> bool:
        """Write an outcome if the lease still holds; a claimant that lost it has nothing to say any more.

        ``fields`` are columns with their new values, ``state`` among them. Returns whether it was written.
        """
        return self._settle(row, str(fields["state"]), **fields)

    def _settle(self, row: Row, outcome: str, **fields: Any) -> bool:
        rows = self.model._default_manager.filter(self.held(row))
        stored = rows.update(lease_id=None, lease_expires_at=None, **fields)
        if stored:
            metrics.recording_attempt_ended(self.name, outcome, str(fields.get("reason", "")))
        else:
            logger.warning("%s %s: outcome dropped, its lease had passed on", self.model.__name__, row.pk)
        return bool(stored)

    def put_back(self, row: Row, *, wait: float, outcome: str = "put_back", reason: str = "", **fields: Any) -> None:
        """Put a row back and the task that will take it beside it, both or neither. ``outcome`` is for the metrics."""
        due = timezone.now() + timedelta(seconds=wait)
        with transaction.atomic():
            if self._settle(row, outcome, state=self.waiting, next_attempt_at=due, reason=reason, **fields):
                self.enqueue(row.pk, due)

    def wait_for_better_times(self, row: Row, reason: str, retry_after: float | None = None) -> None:
        """Put a row back for no fault of its own, as often as it takes."""
        wait = max(backoff(row.attempts), retry_after or 0.0)
        self.put_back(row, wait=min(wait, _LONGEST_WAIT), outcome="waits", reason=reason)

    def come_back(self, row: Row, where: str, error: Exception) -> None:
        """Put a row back after an error that nobody told: as often as it takes where storage is full or away, or the
        database was, else a bounded number of times, and ``where`` it was is logged.
        """
        if disk.is_full(error):
            self.wait_for_better_times(row, disk.DiskFull.reason)
        elif failures.passes(error) or database_errors.passes(error):
            close_old_connections()  # one that broke stays broken
            self.wait_for_better_times(row, "")
        else:
            self.retry_or_fail(row, log_unexpected(where, error))

    def retry_or_fail(self, row: Row, error_id: str) -> None:
        """Put a row back after an unexpected error, a bounded number of times."""
        failed = row.failures + 1
        if failed >= settings.ANALYSIS_MAX_FAILURES:
            now = timezone.now()
            self.settle(row, state="failed", finished_at=now, failures=failed, reason="", error_id=error_id[:64])
        else:
            self.put_back(row, wait=backoff(failed), outcome="failed", failures=failed)


@contextmanager
def heartbeat(line: Line[Row], row: Row) -> Iterator[threading.Event]:
    """Hold a row for the duration of the block. The event that is given is set once it is lost."""
    lost, over = threading.Event(), threading.Event()

    def beat() -> None:
        while not over.wait(settings.RECORDING_LEASE_SECONDS / _BEATS):
            try:
                close_old_connections()  # one that broke stays broken
                if not line.keep(row):
                    lost.set()
                    break
            except Exception as error:  # the next beat may get through; if none does, the lease runs out
                log_unexpected("a heartbeat", error)
        connection.close()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        over.set()
        thread.join()


def _end_of_lease(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.RECORDING_LEASE_SECONDS)
