"""The audit log: one row for each time that a person looked at, took away or changed what belongs to another, and one
for each change of what somebody may do.

Rows are written once. Neither code nor the administration can change one; they go when their time is over.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AppendOnlyError(TypeError):
    """Somebody tried to change or to remove what was written down."""


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries, to be read."""

    def update(self, **_kwargs: Any) -> NoReturn:
        """Never.

        Raises:
            AppendOnlyError: always.
        """
        raise AppendOnlyError("The audit log is never changed.")

    def delete(self) -> NoReturn:
        """Never; see :meth:`expire`.

        Raises:
            AppendOnlyError: always.
        """
        raise AppendOnlyError("The audit log is only shortened by its age.")

    def expire(self) -> int:
        """Remove what is older than ``AUDIT_DAYS``; returns how many there were."""
        old = self.filter(at__lt=timezone.now() - timedelta(days=settings.AUDIT_DAYS))
        return int(old._raw_delete(old.db))


class Entry(models.Model):
    """One thing that a person did with what belongs to another."""

    class Action(models.TextChoices):
        """What was done."""

        VIEW = "view", pgettext_lazy("audit log", "looked at")
        LIST = "list", pgettext_lazy("audit log", "looked at a list")
        DOWNLOAD = "download", pgettext_lazy("audit log", "downloaded")
        CHANGE = "change", pgettext_lazy("audit log", "changed")
        DELETE = "delete", pgettext_lazy("audit log", "deleted")
        POWER = "power", pgettext_lazy("audit log", "account or rights")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(_("when"), default=timezone.now, editable=False)
    # The numbers stay when the accounts are gone, and with a change of rights the names too.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("who"),
    )
    actor_number = models.BigIntegerField(
        _("who, number"), null=True, editable=False, help_text=_("Empty for a command on the server.")
    )
    actor_label = models.CharField(_("who, name then"), max_length=150, blank=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("whose"),
    )
    owner_number = models.BigIntegerField(
        _("whose, number"), null=True, editable=False, help_text=_("Empty for a list of several people's.")
    )
    owner_label = models.CharField(_("whose, name then"), max_length=150, blank=True, editable=False)
    action = models.CharField(_("action"), max_length=10, choices=Action.choices, editable=False)
    kind = models.CharField(_("kind of record"), max_length=100, editable=False)
    record = models.CharField(_("record"), max_length=64, blank=True, editable=False, help_text=_("Its id."))
    detail = models.CharField(_("detail"), max_length=1000, blank=True, editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["actor", "-at", "-id"], name="audit_actor"),
            models.Index(fields=["owner", "-at", "-id"], name="audit_owner"),
            models.Index(fields=["record", "-at"], name="audit_record"),
            models.Index(fields=["action", "-at", "-id"], name="audit_action"),
            models.Index(fields=["owner_label", "-at"], name="audit_name"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it down, once.

        Raises:
            AppendOnlyError: it is written down already.
        """
        if not self._state.adding:
            raise AppendOnlyError("The audit log is never changed.")
        super().save(*args, **kwargs | {"force_insert": True})

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Never.

        Raises:
            AppendOnlyError: always.
        """
        raise AppendOnlyError("The audit log is only shortened by its age.")
