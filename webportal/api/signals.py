"""What ends with a new password and with a closed account: every token, as every session does."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from webportal.accounts.models import User
from webportal.accounts.signals import ends_access
from webportal.api.tokens import revoke_all


@receiver(post_save, sender=User)
def end_tokens(
    sender: type[User], instance: User, created: bool, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """Whoever had taken the account over keeps no way in."""
    if ends_access(instance, created, update_fields):
        revoke_all(owner=instance)
