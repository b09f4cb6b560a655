"""Tokens of the inference server, in the file that it reads: listed, made and revoked by superusers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from inference_server.runtime.tokens import Scope, Token, TokenFileError, TokenStore

from webportal.accounts.models import User
from webportal.audit import services as audit
from webportal.audit.models import Entry

#: What the audit log calls one.
KIND = "inference_server.Token"
SCOPES = {
    Scope.CLASSIFY: gettext_lazy("classify pictures and read about models"),
    Scope.MODELS_WRITE: gettext_lazy("load and unload model versions"),
}


class TokenForm(forms.Form):
    """A new token."""

    name = forms.RegexField(
        label=gettext_lazy("Name"),
        regex=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        max_length=64,
        strip=True,
        help_text=gettext_lazy("The system that will use it: letters, digits, “.”, “_” and “-”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("It may"),
        choices=[(scope.value, words) for scope, words in SCOPES.items()],
        initial=[Scope.CLASSIFY.value],
        widget=forms.CheckboxSelectMultiple,
    )
    calls_per_second = forms.FloatField(
        label=gettext_lazy("Calls a second"),
        required=False,
        min_value=0.001,
        max_value=1e6,
        help_text=gettext_lazy("Empty: no limit."),
    )


def stored_tokens() -> list[Token] | None:
    """The tokens in the file, by name; ``None`` where no file is set or it can't be read."""
    if settings.TOKENS_FILE is None:
        return None
    try:
        return sorted(TokenStore(settings.TOKENS_FILE).tokens(), key=lambda token: token.name.lower())
    except TokenFileError:
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """The tokens, and a form for a new one. Its secret is in the answer to the form and nowhere else."""
    user = _superuser(request)
    if settings.TOKENS_FILE is None:
        return _page(request, "admin/tokens.html", is_set=False)
    if request.method != "POST":
        return _listed(request, TokenForm())
    form = TokenForm(request.POST)
    if form.is_valid():
        name, scopes = form.cleaned_data["name"], [Scope(scope) for scope in form.cleaned_data["scopes"]]
        try:
            secret = _store().create(name, scopes, form.cleaned_data["calls_per_second"])
        except TokenFileError as problem:
            form.add_error(None, str(problem))
        else:
            _note(user, Entry.Action.CHANGE, name, f"created: {', '.join(scopes)}")
            return _listed(request, TokenForm(), made=name, secret=secret)
    return _listed(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def revoke(request: HttpRequest, token: str) -> HttpResponse:
    """Take a token away. Asks first."""
    user = _superuser(request)
    if token not in {stored.name for stored in stored_tokens() or ()}:
        raise Http404
    if request.method != "POST":
        return _page(request, "admin/revoke_token.html", token=token)
    try:
        _store().revoke(token)
    except TokenFileError as problem:
        messages.error(request, str(problem))
    else:
        _note(user, Entry.Action.DELETE, token, "revoked")
        messages.success(request, _("The token %(name)s is revoked.") % {"name": token})
    return redirect("tokens")


def _superuser(request: HttpRequest) -> User:
    """Whoever asks.

    Raises:
        PermissionDenied: they are no superuser.
    """
    if not request.user.is_superuser:
        raise PermissionDenied
    return request.user


def _store() -> TokenStore:
    path = settings.TOKENS_FILE
    assert path is not None  # noqa: S101 - asked before
    return TokenStore(path)


def _note(user: User, action: Entry.Action, name: str, detail: str) -> None:
    audit.note_thing(actor=user, action=action, kind=KIND, record=name, detail=detail)


def _listed(request: HttpRequest, form: TokenForm, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> HttpResponse:
    problem = ""
    tokens: list[Token] = []
    try:
        tokens = sorted(_store().tokens(), key=lambda token: token.name.lower())
    except TokenFileError as error:
        problem = str(error)
    rows = [(token, [SCOPES[scope] for scope in token.scopes]) for token in tokens]
    return _page(request, "admin/tokens.html", status, is_set=True, form=form, tokens=rows, problem=problem, **context)


def _page(request: HttpRequest, template: str, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": _("gRPC tokens"), **context}
    return render(request, template, context, status=status)
