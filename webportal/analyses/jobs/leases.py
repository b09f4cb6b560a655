"""Who works on an analysis: claimed for a while by one at a time, settled by its holder alone."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from webportal.analyses.models import Analysis
from webportal.observability import metrics

logger = logging.getLogger(__name__)


def claim(*, analysis_id: uuid.UUID) -> Analysis | None:
    """Take a due analysis for ``ANALYSIS_LEASE_SECONDS``; ``None`` when there is nothing to take.

    One conditional update decides between any number of claimants.
    """
    now = timezone.now()
    lease = uuid.uuid4()
    taken = Analysis.objects.filter(
        pk=analysis_id, state=Analysis.State.QUEUED, next_attempt_at__lte=now, lease_id__isnull=True
    ).update(
        state=Analysis.State.RUNNING,
        lease_id=lease,
        lease_expires_at=now + timedelta(seconds=settings.ANALYSIS_LEASE_SECONDS),
        started_at=now,
        attempts=F("attempts") + 1,
        next_attempt_at=None,
        task_id=None,
    )
    if not taken:
        return None
    return Analysis.objects.select_related("upload").filter(pk=analysis_id, lease_id=lease).first()


def _held(analysis: Analysis) -> Q:
    """The row, as long as the lease that :func:`claim` gave is still the current one."""
    return Q(pk=analysis.pk, state=Analysis.State.RUNNING, lease_id=analysis.lease_id)


def settle(analysis: Analysis, **fields: object) -> bool:
    """Write an outcome if the lease still holds; a claimant that lost it has nothing to say any more.

    ``fields`` are columns with their new values, ``state`` among them. Returns whether it was written.
    """
    stored = Analysis.objects.filter(_held(analysis)).update(lease_id=None, lease_expires_at=None, **fields)
    if not stored:
        logger.warning("Analysis %s: outcome dropped, its lease had passed on", analysis.pk)
    elif (state := str(fields["state"])) in Analysis.FINAL_STATES:
        metrics.analysis_finished(state, str(fields.get("verdict", "")))
    return bool(stored)
