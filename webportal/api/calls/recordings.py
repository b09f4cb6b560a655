"""Recordings: send them, see how far they are, answer what they ask, put them away."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from webportal.accounts.current import current_user
from webportal.accounts.models import User
from webportal.analyses import once
from webportal.api import authentication as auth
from webportal.api import idempotency
from webportal.api.calls.deciding import put_away, set_sharing
from webportal.api.errors import Problem, not_yet, nothing_asked
from webportal.api.paging import page_of
from webportal.api.schemas.analyses import Label, Place, Sharing
from webportal.api.schemas.recordings import (
    AnswersIn,
    RecordingName,
    RecordingOut,
    RecordingPage,
    SentRecordings,
    WantedRecordings,
    recording_of,
)
from webportal.audit import services as audit
from webportal.paging import Order
from webportal.recordings import access, queries, reasons, services
from webportal.recordings.intake import grouping, receiving
from webportal.recordings.intake.receiving import Announced, NotTaken
from webportal.recordings.models import Recording
from webportal.recordings.views.sending import receive_all

router = Router(tags=["recordings"])


@router.post("", auth=auth.UPLOAD, response={201: SentRecordings}, url_name="recordings")
def send_recordings(
    request: HttpRequest, files: File[list[UploadedFile]], name: Label = "", keep_names: Form[bool] = False
) -> Status[dict[str, Any]]:
    """Send the files of one recording or of several: those of one WFDB record belong together, every other file, also
    a zip file, is a recording. They are read and analysed later; ask for their state.
    """
    auth.limit(request, "upload")
    user = current_user(request)
    said = [name, repr(keep_names), *(part for file in files for part in _digest(file))]
    form_id, sent = idempotency.form_id(request, *said), []
    try:
        for place, group in enumerate(grouping.groups([str(file.name) for file in files])):
            chosen = [files[number] for number in group]
            recording = receiving.announce(
                owner=user,
                recording_id=once.made_by(form_id, place),
                files=[Announced(str(file.name), file.size or 0) for file in chosen],
                name=name,
                keeps_names=keep_names,
            )
            receive_all(recording, list(chosen))
            sent.append(recording.pk)
    except NotTaken as refusal:
        raise _not_taken(refusal.reason) from refusal
    return Status(201, {"items": [as_it_stands(user, key) for key in sent]})


@router.get("", auth=auth.READ, response=RecordingPage)
def list_recordings(request: HttpRequest, wanted: Query[WantedRecordings], place: Query[Place]) -> dict[str, Any]:
    """One's own recordings, without the trash, newest first."""
    user = current_user(request)
    with timezone.override(UTC):  # days are programs' days
        rows = queries.matching(user, access.own_recordings(user), wanted.dict())
    return _page(rows, queries.NEWEST, place)


@router.get("/trash", auth=auth.READ, response=RecordingPage, url_name="recordings-trash")
def list_recordings_trash(request: HttpRequest, place: Query[Place]) -> dict[str, Any]:
    """What one has put in the trash, last first."""
    return _page(access.own_trash(current_user(request)), queries.TRASH, place)


@router.get("/shared", auth=auth.READ, response=RecordingPage, url_name="recordings-shared")
def list_shared_recordings(request: HttpRequest, place: Query[Place]) -> dict[str, Any]:
    """For reviewers: what others share with them, first shared first."""
    user = current_user(request)
    if not user.is_reviewer:
        raise Http404
    page = _page(access.shared_recordings(user), queries.SHARED, place)
    audit.note_list(actor=user, kind=Recording, detail="shared recordings")
    return page


@router.get("/{uuid:recording_id}", auth=auth.READ, response=RecordingOut, url_name="recording")
def get_recording(request: HttpRequest, recording_id: uuid.UUID) -> dict[str, Any]:
    """One recording, how far it is, and what is said of it: one's own, or for a reviewer one that is shared."""
    recording = access.readable_recording(current_user(request), recording_id)
    return recording_of(recording, queries.newest_analysis(recording))


@router.patch("/{uuid:recording_id}", auth=auth.EDIT, response=RecordingOut)
def rename_recording(request: HttpRequest, recording_id: uuid.UUID, change: RecordingName) -> dict[str, Any]:
    """Give one's own recording another name."""
    user = current_user(request)
    services.rename(actor=user, recording=access.own_recording(user, recording_id), name=change.name)
    return as_it_stands(user, recording_id)


