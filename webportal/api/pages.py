"""The pages of one's own access tokens, and the guide for those who write programs."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from webportal.accounts.current import current_user
from webportal.api import tokens
from webportal.api.forms import TokenForm
from webportal.api.models import AccessToken
from webportal.pages import documents


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """How programs use the interface."""
    document = documents.interface_guide()
    if document is None:
        raise Http404
    return render(request, "api/guide.html", {"document": document})


@login_required
@require_safe
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """One's own tokens."""
    return render(request, "api/tokens.html", {"tokens": AccessToken.objects.filter(owner=current_user(request))})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
@never_cache
def make(request: HttpRequest) -> HttpResponse:
    """A form for a new token, after the password. The secret is in the answer to the form and nowhere else."""
    if request.method != "POST":
        return render(request, "api/make_token.html", {"form": TokenForm()})
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            token, secret = tokens.make(owner=current_user(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return render(request, "api/token_made.html", {"token": token, "secret": secret})
    return render(request, "api/make_token.html", {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def revoke(request: HttpRequest, access_token_id: uuid.UUID) -> HttpResponse:
    """End a token. Asks first."""
    token = AccessToken.objects.filter(owner=current_user(request), pk=access_token_id).first()
    if token is None:
        raise Http404
    if request.method != "POST":
        return render(request, "api/revoke_token.html", {"token": token})
    tokens.revoke(token=token)
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect("tokens:overview")
