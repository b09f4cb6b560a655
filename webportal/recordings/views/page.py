"""A picture of a strip or page: what was read of it, laid over it, for its owner to say whether that is right."""

from __future__ import annotations

import hashlib
import json
import uuid
from http import HTTPStatus
from typing import Any

from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms.boundfield import BoundField
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from ecg.pictures.pages.result import Lead, PageReading

from webportal.accounts.current import current_user
from webportal.recordings import access, reasons, services
from webportal.recordings.digitizing.answers import PageAnswers, is_asked, reason_against
from webportal.recordings.digitizing.drawing import laid_over
from webportal.recordings.digitizing.facts import layout_words
from webportal.recordings.digitizing.forms import BeatForm, PageForm
from webportal.recordings.digitizing.places import places
from webportal.recordings.digitizing.stored import StoredPage, named_reading
from webportal.recordings.models import Recording
from webportal.recordings.views.kept import unless_known
from webportal.refusal import Refused


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def check(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """The check page: what was found, over the picture. Corrected, it is read again; confirmed, it is a recording."""
    recording = access.own_recording(current_user(request), recording_id)
    if not is_asked(recording):
        return redirect(recording)
    reading, said = _reading(recording), PageAnswers.of(recording)
    if request.method != "POST":
        return _page(request, recording, reading, PageForm(reading, said.corrections))
    form = PageForm(reading, said.corrections, request.POST)
    if not form.is_valid():
        return _page(request, recording, reading, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    is_other = form.corrections != said.corrections
    if request.POST.get("do") == "confirm" and not is_other:
        services.confirm_page(actor=current_user(request), recording=recording, names=form.names)
        return redirect(recording)
    return _read_again(request, recording, reading, form)


@login_required
@require_safe
@never_cache
def state(request: HttpRequest, recording_id: uuid.UUID) -> JsonResponse:
    """Whether the check page waits for its picture to be read again: ``{"is_open", "is_asked"}``."""
    recording = access.own_recording(current_user(request), recording_id)
    return JsonResponse({"is_open": recording.is_open, "is_asked": is_asked(recording)})


@login_required
@require_POST
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def insist(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Say that a picture of which nothing was read is an ECG, to show where."""
    recording = access.own_recording(current_user(request), recording_id)
    services.insist(actor=current_user(request), recording=recording)
    return redirect(recording)


@login_required
@require_safe
def picture(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """The upright picture that a recording was read from."""
    page = _page_of(request, recording_id)
    return _locked_up(unless_known(request, page.picture_version, lambda: page.picture, page.media_type))


@login_required
@require_safe
def overlay(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """What was read, as a transparent picture to lay over it."""
    page = _page_of(request, recording_id)
    return _locked_up(unless_known(request, page.version, lambda: page.found().overlay, "image/png"))


@login_required
@require_safe
def where(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Where on the picture everything stands, as JSON (:func:`~webportal.recordings.digitizing.places.places`)."""
    recording = access.readable_recording(current_user(request), recording_id, is_part=True)
    content = json.dumps(places(_reading(recording))).encode()
    return unless_known(request, hashlib.sha256(content).hexdigest(), lambda: content, "application/json")


def drawn_on(recording: Recording) -> dict[str, Any]:
    """What ``recordings/parts/paper.html`` shows: the picture of a recording, and what was read on it.

    Raises:
        Http404: it was not read from one.
    """
    page, reading = stored_page(recording), _reading(recording)
    picture, overlay_ = (reverse(f"recordings:page-{part}", args=[recording.pk]) for part in ("picture", "overlay"))
    return laid_over(reading, picture=f"{picture}?v={page.picture_version}", overlay=f"{overlay_}?v={page.version}")


def _page_of(request: HttpRequest, recording_id: uuid.UUID) -> StoredPage:
    return stored_page(access.readable_recording(current_user(request), recording_id, is_part=True))


def stored_page(recording: Recording) -> StoredPage:
    """What is stored of its picture.

    Raises:
        Http404: it was not read from one.
    """
    page = StoredPage(recording)
    if not page.has_answer:
        raise Http404
    return page


def _reading(recording: Recording) -> PageReading:
    """What was read of its picture, with the names that the owner gave.

    Raises:
        Http404: it was not read from one.
    """
    stored_page(recording)
    return named_reading(recording)


def _read_again(request: HttpRequest, recording: Recording, reading: PageReading, form: PageForm) -> HttpResponse:
    """Have it read with what its owner says; the page asks how far that is, or the recording's own page does."""
    is_renamed = form.names != tuple(lead.name for lead in reading.leads)
    names = form.names if is_renamed else PageAnswers.of(recording).names
    try:
        services.correct_page(
            actor=current_user(request), recording=recording, corrections=form.corrections, names=names
        )
    except Refused as refusal:
        form.add_error(None, str(reasons.explain(refusal.reason)))
        return _page(request, recording, reading, form, HTTPStatus.TOO_MANY_REQUESTS)
    if request.POST.get("do") == "confirm":
        messages.info(request, _("It is read again with your corrections. Look at it once more, then confirm."))
    return redirect(recording)


def _locked_up(response: HttpResponse) -> HttpResponse:
    """Even if a browser took it for a page, it could do nothing."""
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _page(
    request: HttpRequest,
    recording: Recording,
    reading: PageReading,
    form: PageForm,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    against = reason_against(reading)
    context: dict[str, Any] = drawn_on(recording) | {
        "recording": recording,
        "form": form,
        "beat_form": BeatForm(),
        "against": reasons.explain(against) if against else None,
        "layout": layout_words(reading),
        "warnings": [reasons.page_warning(warned) for warned in reading.warnings],
        "rows": [_row(lead, field) for lead, field in zip(reading.leads, form.leads, strict=True)],
    }
    return render(request, "recordings/check_page.html", context, status=status)


def _row(lead: Lead, field: BoundField) -> dict[str, Any]:
    """A line of the table of leads."""
    return {
        "lead": lead,
        "field": field,
        "number": lead.row + 1,
        "seconds": len(lead.millivolts) / lead.rate,
        "percent": round(100 * lead.confidence),
    }
