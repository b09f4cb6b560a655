"""Changes to accounts beside those that allauth makes."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from webportal.accounts.models import User


def delete_account(*, user: User) -> None:
    """Delete a user with everything that belongs to them: pictures, results, readings, sessions.

    Raises:
        ValidationError: it is the last administrator, without whom nobody could manage the installation.
    """
    with transaction.atomic():
        administrators = User.objects.select_for_update().filter(is_superuser=True, is_active=True)
        if user.is_superuser and not administrators.exclude(pk=user.pk).exists():
            raise ValidationError(_("You are the last administrator. Appoint another one first."), code="last")
        user.delete()  # rows cascade; the pictures' files follow on commit
