"""What its owner does with a recording as a whole: name it, share it, put it in the trash, take it back, delete it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from webportal.accounts.models import User
from webportal.recordings.models import Recording, RecordingAnalysis
from webportal.recordings.services.owning import require_own


def rename(*, actor: User, recording: Recording, name: str) -> None:
    """Give one's own recording another name.

    Raises:
        PermissionDenied: it is somebody else's.
        ValidationError: the name is too long.
    """
    require_own(actor, recording)
    recording.name = name
    recording.clean_fields(exclude=[field.name for field in Recording._meta.fields if field.name != "name"])
    Recording.objects.filter(pk=recording.pk).update(name=name)


def share(*, actor: User, ids: Collection[uuid.UUID]) -> int:
    """Let reviewers look at those of one's own recordings with these ids that are read; returns how many."""
    own = Recording.objects.filter(owner=actor, pk__in=ids, state=Recording.State.READ, trashed_at__isnull=True)
    own.filter(shared_at__isnull=True).update(shared_at=timezone.now())
    return own.count()


def unshare(*, actor: User, ids: Collection[uuid.UUID]) -> int:
    """Keep those of one's own recordings with these ids to oneself again; returns how many were shared.

    What reviewers changed in the beats stays.
    """
    return Recording.objects.filter(owner=actor, pk__in=ids, shared_at__isnull=False).update(shared_at=None)


def trash_recordings(*, actor: User, ids: Collection[uuid.UUID]) -> int:
    """Put those of one's own recordings with these ids in the trash, where they can be taken back from for
    ``TRASH_DAYS`` days; returns how many there were. What is being analysed of them is given up.
    """
    now = timezone.now()
    with transaction.atomic():
        chosen = Recording.objects.filter(owner=actor, pk__in=ids, trashed_at__isnull=True)
        RecordingAnalysis.objects.filter(
            recording__in=chosen.values("pk"), state__in=RecordingAnalysis.OPEN_STATES
        ).update(
            state=RecordingAnalysis.State.CANCELLED,
            finished_at=now,
            lease_id=None,
            lease_expires_at=None,
            reason="",
        )
        return chosen.update(trashed_at=now)


def restore_recording(*, actor: User, recording: Recording) -> None:
    """Take one's own recording out of the trash.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    require_own(actor, recording)
    Recording.objects.filter(pk=recording.pk).update(trashed_at=None)


def restore_all(*, actor: User) -> int:
    """Take everything of one's own out of the trash; returns how many there were."""
    return Recording.objects.filter(owner=actor, trashed_at__isnull=False).update(trashed_at=None)


def delete_recording(*, actor: User, recording: Recording) -> None:
    """Delete one's own recording from the trash for good, with its files and all that was said about it.

    Raises:
        PermissionDenied: it is somebody else's, or not in the trash.
    """
    require_own(actor, recording)
    if recording.trashed_at is None:
        raise PermissionDenied
    recording.delete()


def empty_trash() -> int:
    """Delete for good what has been in the trash for ``TRASH_DAYS`` days, and what never arrived whole within
    ``RECORDING_RECEIVING_HOURS``; returns how many recordings.
    """
    now = timezone.now()
    old = Recording.objects.filter(trashed_at__lt=now - timedelta(days=settings.TRASH_DAYS))
    unfinished = Recording.objects.filter(
        state=Recording.State.RECEIVING, created_at__lt=now - timedelta(hours=settings.RECORDING_RECEIVING_HOURS)
    )
    ids = [*old.values_list("pk", flat=True)[:200], *unfinished.values_list("pk", flat=True)[:200]]
    for recording in Recording.objects.filter(pk__in=ids):
        recording.delete()
    return len(ids)
