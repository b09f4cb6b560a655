"""Writes down what administrators do: one place for every page of the administration, of today and of tomorrow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from webportal.accounts.models import User
from webportal.audit import services
from webportal.audit.models import Entry

#: What a page does to the row that it is about, by the end of its name and the method.
_ACTIONS = {
    ("change", "GET"): Entry.Action.VIEW,
    ("change", "POST"): Entry.Action.CHANGE,
    ("history", "GET"): Entry.Action.VIEW,
    ("delete", "GET"): Entry.Action.VIEW,
    ("delete", "POST"): Entry.Action.DELETE,
    ("password_change", "POST"): Entry.Action.CHANGE,
}
#: Most rows of one action that are written down one by one; a page of a list has fewer.
_MOST_SELECTED = 1000


@dataclass(frozen=True, slots=True)
class _Deed:
    """What a request is about to do to one row; the row may be gone when it has."""

    action: Entry.Action
    record: str
    owner: int | None
    detail: str = ""


class AdminAuditMiddleware:
    """Notes each view, list, change and deletion in the administration that succeeded, after it did."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let the request through, then write down what it was."""
        response = self.get_response(request)
        model: type[Model] | None = getattr(request, "_audited_model", None)
        if model is None or response.status_code >= 400 or not request.user.is_staff:
            return response
        actor = request.user
        deeds: list[_Deed] = request._audited  # type: ignore[attr-defined]
        for deed in deeds:
            services.note_id(
                actor=actor, action=deed.action, kind=model, record=deed.record, owner=deed.owner, detail=deed.detail
            )
        if not deeds and request.method == "GET":
            services.note_list(actor=actor, kind=model)
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: dict[str, str]) -> None:
        """Remember whose rows the page is about, before it may delete them."""
        match = request.resolver_match
        if match is None or "admin" not in match.app_names or not request.user.is_staff:
            return
        name = match.url_name or ""
        for model in admin.site._registry:
            base = f"{model._meta.app_label}_{model._meta.model_name}_"
            if name == "auth_user_password_change" and model is User:
                base = "auth_user_"
            if not name.startswith(base):
                continue
            page = name.removeprefix(base)
            key = kwargs.get("object_id") or kwargs.get("id")
            if page == "changelist":
                deeds = _of_action(request, model)
            elif key is not None and (action := _ACTIONS.get((page, request.method or ""))):
                deeds = [_Deed(action, str(row.pk), services.owner_of(row)) for row in _rows(model, [unquote(key)])]
            else:
                return
            request._audited_model, request._audited = model, deeds  # type: ignore[attr-defined]
            return


def _rows(model: type[Model], keys: list[str]) -> list[Model]:
    try:
        return list(model._default_manager.filter(pk__in=keys))
    except (ValidationError, ValueError):
        return []


def _of_action(request: HttpRequest, model: type[Model]) -> list[_Deed]:
    """The rows that an action was chosen for in a list, if one was."""
    name = request.POST.get("action", "")
    if request.method != "POST" or not name:
        return []
    action = Entry.Action.DELETE if name == "delete_selected" else Entry.Action.CHANGE
    if name.startswith("export"):
        action = Entry.Action.DOWNLOAD
    keys = request.POST.getlist(ACTION_CHECKBOX_NAME)[:_MOST_SELECTED]
    return [_Deed(action, str(row.pk), services.owner_of(row), name) for row in _rows(model, keys)]
