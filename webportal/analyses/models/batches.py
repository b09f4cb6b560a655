"""Pictures that were sent together, and what became of each file."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from webportal.analyses.models.analyses import Analysis


class Batch(models.Model):
    """Files that a person sent with one form. Its id comes with the form, so a form sent twice is one batch."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="batches", verbose_name=_("owner")
    )
    name = models.CharField(
        _("name"),
        max_length=100,
        blank=True,
        help_text=_("A few words of your own. Don't write patient names here."),
    )
    expected = models.PositiveIntegerField(_("chosen files"), default=0, help_text=_("How many were to be sent."))
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    trashed_at = models.DateTimeField(_("put in the trash"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="batch_owner_newest"),
            models.Index(fields=["trashed_at"], name="batch_trash", condition=Q(trashed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.id}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("analyses:batch", args=[self.pk])

    @property
    def title(self) -> str:
        """Its name, or where it has none when it was sent."""
        when = date_format(timezone.localtime(self.created_at), "SHORT_DATETIME_FORMAT")
        return self.name or gettext("Batch of %(when)s") % {"when": when}


class BatchFile(models.Model):
    """One file of a batch, or one picture of a zip file in it, and what became of it when it was sent."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="files", verbose_name=_("batch"))
    place = models.PositiveIntegerField(_("place"), help_text=_("Of the file among those that were chosen, from 0."))
    entry = models.PositiveIntegerField(
        _("entry"), default=0, help_text=_("Of the picture in a zip file, from 0; 0 for a file that is none.")
    )
    name = models.CharField(
        _("file name"), max_length=255, blank=True, help_text=_("As far as the owner wished to keep it.")
    )
    analysis = models.ForeignKey(
        Analysis,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="batch_files",
        verbose_name=_("analysis"),
        help_text=_("None for a file that was not accepted, or whose analysis has been deleted."),
    )
    reason = models.CharField(_("reason"), max_length=64, blank=True, help_text=_("Stable code: why not accepted."))
    is_repeated = models.BooleanField(
        _("sent before"), default=False, help_text=_("The very same file was there already.")
    )

    class Meta:
        verbose_name = _("file of a batch")
        verbose_name_plural = _("files of batches")
        ordering = ["place", "entry"]
        constraints = [
            # What lets a file be sent again after a broken connection: it is taken once.
            models.UniqueConstraint(fields=["batch", "place", "entry"], name="batch_file_once"),
            models.CheckConstraint(
                condition=Q(reason="") | Q(analysis__isnull=True, is_repeated=False), name="batch_file_refused_or_kept"
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.batch_id}, {self.place}, {self.entry}"

    @property
    def outcome(self) -> str:
        """See :func:`outcome_of`."""
        analysis = self.analysis
        return outcome_of(self.reason, analysis.state if analysis else None, analysis.verdict if analysis else None)


def outcome_of(reason: str, state: str | None, verdict: str | None) -> str:
    """What became of a file: ``refused`` when it was sent, ``rejected`` by the server, ``failed``, ``waiting``,
    ``confident``, ``uncertain``, ``no_beat``, or ``deleted`` since.

    Args:
        reason: why it was not accepted.
        state: of its analysis; ``None`` where there is none.
        verdict: of its analysis.
    """
    if reason or state is None:
        return "refused" if reason else "deleted"
    return _BY_STATE[Analysis.State(state)] if not verdict else _BY_VERDICT[Analysis.Verdict(verdict)]


_BY_STATE = {
    Analysis.State.REJECTED: "rejected",
    Analysis.State.FAILED: "failed",
    Analysis.State.QUEUED: "waiting",
    Analysis.State.RUNNING: "waiting",
}
_BY_VERDICT = {
    Analysis.Verdict.CONFIDENT: "confident",
    Analysis.Verdict.UNCERTAIN: "uncertain",
    Analysis.Verdict.NOT_A_BEAT: "no_beat",
}
