"""Uploads and analyses in the administration. What a person sent and what a model said is read, never edited."""

from __future__ import annotations

from typing import cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.models import Analysis, Review, Upload


def _thumbnail(upload: Upload) -> SafeString | str:
    if not upload.is_viewable:
        return "–"
    return format_html(
        '<img src="{}" alt="{}" height="64" loading="lazy">',
        reverse("analyses:thumbnail", args=[upload.pk]),
        _("Picture of a heartbeat"),
    )


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows every field and changes none."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from the portal's own pages only."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """All of them."""
        return [field.name for field in self.model._meta.fields]


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    """Pictures as sent."""

    list_display = ("id", "picture_preview", "owner", "label", "media_type", "size", "created_at")
    list_filter = ("media_type", "created_at")
    list_select_related = ("owner",)
    search_fields = ("=id", "=sha256", "label", "=owner__username", "=owner__email")
    exclude = ("picture", "thumbnail")

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """The picture is shown; where its file lies is nobody's business."""
        names = super().get_readonly_fields(request, obj)
        return ["picture_preview", *(name for name in names if name not in ("picture", "thumbnail"))]

    @admin.display(description=_("picture"))
    def picture_preview(self, upload: Upload) -> SafeString | str:
        """A thumbnail through the checked view."""
        return _thumbnail(upload)


@admin.register(Analysis)
class AnalysisAdmin(ReadOnlyAdmin):
    """Questions and answers."""

    list_display = (
        "id",
        "picture_preview",
        "owner",
        "state",
        "class_short",
        "percent",
        "verdict",
        "model_version",
        "attempts",
        "created_at",
    )
    list_filter = ("state", "verdict", "class_short", "model_version", "reason", "created_at")
    list_select_related = ("owner", "upload")
    search_fields = ("=id", "=error_id", "upload__label", "=owner__username", "=owner__email")
    actions = ("requeue",)

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Every field, and the picture first."""
        return ["picture_preview", *super().get_readonly_fields(request, obj)]

    @admin.display(description=_("picture"))
    def picture_preview(self, analysis: Analysis) -> SafeString | str:
        """A thumbnail through the checked view."""
        return _thumbnail(analysis.upload)

    @admin.display(description=_("probability"), ordering="probability")
    def percent(self, analysis: Analysis) -> str:
        """Probability in per cent."""
        return "–" if analysis.probability is None else f"{analysis.probability:.1%}"

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


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    """What people read the pictures as. Stands for ever."""

    list_display = ("id", "analysis", "author", "class_short", "agrees", "created_at")
    list_filter = ("agrees", "class_short", "created_at")
    list_select_related = ("author", "analysis")
    search_fields = ("=id", "=analysis__id", "=author__username")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody rewrites a review."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """A review goes only together with its analysis: when that, or its owner, is deleted."""
        match = request.resolver_match
        own_pages = match is not None and (match.url_name or "").startswith("analyses_review_")
        return not own_pages and super().has_delete_permission(request, obj)
