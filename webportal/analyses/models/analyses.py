"""What a model was asked about a picture, and what it said."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from inference_server.classification import LeadKnowledge as ServerLeadKnowledge
from inference_server.classification import Verdict as ServerVerdict

from webportal.analyses.models.reviews import EXTRA_READINGS, NO_BEAT, Review
from webportal.analyses.models.tags import Tag
from webportal.analyses.models.uploads import Upload
from webportal.analyses.models.work import Shareable, Work


class Analysis(Work, Shareable):
    """One question to the model about one picture, and its answer."""

    class State(models.TextChoices):
        """Where the question stands. The last three are final."""

        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("being analysed")
        DONE = "done", _("done")
        REJECTED = "rejected", _("picture refused")
        FAILED = "failed", _("failed")

    class Verdict(models.TextChoices):
        """How far the answer may be believed, in the model's words."""

        CONFIDENT = ServerVerdict.CONFIDENT.value, _("confident")
        UNCERTAIN = ServerVerdict.UNCERTAIN.value, _("uncertain")
        NOT_A_BEAT = ServerVerdict.NOT_A_BEAT.value, _("not a heartbeat")

    class LeadKnowledge(models.TextChoices):
        """What is known of the model's answers in the lead that was named."""

        LEARNED = ServerLeadKnowledge.LEARNED.value, _("the model learned from it")
        MEASURED = ServerLeadKnowledge.MEASURED.value, _("the model was measured in it")
        NONE = ServerLeadKnowledge.NONE.value, _("nothing is known")

    class Reading(models.TextChoices):
        """What the newest review says about the answer."""

        AGREES = "agrees", _("agrees")
        DISAGREES = "disagrees", _("disagrees")

    OPEN_STATES = (State.QUEUED, State.RUNNING)
    FINAL_STATES = (State.DONE, State.REJECTED, State.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="analyses", verbose_name=_("upload"))
    # The upload's owner once more, so that a person's history is one index scan however long it is.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="analyses", verbose_name=_("owner")
    )
    earlier = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="later",
        editable=False,
        verbose_name=_("earlier analysis"),
        help_text=_("The analysis that this one repeats."),
    )
    lead = models.CharField(
        _("lead"),
        max_length=16,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("What the beat was recorded in, by its usual name; empty where nobody said."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField(_("asked"), default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True, editable=False)

    # What came of it, beside the reason. What of an answer may be shown is for webportal.analyses.answers to say.
    model_name = models.CharField(_("model"), max_length=100, blank=True, editable=False)
    model_version = models.CharField(_("model version"), max_length=50, blank=True, editable=False)
    class_short = models.CharField(_("class"), max_length=32, blank=True, editable=False)
    class_name = models.CharField(_("class name"), max_length=100, blank=True, editable=False)
    probability = models.FloatField(_("probability"), null=True, blank=True, editable=False)
    probabilities = models.JSONField(
        _("probabilities"),
        default=list,
        blank=True,
        editable=False,
        help_text=_('Every class in the model\'s order: [{"short", "name", "probability"}, …].'),
    )
    verdict = models.CharField(_("verdict"), max_length=16, choices=Verdict.choices, blank=True, editable=False)
    prediction_set = models.JSONField(
        _("prediction set"),
        default=list,
        blank=True,
        editable=False,
        help_text=_('The classes that stay plausible, most probable first: [{"short", "name"}, …].'),
    )
    not_a_beat_reason = models.CharField(
        _("why it is no heartbeat"),
        max_length=32,
        blank=True,
        default="",
        editable=False,
        help_text=_("Stable code of the server; empty where the picture may be a beat, or the server gave none."),
    )
    beats = models.PositiveIntegerField(
        _("heartbeats counted"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Where there are several in the picture."),
    )

    lead_knowledge = models.CharField(
        _("knowledge of the lead"),
        max_length=16,
        choices=LeadKnowledge.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("What is known of the model’s answers in the lead that was named."),
    )

    # What its owner reads in it, as far as the newest review says; stored here so that a history can be searched by it.
    reading = models.CharField(_("reading"), max_length=10, choices=Reading.choices, blank=True, editable=False)

    # What its owner writes to themselves.
    notes = models.TextField(_("notes"), max_length=2000, blank=True)
    tags = models.ManyToManyField(Tag, related_name="analyses", blank=True, verbose_name=_("tags"))

    class Meta:
        verbose_name = pgettext_lazy("one", "analysis")
        verbose_name_plural = pgettext_lazy("many", "analyses")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="analysis_owner_newest"),
            models.Index(fields=["owner", "class_short", "-created_at", "-id"], name="analysis_owner_class"),
            models.Index(fields=["owner", "state", "-created_at", "-id"], name="analysis_owner_state"),
            models.Index(fields=["owner", "verdict", "-created_at", "-id"], name="analysis_owner_verdict"),
            models.Index(fields=["owner", "model_version", "-created_at", "-id"], name="analysis_owner_version"),
            models.Index(fields=["owner", "reading", "-created_at", "-id"], name="analysis_owner_reading"),
            models.Index(fields=["owner", "probability", "id"], name="analysis_owner_certainty"),
            models.Index(fields=["state", "-created_at", "-id"], name="analysis_state"),
            models.Index(fields=["class_short", "-created_at", "-id"], name="analysis_class"),
            models.Index(fields=["verdict", "-created_at", "-id"], name="analysis_verdict"),
            models.Index(fields=["error_id"], name="analysis_error"),
            # Few of many: those with a reading, and those that still wait.
            models.Index(fields=["owner", "-created_at", "-id"], name="analysis_owner_read", condition=~Q(reading="")),
            models.Index(
                fields=["owner", "-created_at", "-id"],
                name="analysis_owner_open",
                condition=Q(finished_at__isnull=True),
            ),
            models.Index(
                fields=["owner", "trashed_at", "id"], name="analysis_trash", condition=Q(trashed_at__isnull=False)
            ),
            # The reviewers' queue.
            models.Index(fields=["shared_at", "id"], name="analysis_shared", condition=Q(shared_at__isnull=False)),
            models.Index(fields=["-created_at", "-id"], name="analysis_newest"),
            # The sweeper's question; open analyses are few however many are finished.
            models.Index(
                fields=["state", "next_attempt_at"], name="analysis_open", condition=Q(state__in=["queued", "running"])
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "rejected", "failed"]), name="analysis_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="queued") | Q(next_attempt_at__isnull=False), name="analysis_queued_has_next_attempt"
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_id__isnull=False, lease_expires_at__isnull=False)
                | (~Q(state="running") & Q(lease_id__isnull=True, lease_expires_at__isnull=True)),
                name="analysis_leased_iff_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at__isnull=True)
                | (Q(finished_at__isnull=False) & ~Q(state__in=["queued", "running"])),
                name="analysis_finished_iff_final",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="done", probability__isnull=False, reason="", error_id="")
                    & ~Q(class_short="")
                    & ~Q(class_name="")
                    & ~Q(verdict="")
                    & ~Q(model_name="")
                    & ~Q(model_version="")
                )
                | (~Q(state="done") & Q(class_short="", class_name="", verdict="", probability__isnull=True)),
                name="analysis_answer_iff_done",
            ),
            models.CheckConstraint(condition=~Q(state="rejected", reason=""), name="analysis_rejected_has_reason"),
            models.CheckConstraint(
                condition=(Q(state="failed") & ~Q(error_id="")) | (~Q(state="failed") & Q(error_id="")),
                name="analysis_error_id_iff_failed",
            ),
            models.CheckConstraint(
                condition=Q(shared_at__isnull=True) | Q(state="done"), name="analysis_shared_is_done"
            ),
            models.CheckConstraint(
                condition=Q(probability__isnull=True) | Q(probability__gte=0, probability__lte=1),
                name="analysis_probability_in_range",
            ),
            models.CheckConstraint(
                condition=Q(verdict="") | Q(verdict__in=[verdict.value for verdict in ServerVerdict]),
                name="analysis_verdict_known",
            ),
            models.CheckConstraint(
                condition=Q(verdict=ServerVerdict.NOT_A_BEAT.value) | Q(not_a_beat_reason="", beats__isnull=True),
                name="analysis_reason_beside_no_beat",
            ),
            models.CheckConstraint(
                condition=Q(lead_knowledge="")
                | (
                    Q(lead_knowledge__in=[knowledge.value for knowledge in ServerLeadKnowledge], state="done")
                    & ~Q(lead="")
                    & ~Q(verdict=ServerVerdict.NOT_A_BEAT.value)
                ),
                name="analysis_knowledge_of_a_lead",
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.id}"

    def get_absolute_url(self) -> str:
        """The result page."""
        return reverse("analyses:result", args=[self.pk])

    def clean(self) -> None:
        """What no single row constraint can say: the owner is the upload's owner."""
        super().clean()
        if self.upload.owner_id != self.owner_id:
            raise ValidationError({"owner": _("An analysis belongs to the owner of its upload.")})

    @property
    def is_open(self) -> bool:
        """Whether an answer is still to come."""
        return self.state in self.OPEN_STATES

    @property
    def waits_for_server(self) -> bool:
        """Whether the last attempt found no inference server."""
        return self.is_open and self.reason == self.SERVER_UNAVAILABLE

    def review_by(self, author_id: int) -> Review | None:
        """The newest review by one person."""
        return next((review for review in self.reviews.all() if review.author_id == author_id), None)

    @property
    def review_by_reviewer(self) -> Review | None:
        """The newest review by anybody but the owner."""
        return next((review for review in self.reviews.all() if review.author_id != self.owner_id), None)

    @property
    def answered_reading(self) -> str:
        """What a reading has to be to agree with the answer; empty where there is none."""
        return NO_BEAT if self.verdict == self.Verdict.NOT_A_BEAT else self.class_short

    @property
    def readings(self) -> list[tuple[str, str]]:
        """What a person may read the picture as, as (short, name): the model's classes and two more."""
        classes = [(entry["short"], entry["name"]) for entry in self.probabilities]
        return [*classes, *EXTRA_READINGS.items()]
