"""What rows have in common: work in hand, so that one worker at a time claims it and what was lost is found again, and
what their owner does with them.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Work(models.Model):
    """The columns of a row on which a worker works. Its states say whether anybody does."""

    #: ``reason`` of what waits for the inference server to come back.
    SERVER_UNAVAILABLE = "SERVER_UNAVAILABLE"

    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    failures = models.PositiveIntegerField(
        _("failures"),
        default=0,
        editable=False,
        help_text=_("Attempts that ended in an unexpected error or a lost worker. Waiting for the server isn't one."),
    )
    started_at = models.DateTimeField(_("last attempt started"), null=True, blank=True, editable=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True, editable=False)
    lease_id = models.UUIDField(_("lease"), null=True, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(_("lease expires"), null=True, blank=True, editable=False)
    task_id = models.UUIDField(
        _("task"), null=True, blank=True, editable=False, help_text=_("The queued task that will take it next.")
    )
    reason = models.CharField(
        _("reason"), max_length=64, blank=True, editable=False, help_text=_("Stable code: why refused, or why waiting.")
    )
    error_id = models.CharField(
        _("error id"), max_length=64, blank=True, editable=False, help_text=_("Find it in the log.")
    )

    class Meta:
        abstract = True


class Shareable(models.Model):
    """The columns of what its owner puts in the trash, and shares with reviewers."""

    trashed_at = models.DateTimeField(_("put in the trash"), null=True, blank=True, editable=False)
    shared_at = models.DateTimeField(_("shared with reviewers"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_shared(self) -> bool:
        """Whether reviewers may see it now; what lies in the trash is nobody's but its owner's."""
        return self.shared_at is not None and self.trashed_at is None


def constraints_of_work(prefix: str, *, waiting: str, working: str) -> list[models.BaseConstraint]:
    """What holds in every row: due only while it waits, leased exactly while somebody works, an id of its error exactly
    when it failed.

    Args:
        prefix: Of the constraints' names.
        waiting: The state in which a row waits for a worker.
        working: The state in which one has it.
    """
    return [
        models.CheckConstraint(
            condition=~Q(state=waiting) | Q(next_attempt_at__isnull=False), name=f"{prefix}_waiting_has_next_attempt"
        ),
        models.CheckConstraint(
            condition=Q(state=working, lease_id__isnull=False, lease_expires_at__isnull=False)
            | (~Q(state=working) & Q(lease_id__isnull=True, lease_expires_at__isnull=True)),
            name=f"{prefix}_leased_iff_working",
        ),
        models.CheckConstraint(
            condition=(Q(state="failed") & ~Q(error_id="")) | (~Q(state="failed") & Q(error_id="")),
            name=f"{prefix}_error_id_iff_failed",
        ),
    ]
