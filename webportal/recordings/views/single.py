"""What its owner does with one recording, and how far it is."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from webportal.accounts.current import current_user
from webportal.analyses import once
from webportal.recordings import access, queries, reasons, services
from webportal.recordings.forms import AnswersForm, RenamingForm
from webportal.recordings.models import Recording
from webportal.recordings.views.state import state_of
from webportal.refusal import Refused


@login_required
@require_safe
@never_cache
def state(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """The part of the page that says how far it is; the whole page anew once there is more to see."""
    recording = access.readable_recording(current_user(request), recording_id, is_part=True)
    context = state_of(recording, current_user(request))
    response = render(request, "recordings/parts/state.html", context)
    if request.GET.get("seen") != context["mark"]:
        response.headers["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
@never_cache
def answer(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Say what the files leave out."""
    recording = access.own_recording(current_user(request), recording_id)
    if recording.state != Recording.State.ASKING:
        return redirect(recording)
    form = AnswersForm(recording.questions, request.POST)
    if form.is_valid():
        try:
            services.answer(actor=current_user(request), recording=recording, **form.cleaned_data)
        except ValidationError as wrong:
            form.add_error(None, " ".join(wrong.messages))
        else:
            return redirect(recording)
    context: dict[str, Any] = {"recording": recording, "form": form}
    return render(request, "recordings/asking.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@login_required
@require_POST
@never_cache
def cancel(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Give up the analysis under way."""
    recording = access.own_recording(current_user(request), recording_id)
    analysis = queries.newest_analysis(recording)
    if analysis is not None and services.cancel(actor=current_user(request), analysis=analysis):
        messages.success(request, _("The analysis was cancelled."))
    return redirect(recording)


@login_required
@require_POST
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def ask_again(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Ask the model in service once more; the answers that are there stay."""
    recording = access.own_recording(current_user(request), recording_id)
    made = once.made_by(once.id_in(request), recording.pk)
    try:
        services.ask_again(actor=current_user(request), recording=recording, analysis_id=made)
    except Refused as refusal:
        messages.warning(request, reasons.explain(refusal.reason).problem)
    except ValidationError as wrong:
        messages.warning(request, " ".join(wrong.messages))
    return redirect(recording)


@login_required
@require_POST
@never_cache
def rename(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Give it another name."""
    recording = access.own_recording(current_user(request), recording_id)
    form = RenamingForm(request.POST)
    if form.is_valid():
        services.rename(actor=current_user(request), recording=recording, name=form.cleaned_data["name"])
    else:
        messages.warning(request, " ".join(map(str, form.errors["name"])))
    return redirect(recording)


@login_required
@require_POST
@never_cache
def share(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Let reviewers look at it, or keep it to oneself again."""
    recording = access.own_recording(current_user(request), recording_id)
    if "stop" in request.POST:
        services.unshare(actor=current_user(request), ids=[recording.pk])
        messages.success(request, _("Reviewers can’t look at this recording any more."))
    elif services.share(actor=current_user(request), ids=[recording.pk]):
        messages.success(request, _("Reviewers can look at this recording now."))
    else:
        messages.warning(request, _("Only a recording that was read can be shared."))
    return redirect(recording)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delete(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Put it in the trash; from there, delete it for good. Asks first."""
    recording = access.own_recording(current_user(request), recording_id)
    if request.method != "POST":
        context = {"recording": recording, "days": settings.TRASH_DAYS}
        return render(request, "recordings/confirm_delete.html", context)
    if recording.trashed_at is None:
        services.trash_recordings(actor=current_user(request), ids=[recording.pk])
        messages.success(request, _("The recording is in the trash."))
        return redirect("recordings:list")
    services.delete_recording(actor=current_user(request), recording=recording)
    messages.success(request, _("The recording has been deleted for good."))
    return redirect("recordings:trash")


@login_required
@require_POST
@never_cache
def restore(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Take it out of the trash."""
    recording = access.own_recording(current_user(request), recording_id)
    services.restore_recording(actor=current_user(request), recording=recording)
    messages.success(request, _("The recording is back in the list."))
    return redirect(recording)
