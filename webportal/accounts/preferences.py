"""The page where a person chooses how the portal goes by them."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from webportal.accounts import zones
from webportal.accounts.forms import TimeZoneForm
from webportal.accounts.models import User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def time_zone(request: HttpRequest) -> HttpResponse:
    """Choose the zone whose times one sees."""
    user = cast(User, request.user)
    if request.method != "POST":
        form = TimeZoneForm(instance=user, browsers=zones.browsers(request))
        return render(request, "accounts/time_zone.html", {"form": form})
    form = TimeZoneForm(request.POST, instance=User.objects.get(pk=user.pk), browsers=zones.browsers(request))
    if not form.is_valid():
        return render(request, "accounts/time_zone.html", {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    form.save()
    messages.success(request, _("The time zone is set."))
    return redirect("accounts:overview")
