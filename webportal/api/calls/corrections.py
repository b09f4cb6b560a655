"""What people change in the beats of a recording, and files of what is said of it then."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ecg.recording_errors import RecordingError
from ninja import Router, Status

from webportal.accounts.current import current_user
from webportal.accounts.models import User
from webportal.analyses import once
from webportal.analyses.views.responses import attachment
from webportal.api import authentication as auth
from webportal.api import idempotency
from webportal.api.errors import Problem, faulty
from webportal.api.openapi import answers_with
from webportal.api.schemas.recordings import EditIn, EditsOut, edit_of
from webportal.audit import services as audit
from webportal.audit.models import Entry
from webportal.recordings import access, corrections, edit_words, services
from webportal.recordings.beats_file import BeatsFileDamaged
from webportal.recordings.editing.edits import EditKind, EditRefused, undone
from webportal.recordings.models import RecordingAnalysis
from webportal.recordings.reporting import FILES, Report

router = Router(tags=["recordings"])


@router.get("/{uuid:recording_id}/edits", auth=auth.READ, response=EditsOut, url_name="edits")
def list_edits(request: HttpRequest, recording_id: uuid.UUID) -> dict[str, Any]:
    """What people changed in the newest answer, in order, what was taken back among it."""
    user = current_user(request)
    return _shown(user, access.readable_analysis(user, recording_id))


@router.post("/{uuid:recording_id}/edits", auth=auth.REVIEW, response={201: EditsOut})
def edit_beats(request: HttpRequest, recording_id: uuid.UUID, said: EditIn) -> Status[dict[str, Any]]:
    """Change classes or families of the newest answer; the answer itself stays, and every change can be taken back."""
    auth.limit(request, "edit")
    user = current_user(request)
    analysis = access.readable_analysis(user, recording_id, is_part=True)
    edit_id = once.made_by(idempotency.form_id(request, said.model_dump_json()), analysis.pk)
    payload = said.model_dump(by_alias=True, exclude_none=True, exclude={"kind"})
    try:
        services.edit(actor=user, analysis=analysis, kind=EditKind(said.kind), payload=payload, edit_id=edit_id)
    except KeyError as missing:
        raise faulty(str(missing.args[0]), _("It is missing.")) from missing
    except EditRefused as refused:
        raise Problem(HTTPStatus.CONFLICT, refused.reason, edit_words.why_refused(refused)) from refused
    except (BeatsFileDamaged, FileNotFoundError) as error:
        raise Http404 from error
    return Status(201, _shown(user, analysis))


@router.get(
    "/{uuid:recording_id}/exports/{str:name}",
    auth=auth.READ,
    url_name="recording-export",
    openapi_extra=answers_with("text/csv", "application/json", "application/octet-stream"),
)
def export_recording(request: HttpRequest, recording_id: uuid.UUID, name: str) -> HttpResponse:
    """What is said of it, with corrections: `beats.csv`, `beats.atr` (WFDB), `analysis.json`, `annotations.edf`."""
    auth.limit(request, "report")
    if name not in FILES:
        raise Http404
    content = _report(current_user(request), recording_id).file(name)
    return attachment(HttpResponse(content, content_type=FILES[name]), f"beatlens-{recording_id}-{name}")


@router.get(
    "/{uuid:recording_id}/report.pdf",
    auth=auth.READ,
    url_name="recording-report",
    openapi_extra=answers_with("application/pdf"),
)
def get_recording_report(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """The report on paper, with corrections."""
    auth.limit(request, "report")
    pdf = _report(current_user(request), recording_id).pdf()
    return attachment(HttpResponse(pdf, content_type="application/pdf"), f"beatlens-{recording_id}.pdf")


def _report(user: User, recording_id: uuid.UUID) -> Report:
    analysis = access.readable_analysis(user, recording_id, is_part=True)
    audit.note(actor=user, action=Entry.Action.DOWNLOAD, record=analysis.recording)
    try:
        return Report(analysis, user)
    except (BeatsFileDamaged, FileNotFoundError, RecordingError) as error:
        raise Http404 from error


def _shown(user: User, analysis: RecordingAnalysis) -> dict[str, Any]:
    edits = corrections.edits_of(analysis)
    gone = undone(edits)
    items = [edit_of(user, analysis, edit, is_undone=edit.number in gone) for edit in edits]
    return {"analysis_id": analysis.pk, "items": items}
