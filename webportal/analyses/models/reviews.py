"""What people read in a picture."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

#: Readings that are no class of any model.
OTHER_KIND, NO_BEAT = "OTHER_KIND", "NO_BEAT"
#: Their names, in English as the names of classes are; pages translate both.
EXTRA_READINGS = {OTHER_KIND: gettext_noop("Another kind of beat"), NO_BEAT: gettext_noop("Not one heartbeat")}


class StandingReviews(models.Manager["Review"]):
    """Readings that their authors have not taken back."""

    def get_queryset(self) -> models.QuerySet[Review]:
        """Without those that were taken back."""
        return super().get_queryset().filter(withdrawn_at__isnull=True)


class Review(models.Model):
    """A person's reading of a picture, beside the model's. Written once and never changed; the newest counts.

    One that was written by mistake can be taken back; it then stands nowhere any more, and stays in the table.
    """

    OTHER_KIND, NO_BEAT, EXTRA = OTHER_KIND, NO_BEAT, EXTRA_READINGS

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    analysis = models.ForeignKey(
        "analyses.Analysis",
        on_delete=models.CASCADE,
        related_name="reviews",
        editable=False,
        verbose_name=_("analysis"),
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="reviews",
        editable=False,
        verbose_name=_("author"),
    )
    class_short = models.CharField(_("class"), max_length=32, editable=False)
    class_name = models.CharField(_("class name"), max_length=100, editable=False)
    agrees = models.BooleanField(_("agrees with the model"), editable=False)
    comment = models.TextField(_("comment"), max_length=2000, blank=True, editable=False)
    created_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)

    is_blind = models.BooleanField(
        _("blind"),
        default=False,
        editable=False,
        help_text=_("The model's answer was hidden, and its author had read the picture never before."),
    )
    withdrawn_at = models.DateTimeField(_("taken back"), null=True, blank=True, editable=False)

    # The first is what an analysis calls its reviews.
    objects = StandingReviews()
    all_objects = models.Manager["Review"]()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["analysis", "-created_at"], name="review_analysis_newest"),
            models.Index(fields=["-created_at", "-id"], name="review_newest"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(class_short="") & ~Q(class_name=""), name="review_has_class"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.id}"
