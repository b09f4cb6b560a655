"""The administration: who is let in, and the page that it begins with."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from webportal.accounts.views import administration_door
from webportal.operations import start

#: Packages whose rows are all about people and how they log in: one heading for them, that of our own.
_ABOUT_PEOPLE = ("accounts", "account", "mfa", "usersessions", "auth")
#: What the lists of other packages are called, where those don't say it in the reader's language.
_CALLED = {"Authenticator": _("Second factors"), "UserSession": _("Sessions")}


class Site(admin.AdminSite):
    """One door: administrators log in where everybody does, under the same limits, with a second factor where one is
    wanted.
    """

    site_header = _("Beatlens administration")
    site_title = _("Beatlens")
    index_title = _("What there is to do")
    index_template = "admin/start.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the administration is open to whoever asks."""
        return bool(getattr(request.user, "may_administer", False))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Where those stand who are not let in."""
        return administration_door(super().login)(request, extra_context)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The tasks of an administrator, and below them every kind of record."""
        return super().index(request, (extra_context or {}) | {"tasks": start.tasks(request)})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Every kind of record by what it is about, not by the package that keeps it."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            for model in app["models"]:
                model["name"] = _CALLED.get(model["object_name"], model["name"])
        if app_label is not None:
            return apps
        people = [app for app in apps if app["app_label"] in _ABOUT_PEOPLE]
        people.sort(key=lambda app: _ABOUT_PEOPLE.index(app["app_label"]))
        rest = [app for app in apps if app["app_label"] not in _ABOUT_PEOPLE]
        if not people:
            return rest
        return [{**people[0], "models": [model for app in people for model in app["models"]]}, *rest]
