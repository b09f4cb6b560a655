"""Uploads and analyses in the administration. What a person sent and what a model said is read, never edited."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from webportal.accounts import acting
from webportal.accounts.models import User
from webportal.analyses import answers, services, thumbnails
from webportal.analyses.history import exports
from webportal.analyses.models import Analysis, Review, Upload
from webportal.analyses.templatetags.readings import percent
from webportal.pages import catalogue
from webportal.read_only_admin import DependentAdmin, ReadOnlyAdmin


def _thumbnail(upload: Upload) -> SafeString | str:
    if not upload.is_viewable:
        return "–"
    return format_html(
        '<img class="thumbnail" src="{}" alt="{}" width="96" height="64">',
        thumbnails.listed(upload, acting.user()),
        _("Picture of a heartbeat"),
    )


class ClassFilter(admin.SimpleListFilter):
    """Classes as the pages know them: asking a million rows which classes occur would take seconds."""

    title = _("class")
    parameter_name = "class_short"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every class by short name."""
        return [(entry.short, entry.title) for entry in catalogue.entries()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only the chosen class."""
        if not self.value():
            return queryset
        return queryset.filter(class_short=self.value()).exclude(verdict=Analysis.Verdict.NOT_A_BEAT)


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    """Pictures as sent."""

    list_display = ("short_id", "picture_preview", "owner", "media_type", "size", "created_at")
    list_filter = ("created_at",)
    looked_up = ("owner",)
    text_columns = ("sha256",)
    # Names of files are their owners' alone.
    exclude = ("picture", "thumbnail", "original", "file_name")

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """The picture is shown; where its file lies is nobody's business."""
        names = super().get_readonly_fields(request, obj)
        return ["picture_preview", *(name for name in names if name not in self.exclude)]

    @admin.display(description=_("picture"))
    def picture_preview(self, upload: Upload) -> SafeString | str:
        """A thumbnail through the checked view."""
        return _thumbnail(upload)


@admin.register(Analysis)
class AnalysisAdmin(ReadOnlyAdmin):
    """Questions and answers."""

    list_display = (
        "short_id",
        "picture_preview",
        "owner",
        "state",
        "shown_class",
        "percent",
        "verdict",
        "model_version",
        "attempts",
        "created_at",
    )
    list_filter = ("state", "verdict", ClassFilter, "created_at")
    looked_up = ("owner", "upload")
    id_columns = ("id", "upload_id")
    text_columns = ("error_id",)
    actions = ("requeue", "run_again", "export_csv")
    exclude = ("notes", "tags", "class_name", "probability", "probabilities", "prediction_set", "beats")

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Every field in words, the picture first, and of the answer what may be shown; what owners write to themselves
        stays with them.
        """
        names = [name for name in super().get_readonly_fields(request, obj) if name not in self.exclude]
        names[names.index("class_short")] = "shown_class"
        names[names.index("not_a_beat_reason")] = "why_no_beat"
        place = names.index("verdict") + 1
        return ["picture_preview", *names[:place], "kind", "percent", "plausible", "every_kind", *names[place:]]

    @admin.display(description=_("class"), ordering="class_short")
    def shown_class(self, analysis: Analysis) -> str:
        """Short name of the class, where the answer names one."""
        return answers.shown(analysis).class_short or "–"

    @admin.display(description=_("class name"))
    def kind(self, analysis: Analysis) -> str:
        """The answer in the reader's language."""
        return catalogue.translated(answers.shown(analysis).class_name) or "–"

    @admin.display(description=_("why it is no heartbeat"))
    def why_no_beat(self, analysis: Analysis) -> str:
        """The server's code, and in words what was found instead."""
        answer = answers.shown(analysis)
        return f"{answer.not_a_beat_reason}: {answer.why_in_short}" if answer.not_a_beat_reason else "–"

    @admin.display(description=_("prediction set"))
    def plausible(self, analysis: Analysis) -> str:
        """The kinds that stay plausible, most probable first."""
        entries = answers.shown(analysis).prediction_set
        return ", ".join(catalogue.translated(entry["name"]) for entry in entries) or "–"

    @admin.display(description=_("probabilities"))
    def every_kind(self, analysis: Analysis) -> str:
        """Every kind with its probability, most probable first."""
        shares = ((entry["name"], entry["probability"]) for entry in answers.shown(analysis).ranked)
        return ", ".join(f"{catalogue.translated(name)} {percent(share)}" for name, share in shares) or "–"

    @admin.display(description=_("picture"))
    def picture_preview(self, analysis: Analysis) -> SafeString | str:
        """A thumbnail through the checked view."""
        return _thumbnail(analysis.upload)

    @admin.display(description=_("probability"), ordering="probability")
    def percent(self, analysis: Analysis) -> str:
        """Probability in per cent."""
        probability = answers.shown(analysis).probability
        return "–" if probability is None else percent(probability)

    @admin.action(description=_("Queue failed analyses again"), permissions=["change"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[Analysis]) -> None:
        """Give the selected failed analyses a fresh set of attempts; leave all others alone."""
        actor = cast(User, request.user)
        count = sum(
            services.requeue_failed(actor=actor, analysis=analysis)
            for analysis in queryset.filter(state=Analysis.State.FAILED)
        )
        self.message_user(
            request,
            ngettext("%(count)d analysis was queued again.", "%(count)d analyses were queued again.", count)
            % {"count": count},
            messages.SUCCESS if count else messages.WARNING,
        )

    @admin.action(description=_("Run again with the model in service"), permissions=["change"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Analysis]) -> None:
        """Ask once more about each selected picture, in a new analysis beside the old; what still waits is left."""
        actor = cast(User, request.user)
        finished = queryset.filter(state__in=Analysis.FINAL_STATES, trashed_at__isnull=True)
        count = 0
        for analysis in finished.select_related("upload__owner"):
            services.run_again(actor=actor, analysis=analysis)
            count += 1
        self.message_user(
            request,
            ngettext("%(count)d analysis runs again.", "%(count)d analyses run again.", count) % {"count": count},
            messages.SUCCESS if count else messages.WARNING,
        )

    @admin.action(description=_("Export as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Analysis]) -> StreamingHttpResponse:
        """What is selected, as a table that no spreadsheet program takes for formulas."""
        rows = queryset.select_related("upload").prefetch_related("reviews", "tags").iterator(chunk_size=500)
        lines = exports.csv_lines(rows, classes=exports.classes_of(queryset))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="beatlens-analyses.csv"'
        return response


@admin.register(Review)
class ReviewAdmin(DependentAdmin):
    """What people read the pictures as: stands until the analysis, or its owner, is deleted."""

    list_display = ("short_id", "analysis", "author", "class_short", "agrees", "is_blind", "created_at", "withdrawn_at")
    list_filter = ("agrees", "created_at")
    looked_up = ("author", "analysis")
    id_columns = ("id", "analysis_id")
    user_columns = ("author",)
    exclude = ("class_name",)

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Every field, the class in words."""
        return ["kind" if name == "class_name" else name for name in super().get_readonly_fields(request, obj)]

    @admin.display(description=_("class name"))
    def kind(self, review: Review) -> str:
        """The reading in the administrator's language."""
        return catalogue.translated(review.class_name)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Also those that were taken back."""
        return Review.all_objects.prefetch_related(*self.looked_up).order_by("-created_at", "-id")
