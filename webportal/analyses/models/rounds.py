"""Ways through a search, reading one picture after the other."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ReadingRound(models.Model):
    """A person reads what a search found, in its order. The list is stored as it was when the round began: what is read
    may no longer fit the search, and still has its number.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reading_rounds", verbose_name=_("reader")
    )
    analyses = models.JSONField(_("analyses"), default=list, help_text=_("Their ids, in order."))
    looking = models.TextField(
        _("search"), max_length=2000, blank=True, help_text=_("As it stands in the address of a history.")
    )
    is_queue = models.BooleanField(
        _("of the review queue"), default=False, help_text=_("What others share, not what is one's own.")
    )
    is_blind = models.BooleanField(
        _("blind"), default=False, help_text=_("The model's answer is hidden until the reading is written.")
    )
    created_at = models.DateTimeField(_("begun"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("reading round")
        verbose_name_plural = _("reading rounds")
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["reader", "-created_at", "-id"], name="round_reader_newest")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.id}"

    def get_absolute_url(self) -> str:
        """Where it begins."""
        return self.address_of(1)

    def address_of(self, number: int) -> str:
        """The page of one of its pictures, counted from 1; beyond the last one its end."""
        if number > len(self.analyses):
            return reverse("analyses:reading-end", args=[self.pk])
        return reverse("analyses:reading", args=[self.pk, max(number, 1)])

    def at(self, number: int) -> uuid.UUID | None:
        """The analysis with that number, counted from 1."""
        return uuid.UUID(self.analyses[number - 1]) if 1 <= number <= len(self.analyses) else None

    def number_of(self, analysis_id: uuid.UUID) -> int | None:
        """The number of an analysis, counted from 1."""
        text = str(analysis_id)
        return self.analyses.index(text) + 1 if text in self.analyses else None
