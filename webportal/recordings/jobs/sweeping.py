"""What keeps work from being forgotten: a sweep that every worker makes every few seconds."""

from __future__ import annotations

from typing import Any, Final

from webportal.analyses.jobs import recovery
from webportal.analyses.jobs.recovery import Sweep
from webportal.inference import client
from webportal.observability import metrics
from webportal.recordings.jobs.asking import ASKING
from webportal.recordings.jobs.lines import Line
from webportal.recordings.jobs.reading import READING

LINES: Final[tuple[Line[Any], ...]] = (READING, ASKING)


def sweep() -> Sweep:
    """Put back what was lost and call forward what waited for the inference server."""
    return Sweep(
        expired=sum(put_back_expired(line) for line in LINES),
        overdue=sum(enqueue_overdue(line) for line in LINES),
        recalled=sum(recall_waiting(line) for line in LINES),
    )


def put_back_expired(line: Line[Any]) -> int:
    """See :func:`webportal.analyses.jobs.recovery.put_back_expired`."""
    working = line.model._default_manager.filter(state=line.working)
    return recovery.put_back_expired(
        working,
        waiting=line.waiting,
        enqueue=line.enqueue,
        noted=lambda _failed: metrics.recording_attempt_ended(line.name, "lost", "LEASE_EXPIRED"),
    )


def enqueue_overdue(line: Line[Any]) -> int:
    """See :func:`webportal.analyses.jobs.recovery.enqueue_overdue`."""
    return recovery.enqueue_overdue(line.model._default_manager.filter(state=line.waiting), line.enqueue)


def recall_waiting(line: Line[Any]) -> int:
    """See :func:`webportal.analyses.jobs.recovery.recall`."""
    queued = line.model._default_manager.filter(state=line.waiting)
    return recovery.recall(queued, lambda: client().is_alive(timeout=1.0))
