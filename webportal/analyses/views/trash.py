"""What one has deleted and can still have back."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from webportal.accounts.current import current_user
from webportal.analyses import access, services
from webportal.analyses.history import queries
from webportal.analyses.history.batches import BATCHES_SHOWN


@login_required
@require_safe
@never_cache
def trash(request: HttpRequest) -> HttpResponse:
    """What one has deleted and can still have back."""
    order = queries.TRASH_ORDER
    after = order.cursor(request.GET.get("after", ""))
    page = queries.page_of(access.own_trash(current_user(request)), order=order, after=after)
    context = {
        "page": page,
        "is_first": after is None,
        "days": settings.TRASH_DAYS,
        # Those deleted last; the others are restored together with everything.
        "batches": access.trashed_batches(current_user(request))[:BATCHES_SHOWN] if after is None else (),
    }
    return render(request, "analyses/trash.html", context)


@login_required
@require_POST
@never_cache
def restore_all(request: HttpRequest) -> HttpResponse:
    """Take everything out of the trash."""
    count = services.restore_all(actor=current_user(request))
    message = ngettext(
        "%(count)d analysis is back in the history.", "%(count)d analyses are back in the history.", count
    )
    messages.success(request, message % {"count": count})
    return redirect("analyses:history")
