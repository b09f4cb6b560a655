"""The files of one recording, and what was read in them."""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from ecg.store_files import StoreFiles

from webportal.analyses.models.work import Shareable, Work, constraints_of_work
from webportal.media.folders import Folder
from webportal.media.folders import folder as media_folder

#: Where the folders of all recordings lie, below the root of the private files.
ROOT = "recordings"
#: Within a recording's folder: where it lies as it was read.
STORE = "store"


def random_folder() -> str:
    """Where the files of a recording lie: a random name that says nothing about its owner or its own names."""
    name = uuid.uuid4().hex
    return f"{ROOT}/{name[:2]}/{name}"


def sent_name(number: int) -> str:
    """The name of a file as it was sent, among those of its recording: its number."""
    return f"sent/{number}"


class Recording(Work, Shareable):
    """One recording that a person sent. Private to its owner."""

    class State(models.TextChoices):
        """How far it has come. ``READ``, ``REFUSED`` and ``FAILED`` are final."""

        RECEIVING = "receiving", _("being sent")
        RECEIVED = "received", _("waiting to be read")
        READING = "reading", _("being read")
        ASKING = "asking", _("asks something")
        READ = "read", _("read")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    #: Of these something is still to come without its owner.
    OPEN_STATES = (State.RECEIVED, State.READING)
    FINAL_STATES = (State.READ, State.REFUSED, State.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recordings", verbose_name=_("owner")
    )
    name = models.CharField(
        _("name"),
        max_length=100,
        blank=True,
        help_text=_("A few words of your own to find it again. Don't write patient names here."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RECEIVING)
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("read, or given up"), null=True, blank=True, editable=False)

    files = models.JSONField(
        _("files"),
        default=list,
        editable=False,
        help_text=_('As sent, in order: [{"name", "bytes", "sha256"}, …]; a name is emptied where it is not kept.'),
    )
    keeps_names = models.BooleanField(_("keeps the names of its files"), default=False, editable=False)
    folder = models.CharField(
        _("folder"), max_length=100, default=random_folder, editable=False, help_text=_("Below the private files.")
    )
    stored_bytes = models.PositiveBigIntegerField(
        _("bytes kept"), default=0, editable=False, help_text=_("Of all its files; counts towards the owner's quota.")
    )

    # What its reader asked, and what the owner said.
    questions = models.JSONField(
        _("questions"),
        default=list,
        blank=True,
        editable=False,
        help_text=_('What the files leave out: [{"about", "candidates", "columns"}, …].'),
    )
    answers = models.JSONField(
        _("answers"),
        default=dict,
        blank=True,
        editable=False,
        help_text=_('{"rate", "unit", "leads"}, as far as asked.'),
    )

    # Its facts, once it is read.
    kind = models.CharField(_("format"), max_length=20, blank=True, editable=False)
    leads = models.JSONField(_("leads"), default=list, blank=True, editable=False)
    rate = models.FloatField(_("samples a second"), null=True, blank=True, editable=False)
    samples = models.PositiveBigIntegerField(_("samples of a lead"), null=True, blank=True, editable=False)
    seconds = models.FloatField(_("length in seconds"), null=True, blank=True, editable=False)
    start = models.CharField(
        _("recorder's clock at the start"), max_length=32, blank=True, editable=False, help_text=_("ISO 8601, no zone.")
    )
    gaps = models.PositiveIntegerField(_("gaps"), default=0, editable=False)
    lost_seconds = models.FloatField(_("seconds in gaps"), default=0.0, editable=False)
    warnings = models.JSONField(
        _("warnings"), default=list, blank=True, editable=False, help_text=_('[{"reason", "message", "lead"}, …]')
    )

    class Meta:
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="recording_owner_newest"),
            models.Index(fields=["owner", "state", "-created_at", "-id"], name="recording_owner_state"),
            # With the name, so that a person's names are searched, newest first, without a look at the table.
            models.Index(fields=["owner", "-created_at", "-id", "name"], name="recording_owner_names"),
            models.Index(
                fields=["owner", "trashed_at", "id"], name="recording_trash", condition=Q(trashed_at__isnull=False)
            ),
            models.Index(fields=["shared_at", "id"], name="recording_shared", condition=Q(shared_at__isnull=False)),
            models.Index(fields=["state", "-created_at", "-id"], name="recording_state"),
            models.Index(fields=["-created_at", "-id"], name="recording_newest"),
            models.Index(fields=["error_id"], name="recording_error"),
            # The sweeper's questions; few are open however many are read.
            models.Index(
                fields=["state", "next_attempt_at"],
                name="recording_open",
                condition=Q(state__in=["receiving", "received", "reading"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["folder"], name="recording_folder"),
            models.CheckConstraint(
                condition=Q(state__in=["receiving", "received", "reading", "asking", "read", "refused", "failed"]),
                name="recording_state_known",
            ),
            *constraints_of_work("recording", waiting="received", working="reading"),
            models.CheckConstraint(
                condition=Q(state__in=["read", "refused", "failed"], finished_at__isnull=False)
                | (~Q(state__in=["read", "refused", "failed"]) & Q(finished_at__isnull=True)),
                name="recording_finished_iff_final",
            ),
            models.CheckConstraint(
                condition=(Q(state="read", rate__gt=0, samples__gt=0, seconds__gt=0, reason="") & ~Q(kind=""))
                | (~Q(state="read") & Q(rate__isnull=True, samples__isnull=True, seconds__isnull=True, kind="")),
                name="recording_facts_iff_read",
            ),
            models.CheckConstraint(condition=~Q(state="refused", reason=""), name="recording_refused_has_reason"),
            models.CheckConstraint(
                condition=Q(shared_at__isnull=True) | Q(state="read"), name="recording_shared_is_read"
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.id}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("recordings:recording", args=[self.pk])

    @property
    def title(self) -> str:
        """Its name, or when it was sent."""
        sent = date_format(timezone.localtime(self.created_at), "SHORT_DATETIME_FORMAT")
        return self.name or gettext("Recording of %(sent)s") % {"sent": sent}

    @property
    def stored(self) -> Folder:
        """Its files: ``sent/0`` and so on as they came, below ``store/`` as it was read (:mod:`ecg.store`), a file of
        beats for each answer.
        """
        return media_folder(self.folder)

    @property
    def store(self) -> Path | StoreFiles:
        """Where it lies as it was read, for :func:`ecg.store.open_store`."""
        return self.stored.store_files(STORE)

    @property
    def sent_names(self) -> list[str]:
        """Names of its files as they were sent, in their order, among those that are :attr:`stored`."""
        return [sent_name(number) for number in range(len(self.files))]

    @property
    def started(self) -> datetime | None:
        """The recorder's own clock at the first sample; None where the files don't tell. It has no time zone."""
        return datetime.fromisoformat(self.start) if self.start else None

    @property
    def is_read(self) -> bool:
        """Whether there are samples to look at."""
        return self.state == self.State.READ

    @property
    def is_open(self) -> bool:
        """Whether a worker has something to do with it."""
        return self.state in self.OPEN_STATES

    @property
    def sent_bytes(self) -> int:
        """Of all its files together, as they are to be sent."""
        return sum(int(file["bytes"]) for file in self.files)
