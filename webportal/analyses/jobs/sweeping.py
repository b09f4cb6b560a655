"""What keeps an analysis from being forgotten: a sweep that every worker makes every few seconds."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from webportal.analyses.jobs import recovery, running
from webportal.analyses.jobs.recovery import Sweep
from webportal.analyses.models import Analysis
from webportal.inference import client
from webportal.observability import metrics

_QUEUED: Final = Analysis.State.QUEUED


def sweep() -> Sweep:
    """Put back what was lost and call forward what waited for the inference server."""
    return Sweep(expired=put_back_expired(), overdue=enqueue_overdue(), recalled=recall_waiting())


def put_back_expired() -> int:
    """See :func:`webportal.analyses.jobs.recovery.put_back_expired`."""
    running_rows = Analysis.objects.filter(state=Analysis.State.RUNNING)
    return recovery.put_back_expired(running_rows, waiting=_QUEUED, enqueue=_enqueue, noted=_count_lost)


def enqueue_overdue() -> int:
    """See :func:`webportal.analyses.jobs.recovery.enqueue_overdue`."""
    return recovery.enqueue_overdue(Analysis.objects.filter(state=_QUEUED), _enqueue)


def recall_waiting() -> int:
    """See :func:`webportal.analyses.jobs.recovery.recall`."""
    return recovery.recall(Analysis.objects.filter(state=_QUEUED), lambda: client().is_serving(timeout=1.0))


def _enqueue(pk: uuid.UUID, due: datetime) -> None:
    running.enqueue(analysis_id=pk, due=due)


def _count_lost(has_failed: bool) -> None:
    if has_failed:
        metrics.analysis_finished(Analysis.State.FAILED)
    metrics.attempt_ended("lost", "LEASE_EXPIRED")
