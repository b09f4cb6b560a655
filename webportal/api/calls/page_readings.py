"""Pictures of strips and pages: what was read of one, to be corrected and confirmed; one beat of it."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ecg.pictures.pages.corrections import CorrectionsError
from ninja import Router, Status

from webportal.accounts.current import current_user
from webportal.analyses import once
from webportal.analyses.views.responses import locked_up
from webportal.api import authentication as auth
from webportal.api import idempotency
from webportal.api.calls import analyses, recordings
from webportal.api.errors import Problem, faulty, nothing_asked
from webportal.api.openapi import answers_with
from webportal.api.schemas.analyses import SentAnalysis
from webportal.api.schemas.page_readings import (
    BeatIn,
    ConfirmationIn,
    CorrectionsIn,
    PageReadingOut,
    page_reading_of,
)
from webportal.api.schemas.recordings import RecordingOut
from webportal.recordings import access, reasons, services
from webportal.recordings.digitizing.answers import PageAnswers, is_asked, reason_against
from webportal.recordings.digitizing.stored import named_reading
from webportal.recordings.models import Recording
from webportal.recordings.services.picking import NotOnPicture
from webportal.recordings.views.page import stored_page

router = Router(tags=["recordings"])
_PICTURE = answers_with("image/png", "image/jpeg")
_PNG = answers_with("image/png")


@router.get("/{uuid:recording_id}/page", auth=auth.READ, response=PageReadingOut, url_name="page-reading")
def get_page_reading(request: HttpRequest, recording_id: uuid.UUID) -> dict[str, Any]:
    """What was read of the picture that was sent: kind, scale, leads, warnings, and what its owner said about it."""
    recording = access.readable_recording(current_user(request), recording_id, is_part=True)
    stored_page(recording)
    return page_reading_of(named_reading(recording), PageAnswers.of(recording))


@router.get(
    "/{uuid:recording_id}/page/picture", auth=auth.READ, url_name="page-reading-picture", openapi_extra=_PICTURE
)
def get_page_picture(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """The picture that it was read from, upright, with nothing in it but its pixels."""
    page = stored_page(access.readable_recording(current_user(request), recording_id, is_part=True))
    return locked_up(HttpResponse(page.picture, content_type=page.media_type))


@router.get("/{uuid:recording_id}/page/overlay", auth=auth.READ, url_name="page-reading-overlay", openapi_extra=_PNG)
def get_page_overlay(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """What was read, as a transparent picture to lay over it."""
    page = stored_page(access.readable_recording(current_user(request), recording_id, is_part=True))
    return locked_up(HttpResponse(page.found().overlay, content_type="image/png"))


@router.post(
    "/{uuid:recording_id}/page/corrections", auth=auth.UPLOAD, response=RecordingOut, url_name="page-corrections"
)
def correct_page(request: HttpRequest, recording_id: uuid.UUID, said: CorrectionsIn) -> dict[str, Any]:
    """Say what is known better, all of it anew, and have the picture read again: it is `asking` once more then."""
    auth.limit(request, "upload")
    user = current_user(request)
    recording = _waiting(access.own_recording(user, recording_id))
    names = _names(recording, said.names)
    try:
        is_asked = services.correct_page(actor=user, recording=recording, corrections=said.stated(), names=names)
    except CorrectionsError as wrong:
        raise faulty(wrong.field, str(wrong)) from wrong
    if not is_asked:
        raise nothing_asked()
    return recordings.as_it_stands(user, recording_id)


@router.post(
    "/{uuid:recording_id}/page/confirmation", auth=auth.UPLOAD, response=RecordingOut, url_name="page-confirmation"
)
def confirm_page(request: HttpRequest, recording_id: uuid.UUID, said: ConfirmationIn) -> dict[str, Any]:
    """Say that it was read rightly: it becomes a recording like any other, and is analysed."""
    user = current_user(request)
    recording = _waiting(access.own_recording(user, recording_id))
    if against := reason_against(named_reading(recording)):
        raise Problem(HTTPStatus.CONFLICT, against, str(reasons.explain(against)))
    if not services.confirm_page(actor=user, recording=recording, names=_names(recording, said.names)):
        raise nothing_asked()
    return recordings.as_it_stands(user, recording_id)


@router.post(
    "/{uuid:recording_id}/page/insistence", auth=auth.UPLOAD, response=RecordingOut, url_name="page-insistence"
)
def insist_on_page(request: HttpRequest, recording_id: uuid.UUID) -> dict[str, Any]:
    """Say that a picture that was refused is an ECG: it is `asking` then, for corrections that say where."""
    auth.limit(request, "upload")
    user = current_user(request)
    if not services.insist(actor=user, recording=access.own_recording(user, recording_id)):
        raise nothing_asked()
    return recordings.as_it_stands(user, recording_id)


@router.post(
    "/{uuid:recording_id}/page/beat",
    auth=auth.UPLOAD,
    response={200: SentAnalysis, 201: SentAnalysis},
    url_name="page-beat",
)
def classify_beat(
    request: HttpRequest, response: HttpResponse, recording_id: uuid.UUID, said: BeatIn
) -> Status[dict[str, Any]]:
    """Classify one beat of the picture: what stands in the region becomes an analysis like a picture of its own."""
    auth.limit(request, "upload")
    user = current_user(request)
    recording = access.own_recording(user, recording_id)
    stored_page(recording)
    form_id = once.made_by(idempotency.form_id(request, said.model_dump_json()), recording.pk)
    try:
        taken = services.pick_beat(actor=user, recording=recording, region=said.region, form_id=form_id)
    except NotOnPicture as wrong:
        raise faulty("region", str(wrong)) from wrong
    return analyses.sent(user, taken, response)


def _waiting(recording: Recording) -> Recording:
    """A recording that waits for its owner to look at its picture.

    Raises:
        Problem: it doesn't.
    """
    if not is_asked(recording):
        raise nothing_asked()
    return recording


def _names(recording: Recording, names: list[str] | None) -> tuple[str, ...]:
    """The names of the leads: as they are given, else as they were given before.

    Raises:
        Problem: there are not as many as leads.
    """
    if names is None:
        return PageAnswers.of(recording).names
    if len(names) != len(named_reading(recording).leads):
        raise faulty("names", _("There are not as many names as leads."))
    return tuple(names)
