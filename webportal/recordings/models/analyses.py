"""What a model was asked about a recording, and what it said."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webportal.analyses.models.work import Work, constraints_of_work
from webportal.recordings.models.recordings import Recording


class RecordingAnalysis(Work):
    """One question to the model about one recording, and its answer, which is never overwritten."""

    class State(models.TextChoices):
        """Where the question stands. The last four are final."""

        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("being analysed")
        DONE = "done", _("done")
        REJECTED = "rejected", _("recording refused")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    OPEN_STATES = (State.QUEUED, State.RUNNING)
    FINAL_STATES = (State.DONE, State.REJECTED, State.FAILED, State.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recording = models.ForeignKey(
        Recording, on_delete=models.CASCADE, related_name="analyses", verbose_name=_("recording")
    )
    # The recording's owner once more, so that a person's list is one index scan however long it is.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recording_analyses", verbose_name=_("owner")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField(_("asked"), default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True, editable=False)
    done_samples = models.PositiveBigIntegerField(
        _("samples analysed"), default=0, editable=False, help_text=_("Of as many as the recording has.")
    )
    model_name = models.CharField(_("model"), max_length=100, blank=True, editable=False)
    model_version = models.CharField(_("model version"), max_length=50, blank=True, editable=False)
    beats_file = models.CharField(
        _("file of beats"), max_length=100, blank=True, editable=False, help_text=_("In the recording's folder.")
    )
    beats = models.PositiveIntegerField(_("beats"), null=True, blank=True, editable=False)
    summary = models.JSONField(
        _("summary"),
        null=True,
        blank=True,
        editable=False,
        help_text=_('As the server said: {"measures", "counts", "families", "confident"}.'),
    )
    edited_summary = models.JSONField(
        _("summary with edits"), null=True, blank=True, editable=False, help_text=_("The same; empty without edits.")
    )

    class Meta:
        verbose_name = _("analysis of a recording")
        verbose_name_plural = _("analyses of recordings")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["recording", "-created_at", "-id"], name="rec_analysis_recording"),
            models.Index(fields=["owner", "-created_at", "-id"], name="rec_analysis_owner"),
            models.Index(fields=["owner", "state", "-created_at", "-id"], name="rec_analysis_owner_state"),
            models.Index(fields=["state", "-created_at", "-id"], name="rec_analysis_state"),
            models.Index(fields=["-created_at", "-id"], name="rec_analysis_newest"),
            models.Index(fields=["error_id"], name="rec_analysis_error"),
            # The sweeper's question; open analyses are few however many are finished.
            models.Index(
                fields=["state", "next_attempt_at"],
                name="rec_analysis_open",
                condition=Q(state__in=["queued", "running"]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "rejected", "failed", "cancelled"]),
                name="rec_analysis_state_known",
            ),
            *constraints_of_work("rec_analysis", waiting="queued", working="running"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at__isnull=True)
                | (Q(finished_at__isnull=False) & ~Q(state__in=["queued", "running"])),
                name="rec_analysis_finished_iff_final",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="done", beats__isnull=False, summary__isnull=False, reason="")
                    & ~Q(beats_file="")
                    & ~Q(model_name="")
                    & ~Q(model_version="")
                )
                | (~Q(state="done") & Q(beats__isnull=True, summary__isnull=True, beats_file="")),
                name="rec_analysis_answer_iff_done",
            ),
            models.CheckConstraint(condition=~Q(state="rejected", reason=""), name="rec_analysis_rejected_has_reason"),
            models.CheckConstraint(
                condition=Q(edited_summary__isnull=True) | Q(state="done"), name="rec_analysis_edited_is_done"
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.id}"

    def clean(self) -> None:
        """What no single row constraint can say: the owner is the recording's owner."""
        super().clean()
        if self.recording.owner_id != self.owner_id:
            raise ValidationError({"owner": _("An analysis belongs to the owner of its recording.")})

    @property
    def current_summary(self) -> dict[str, Any] | None:
        """The summary with what people changed; None without an answer."""
        summary: dict[str, Any] | None = self.edited_summary or self.summary
        return summary

    @property
    def is_open(self) -> bool:
        """Whether an answer is still to come."""
        return self.state in self.OPEN_STATES

    @property
    def is_done(self) -> bool:
        """Whether there is an answer."""
        return self.state == self.State.DONE
