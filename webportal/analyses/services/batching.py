"""What an owner does with everything that was sent together."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from webportal.accounts.models import User
from webportal.analyses.models import Analysis, Batch, BatchFile, Upload


def rename_batch(*, actor: User, batch: Batch, name: str) -> None:
    """Give one's own batch another name.

    Raises:
        PermissionDenied: it is somebody else's.
        ValidationError: the name is too long.
    """
    _require_own(actor, batch)
    batch.name = name
    batch.clean_fields(exclude=[field.name for field in Batch._meta.fields if field.name != "name"])
    Batch.objects.filter(pk=batch.pk).update(name=name)


def forget_file_names(*, actor: User, batch: Batch) -> None:
    """Remove the names of one's own batch's files for good, also from the pictures that came with it.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    _require_own(actor, batch)
    with transaction.atomic():
        batch.files.exclude(name="").update(name="")
        uploads = _sent_with(batch).values("upload")
        Upload.objects.filter(owner=actor, pk__in=uploads).exclude(file_name="").update(file_name="")


def trash_batch(*, actor: User, batch: Batch) -> int:
    """Put one's own batch in the trash, with the analyses of what was sent with it; returns how many these are.

    What was there before it and sent with it once more stays where it is.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    _require_own(actor, batch)
    now = timezone.now()
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk, trashed_at__isnull=True).update(trashed_at=now)
        return _sent_with(batch).filter(trashed_at__isnull=True).update(trashed_at=now)


def restore_batch(*, actor: User, batch: Batch) -> int:
    """Take one's own batch out of the trash, with the analyses that went there with it; returns how many these are.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    _require_own(actor, batch)
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(trashed_at=None)
        return _sent_with(batch).filter(trashed_at=batch.trashed_at).update(trashed_at=None)


def _sent_with(batch: Batch) -> QuerySet[Analysis]:
    rows = BatchFile.objects.filter(batch=batch, is_repeated=False, analysis__isnull=False)
    return Analysis.objects.filter(owner=batch.owner, pk__in=rows.values("analysis"))


def _require_own(actor: User, batch: Batch) -> None:
    if batch.owner_id != actor.pk:
        raise PermissionDenied
