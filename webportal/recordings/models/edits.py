"""What people changed in an answer, one row after the other."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webportal.recordings.models.analyses import RecordingAnalysis


class RecordingEdit(models.Model):
    """One change of the beats' classes or families. Never changed, and gone only with its analysis."""

    class Kind(models.TextChoices):
        """What was done."""

        RENAME = "rename", _("a family got another class")
        RECLASSIFY = "reclassify", _("beats got another class")
        SPLIT = "split", _("a family was split")
        MERGE = "merge", _("families were merged")
        MOVE = "move", _("beats were moved")
        UNDO = "undo", _("a change was taken back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    analysis = models.ForeignKey(
        RecordingAnalysis, on_delete=models.CASCADE, related_name="edits", verbose_name=_("analysis")
    )
    number = models.PositiveIntegerField(_("number"), editable=False, help_text=_("1 for the first of its analysis."))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="recording_edits",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, editable=False)
    payload = models.JSONField(_("what exactly"), default=dict, editable=False)

    class Meta:
        verbose_name = _("edit of a recording")
        verbose_name_plural = _("edits of recordings")
        ordering = ["analysis", "number"]
        constraints = [
            models.UniqueConstraint(fields=["analysis", "number"], name="rec_edit_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="rec_edit_number_from_one"),
            models.CheckConstraint(
                condition=Q(kind__in=["rename", "reclassify", "split", "merge", "move", "undo"]),
                name="rec_edit_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert it.

        Raises:
            TypeError: it is there already; what was done stays as it was done.
        """
        if not self._state.adding:
            raise TypeError("An edit is never changed; undo it by another one.")
        super().save(*args, **kwargs)
