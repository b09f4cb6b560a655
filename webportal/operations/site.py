"""The administration: who is let in, and the page that it begins with."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _


class Site(admin.AdminSite):
    """One door: administrators log in where everybody does, under the same limits, with a second factor where one is
    wanted."""

    site_header = _("Beatlens administration")
    site_title = _("Beatlens")
    index_title = _("What there is to do")
    index_template = "admin/start.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the administration is open to whoever asks."""
        return bool(getattr(request.user, "may_administer", False))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Where those stand who are not let in."""
        from webportal.accounts.views import administration_door

        return administration_door(super().login)(request, extra_context)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The tasks of an administrator, and below them every kind of record."""
        from webportal.operations import start

        return super().index(request, (extra_context or {}) | {"tasks": start.tasks(request)})
