"""What its owner does with one analysis: run it again, share it, delete it, take it back."""

from __future__ import annotations

import uuid

from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from webportal.accounts.current import current_user
from webportal.analyses import access, once, reasons, services
from webportal.analyses.forms import AgainForm
from webportal.analyses.jobs import running
from webportal.analyses.views import searching
from webportal.analyses.views.result import back_to
from webportal.refusal import Refused


@login_required
@require_POST
@never_cache
def share(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Let reviewers read one's own analysis, or keep it to oneself again."""
    analysis = access.own_analysis(current_user(request), analysis_id)
    if "stop" in request.POST:
        services.unshare_analyses(actor=current_user(request), ids=[analysis.pk])
        messages.success(request, _("Reviewers can’t read this analysis any more."))
    elif services.share_analyses(actor=current_user(request), ids=[analysis.pk]):
        messages.success(request, _("Reviewers can read this analysis now."))
    else:
        messages.warning(request, _("Only an analysis with an answer can be shared."))
    return back_to(request, analysis)


@login_required
@require_POST
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def run_again(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Ask the model in service about a picture that has its answer already."""
    analysis = access.own_analysis(current_user(request), analysis_id)
    another_id = once.made_by(once.id_in(request), analysis.pk)
    form = AgainForm(request.POST)
    lead = form.cleaned_data["lead"] if "lead" in request.POST and form.is_valid() else None
    try:
        another = services.run_again(actor=current_user(request), analysis=analysis, lead=lead, another_id=another_id)
    except Refused as refusal:
        messages.warning(request, reasons.explain(refusal.reason).problem)
        return back_to(request, analysis)
    running.try_all_at_once([another])
    return back_to(request, another)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delete(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Put one's own analysis in the trash; from there, delete it for good. Asks first."""
    analysis = access.own_analysis(current_user(request), analysis_id)
    if request.method != "POST":
        search = searching.search(request, request.GET)
        context = {"analysis": analysis, "days": settings.TRASH_DAYS, "looking": search.text}
        return render(request, "analyses/confirm_delete.html", context)
    if analysis.trashed_at is None:
        services.trash_analysis(actor=current_user(request), analysis=analysis)
        messages.success(request, _("The analysis is in the trash."))
        search = searching.search(request, searching.carried(request))
        return redirect(search.back_to(analysis))
    services.delete_analysis(actor=current_user(request), analysis=analysis)
    messages.success(request, _("The analysis has been deleted for good."))
    return redirect("analyses:trash")


@login_required
@require_POST
@never_cache
def restore(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Take one's own analysis out of the trash."""
    analysis = access.own_analysis(current_user(request), analysis_id)
    services.restore_analysis(actor=current_user(request), analysis=analysis)
    messages.success(request, _("The analysis is back in the history."))
    return back_to(request, analysis)