@router.delete("/{uuid:recording_id}", auth=auth.EDIT, response={204: None})
def delete_recording(request: HttpRequest, recording_id: uuid.UUID, for_good: bool = False) -> Status[None]:
    """Put one's own recording in the trash; with `for_good`, and from there alone, delete it and its files."""
    user = current_user(request)
    recording = access.own_recording(user, recording_id)
    return put_away(
        recording,
        for_good=for_good,
        trash=lambda: services.trash_recordings(actor=user, ids=[recording.pk]),
        delete=lambda: services.delete_recording(actor=user, recording=recording),
    )


@router.post("/{uuid:recording_id}/restore", auth=auth.EDIT, response=RecordingOut, url_name="recording-restore")
def restore_recording(request: HttpRequest, recording_id: uuid.UUID) -> dict[str, Any]:
    """Take one's own recording out of the trash."""
    user = current_user(request)
    services.restore_recording(actor=user, recording=access.own_recording(user, recording_id))
    return as_it_stands(user, recording_id)


@router.put("/{uuid:recording_id}/sharing", auth=auth.EDIT, response=RecordingOut, url_name="recording-sharing")
def share_recording(request: HttpRequest, recording_id: uuid.UUID, change: Sharing) -> dict[str, Any]:
    """Let reviewers look at one's own recording, or keep it to oneself again."""
    user = current_user(request)
    recording = access.own_recording(user, recording_id)
    set_sharing(
        change.shared,
        share=lambda: services.share(actor=user, ids=[recording.pk]),
        unshare=lambda: services.unshare(actor=user, ids=[recording.pk]),
    )
    return as_it_stands(user, recording_id)


@router.post("/{uuid:recording_id}/answers", auth=auth.UPLOAD, response=RecordingOut, url_name="recording-answers")
def answer_questions(request: HttpRequest, recording_id: uuid.UUID, said: AnswersIn) -> dict[str, Any]:
    """Say what the files leave out, and have them read again."""
    user = current_user(request)
    recording = access.own_recording(user, recording_id)
    leads = None if said.leads is None else tuple(said.leads)
    if not services.answer(actor=user, recording=recording, rate=said.rate, unit=said.unit, leads=leads):
        raise nothing_asked()
    return as_it_stands(user, recording_id)


@router.post("/{uuid:recording_id}/again", auth=auth.UPLOAD, response={201: RecordingOut}, url_name="recording-again")
def analyse_again(request: HttpRequest, recording_id: uuid.UUID) -> Status[dict[str, Any]]:
    """Ask the model in service once more. The answers that are there stay; an open question is its own answer."""
    auth.limit(request, "upload")
    user = current_user(request)
    recording = access.own_recording(user, recording_id)
    if not recording.is_read:
        raise not_yet()
    made = once.made_by(idempotency.form_id(request), recording.pk)
    services.ask_again(actor=user, recording=recording, analysis_id=made)
    return Status(201, as_it_stands(user, recording_id))


@router.post("/{uuid:recording_id}/cancel", auth=auth.UPLOAD, response=RecordingOut, url_name="recording-cancel")
def cancel_analysis(request: HttpRequest, recording_id: uuid.UUID) -> dict[str, Any]:
    """Give up the analysis under way, if there is one."""
    user = current_user(request)
    analysis = queries.newest_analysis(access.own_recording(user, recording_id))
    if analysis is not None:
        services.cancel(actor=user, analysis=analysis)
    return as_it_stands(user, recording_id)


def as_it_stands(user: User, recording_id: uuid.UUID) -> dict[str, Any]:
    """A recording of one's own as it stands now."""
    recording = access.own_recording(user, recording_id)
    return recording_of(recording, queries.newest_analysis(recording))


def _page(rows: QuerySet[Recording], order: Order, place: Place) -> dict[str, Any]:
    page = page_of(rows, (order.column, "id"), descending=order.descending, after=place.after, size=place.limit)
    listed = queries.listed(page.items)
    return {"items": [recording_of(line.recording, line.analysis) for line in listed], "next": page.next}


def _digest(file: UploadedFile) -> tuple[str, str]:
    """Name and digest of a sent file, which is read from its beginning again afterwards."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return str(file.name), digest.hexdigest()


def _not_taken(reason: str) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, reason, str(reasons.explain(reason)))
