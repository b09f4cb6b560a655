"""What others share with reviewers."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from webportal.accounts.current import current_user
from webportal.analyses import access
from webportal.analyses.history import queries
from webportal.analyses.models import Analysis
from webportal.audit import services as audit


@login_required
@require_safe
@never_cache
def review_queue(request: HttpRequest) -> HttpResponse:
    """What others share with reviewers: what one has not read yet, or everything."""
    user = current_user(request)
    if not user.is_reviewer:
        raise Http404
    shared, order = access.shared_analyses(user), queries.QUEUE_ORDER
    everything = "all" in request.GET
    after = order.cursor(request.GET.get("after", ""))
    page = queries.page_of(shared if everything else queries.not_yet_read_by(user, shared), order=order, after=after)
    audit.note_list(actor=user, kind=Analysis, detail="review queue")
    context = {
        "page": page,
        "is_first": after is None,
        "everything": everything,
        "reads_blind": settings.REVIEWERS_READ_BLIND,
    }
    return render(request, "analyses/review_queue.html", context)
