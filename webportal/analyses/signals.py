"""Files go when their row goes, by whatever way: a page, the administration or a deleted account."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from webportal.analyses.models import Upload


@receiver(post_delete, sender=Upload)
def delete_files(sender: type[Upload], instance: Upload, **kwargs: Any) -> None:
    """Delete picture and thumbnail once the deletion is committed; a roll-back keeps them."""
    doomed = [(file.storage, str(file.name)) for file in (instance.picture, instance.thumbnail) if file]

    def delete() -> None:
        for storage, name in doomed:
            storage.delete(name)

    transaction.on_commit(delete)
