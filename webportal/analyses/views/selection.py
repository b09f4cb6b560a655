"""One action on several analyses: what was ticked in the history, or all that a search finds."""

from __future__ import annotations

import uuid
from datetime import datetime

from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from webportal import paging
from webportal.accounts.current import current_user
from webportal.analyses import access, once, reasons, services, tagging
from webportal.analyses.forms import BulkTagForm
from webportal.analyses.history import queries
from webportal.analyses.views import searching
from webportal.refusal import Refused


@login_required
@require_POST
@never_cache
def trash_selected(request: HttpRequest) -> HttpResponse:
    """Put what was ticked in the history in the trash, and show the same list again. Asks first."""
    if "confirmed" not in request.POST:
        return _confirm_trash(request)
    count = services.trash_analyses(actor=current_user(request), ids=_chosen(request))
    message = ngettext("%(count)d analysis is in the trash.", "%(count)d analyses are in the trash.", count)
    return _back_to_history(request, count, message)


@login_required
@require_POST
@never_cache
def tag_selected(request: HttpRequest) -> HttpResponse:
    """Add tags to what was ticked in the history, or take them away."""
    form = BulkTagForm(request.POST)
    if not form.is_valid():
        messages.warning(request, str(form.errors["tags"][0]))
        return _back_to_history(request)
    change = tagging.untag_analyses if "remove" in request.POST else tagging.tag_analyses
    try:
        count = change(actor=current_user(request), ids=_chosen(request), names=form.cleaned_data["tags"])
    except ValidationError as error:
        messages.warning(request, error.messages[0])
        return _back_to_history(request)
    message = ngettext(
        "The tags of %(count)d analysis are changed.", "The tags of %(count)d analyses are changed.", count
    )
    return _back_to_history(request, count, message)


@login_required
@require_POST
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def run_selected_again(request: HttpRequest) -> HttpResponse:
    """Ask the model in service about what was ticked in the history."""
    try:
        count = services.run_several_again(
            actor=current_user(request), ids=_chosen(request), form_id=once.id_in(request)
        )
    except Refused as refusal:
        messages.warning(request, reasons.explain(refusal.reason).problem)
        return _back_to_history(request)
    message = ngettext(
        "%(count)d picture is analysed again; the earlier result stays.",
        "%(count)d pictures are analysed again; the earlier results stay.",
        count,
    )
    return _back_to_history(request, count, message)


@login_required
@require_POST
@never_cache
def share_selected(request: HttpRequest) -> HttpResponse:
    """Let reviewers read what was ticked in the history."""
    count = services.share_analyses(actor=current_user(request), ids=_chosen(request))
    message = ngettext(
        "%(count)d analysis is shared with reviewers.", "%(count)d analyses are shared with reviewers.", count
    )
    return _back_to_history(request, count, message)


def _confirm_trash(request: HttpRequest) -> HttpResponse:
    """Ask whether so many analyses are meant."""
    chosen = _chosen(request)
    count = access.own_analyses(current_user(request)).filter(pk__in=chosen).count()
    if not count:
        return _back_to_history(request, 0)
    context = {
        "count": count,
        "chosen": [] if "everything" in request.POST else chosen,
        "everything": "everything" in request.POST,
        "asked_at": timezone.now().isoformat(),
        "looking": searching.carried(request).urlencode(),
        "days": settings.TRASH_DAYS,
    }
    return render(request, "analyses/confirm_trash.html", context)


def _chosen(request: HttpRequest) -> list[uuid.UUID]:
    """What was ticked, or all that the search finds as far as one action reaches."""
    if "everything" not in request.POST:
        return queries.ids_in(request.POST.getlist("selected"))
    search = searching.search(request, searching.carried(request))
    analyses = search.found
    if asked_at := _moment(request.POST.get("asked_at", "")):
        # What came since was not among those that the question was about.
        analyses = analyses.filter(created_at__lte=asked_at)
    return list(search.order.sorted(analyses).values_list("pk", flat=True)[: queries.BULK_LIMIT])


def _moment(text: str) -> datetime | None:
    try:
        return paging.moment(text)
    except ValueError:
        return None


def _back_to_history(request: HttpRequest, count: int | None = None, message: str = "") -> HttpResponse:
    """The same list again, with what was done to ``count`` analyses."""
    if count:
        messages.success(request, message % {"count": count})
    elif count == 0:
        messages.warning(request, _("Tick something first."))
    return redirect(searching.with_search(reverse("analyses:history"), searching.carried(request).urlencode()))
