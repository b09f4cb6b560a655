"""The account page: where everything about one's own account is found."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Links to password, e-mail addresses and logging out."""
    return render(request, "accounts/overview.html")
