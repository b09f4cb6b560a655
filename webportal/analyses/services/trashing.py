"""The way out: the trash, back from it, and for good."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from webportal.accounts.models import User
from webportal.analyses.models import Analysis, Batch


def trash_analysis(*, actor: User, analysis: Analysis) -> None:
    """Put one's own analysis where it can be taken back from for ``TRASH_DAYS`` days.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    if analysis.owner_id != actor.pk:
        raise PermissionDenied
    Analysis.objects.filter(pk=analysis.pk, trashed_at__isnull=True).update(trashed_at=timezone.now())


def trash_analyses(*, actor: User, ids: Collection[uuid.UUID]) -> int:
    """Put those of one's own analyses with these ids in the trash; returns how many there were."""
    chosen = Analysis.objects.filter(owner=actor, pk__in=ids, trashed_at__isnull=True)
    return chosen.update(trashed_at=timezone.now())


def restore_analysis(*, actor: User, analysis: Analysis) -> None:
    """Take one's own analysis out of the trash.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    if analysis.owner_id != actor.pk:
        raise PermissionDenied
    Analysis.objects.filter(pk=analysis.pk).update(trashed_at=None)


def restore_all(*, actor: User) -> int:
    """Take everything of one's own out of the trash; returns how many analyses there were."""
    Batch.objects.filter(owner=actor, trashed_at__isnull=False).update(trashed_at=None)
    return Analysis.objects.filter(owner=actor, trashed_at__isnull=False).update(trashed_at=None)


def empty_trash(*, limit: int = 200) -> int:
    """Delete for good what has lain in the trash for ``TRASH_DAYS`` days, at most ``limit``; returns how many."""
    since = timezone.now() - timedelta(days=settings.TRASH_DAYS)
    ripe = Analysis.objects.filter(trashed_at__lte=since)
    doomed = list(ripe.select_related("upload", "owner").order_by("trashed_at")[:limit])
    for analysis in doomed:
        delete_analysis(actor=analysis.owner, analysis=analysis)
    # What is left of batches are the lists of their files.
    batches = Batch.objects.filter(trashed_at__lte=since).order_by("trashed_at")[:limit]
    Batch.objects.filter(pk__in=list(batches.values_list("pk", flat=True))).delete()
    return len(doomed)


def delete_analysis(*, actor: User, analysis: Analysis) -> None:
    """Delete one's own analysis, and with its last analysis the picture too.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    if analysis.owner_id != actor.pk:
        raise PermissionDenied
    with transaction.atomic():
        analysis.delete()  # the upload without analyses follows, and on commit its files: see signals
