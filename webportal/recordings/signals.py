"""What goes when a row goes, by whatever way: a page, the trash, the administration or a deleted account."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from webportal.accounts import quota
from webportal.errors import log_unexpected
from webportal.media.failures import StorageFailed
from webportal.media.folders import Folder
from webportal.recordings.models import Recording


@receiver(post_delete, sender=Recording)
def delete_folder(sender: type[Recording], instance: Recording, **kwargs: Any) -> None:
    """Give the account its bytes back, and delete the folder once the deletion is committed; a roll-back keeps it."""
    quota.release(owner_id=instance.owner_id, size=instance.stored_bytes)
    transaction.on_commit(lambda: _delete(instance.stored))


def _delete(folder: Folder) -> None:
    """What can't be deleted now the sweep collects: the row is gone, and whoever asked for that has their answer."""
    try:
        folder.delete_all()
    except StorageFailed as error:
        log_unexpected("the removal of a recording's files", error)
