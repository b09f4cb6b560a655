"""What one has deleted and can still have back."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from webportal.accounts.current import current_user
from webportal.analyses import access, queries


@login_required
@require_safe
@never_cache
def trash(request: HttpRequest) -> HttpResponse:
    """What one has deleted and can still have back."""
    order = queries.TRASH_ORDER
    after = order.cursor(request.GET.get("after", ""))
    page = queries.page_of(access.own_trash(current_user(request)), order=order, after=after)
    return render(
        request, "analyses/trash.html", {"page": page, "is_first": after is None, "days": settings.TRASH_DAYS}
    )
