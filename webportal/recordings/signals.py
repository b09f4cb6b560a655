"""What goes when a row goes, by whatever way: a page, the trash, the administration or a deleted account."""

from __future__ import annotations

import shutil
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from webportal.accounts import quota
from webportal.recordings.models import Recording


@receiver(post_delete, sender=Recording)
def delete_folder(sender: type[Recording], instance: Recording, **kwargs: Any) -> None:
    """Give the account its bytes back, and delete the folder once the deletion is committed; a roll-back keeps it."""
    quota.release(owner_id=instance.owner_id, size=instance.stored_bytes)
    folder = instance.path
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))
