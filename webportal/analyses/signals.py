"""What goes when a row goes, by whatever way: a page, the trash, the administration or a deleted account."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete
from django.dispatch import receiver

from webportal.accounts import quota
from webportal.analyses.models import Analysis, Upload


@receiver(post_delete, sender=Analysis)
def delete_upload_without_analyses(
    sender: type[Analysis], instance: Analysis, origin: Model | QuerySet[Any], **kwargs: Any
) -> None:
    """An upload goes with its last analysis, unless it is the upload or its owner that is being deleted."""
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    if model is Analysis:
        Upload.objects.filter(pk=instance.upload_id, analyses__isnull=True).delete()


@receiver(post_delete, sender=Upload)
def delete_files(sender: type[Upload], instance: Upload, **kwargs: Any) -> None:
    """Give the account its bytes back, and delete picture, thumbnail and original once the deletion is committed; a
    roll-back keeps them.
    """
    quota.release(owner_id=instance.owner_id, size=instance.stored_bytes)
    files = (instance.picture, instance.thumbnail, instance.original)
    doomed = [(file.storage, str(file.name)) for file in files if file]

    def delete() -> None:
        for storage, name in doomed:
            storage.delete(name)

    transaction.on_commit(delete)
