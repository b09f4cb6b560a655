"""Recordings and what was said about them in the administration: read, never edited."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from webportal.accounts.models import User
from webportal.read_only_admin import DependentAdmin, ReadOnlyAdmin
from webportal.recordings import services
from webportal.recordings.models import Recording, RecordingAnalysis, RecordingEdit
from webportal.recordings.templatetags.recording_words import long_time

#: Of its own owner's making, or where its files lie.
_PRIVATE = ("name", "files", "folder", "answers")


def _requeue(request: HttpRequest, model_admin: ReadOnlyAdmin, rows: QuerySet[Any]) -> None:
    actor = cast(User, request.user)
    count = sum(services.requeue_failed(actor=actor, row=row) for row in rows.filter(state="failed"))
    words = ngettext("%(count)d of them was queued again.", "%(count)d of them were queued again.", count)
    model_admin.message_user(request, words % {"count": count}, messages.SUCCESS if count else messages.WARNING)


@admin.register(Recording)
class RecordingAdmin(ReadOnlyAdmin):
    """Recordings as sent and read. What they are called, and their samples, are their owners' alone."""

    list_display = ("short_id", "owner", "state", "kind", "length", "stored_bytes", "reason", "created_at")
    list_filter = ("state", "created_at")
    looked_up = ("owner",)
    text_columns = ("error_id",)
    actions = ("requeue",)
    exclude = _PRIVATE

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Every field but the owner's own words."""
        return [name for name in super().get_readonly_fields(request, obj) if name not in _PRIVATE]

    @admin.display(description=_("length"))
    def length(self, recording: Recording) -> str:
        """In hours and minutes."""
        return "–" if recording.seconds is None else long_time(recording.seconds)

    @admin.action(description=_("Have failed ones read again"), permissions=["change"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[Recording]) -> None:
        """Give the selected failed ones a fresh set of attempts; leave all others alone."""
        _requeue(request, self, queryset)


@admin.register(RecordingAnalysis)
class RecordingAnalysisAdmin(ReadOnlyAdmin):
    """Questions about recordings and their answers."""

    list_display = (
        "short_id",
        "owner",
        "state",
        "beats",
        "model_version",
        "attempts",
        "failures",
        "reason",
        "created_at",
        "finished_at",
    )
    list_filter = ("state", "created_at")
    looked_up = ("owner", "recording")
    id_columns = ("id", "recording_id")
    text_columns = ("error_id",)
    actions = ("requeue", "ask_again")
    exclude = ("summary", "edited_summary")

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Every field but the measures, which are a report's to show."""
        return [name for name in super().get_readonly_fields(request, obj) if name not in self.exclude]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """An answer goes only together with its recording: when that, or its owner, is deleted."""
        match = request.resolver_match
        own_pages = match is not None and (match.url_name or "").startswith("recordings_recordinganalysis_")
        return not own_pages and super().has_delete_permission(request, obj)

    @admin.action(description=_("Queue failed analyses again"), permissions=["change"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[RecordingAnalysis]) -> None:
        """Give the selected failed ones a fresh set of attempts; leave all others alone."""
        _requeue(request, self, queryset)

    @admin.action(description=_("Run again with the model in service"), permissions=["change"])
    def ask_again(self, request: HttpRequest, queryset: QuerySet[RecordingAnalysis]) -> None:
        """Ask once more about the recording of each selected answer, beside the old; what still waits is left."""
        actor = cast(User, request.user)
        finished = queryset.filter(state__in=RecordingAnalysis.FINAL_STATES, recording__trashed_at__isnull=True)
        recordings = Recording.objects.filter(pk__in=finished.values("recording"))
        for recording in recordings:
            services.ask_again(actor=actor, recording=recording)
        count = len(recordings)
        words = ngettext("%(count)d analysis runs again.", "%(count)d analyses run again.", count)
        self.message_user(request, words % {"count": count}, messages.SUCCESS if count else messages.WARNING)


@admin.register(RecordingEdit)
class RecordingEditAdmin(DependentAdmin):
    """What people changed in answers: stands as long as the recording."""

    list_display = ("short_id", "analysis", "number", "by", "kind", "at")
    list_filter = ("kind", "at")
    looked_up = ("by", "analysis")
    id_columns = ("id", "analysis_id")
    user_columns = ("by",)
