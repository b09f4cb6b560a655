"""Sending recordings: a form that holds the files, or a script that announces them and sends them in pieces."""

from __future__ import annotations

import json
import math
import uuid
from http import HTTPStatus
from typing import Any

from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from webportal import errors
from webportal.accounts.current import current_user
from webportal.accounts.models import User
from webportal.analyses import once
from webportal.disk import DiskFull
from webportal.media.folders import Misplaced
from webportal.recordings import access, reasons
from webportal.recordings.forms import SendingForm
from webportal.recordings.intake import grouping, receiving
from webportal.recordings.intake.receiving import Announced, NotTaken
from webportal.recordings.models import Recording
from webportal.refusal import Refused

_OFFSET = "Upload-Offset"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def upload(request: HttpRequest) -> HttpResponse:
    """The form; without a script it sends all its files at once."""
    if request.method != "POST":
        return _page(request, SendingForm())
    form = SendingForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    files: list[UploadedFile[bytes]] = form.cleaned_data["sent"]
    form_id, recordings = once.id_in(request), []
    try:
        for place, group in enumerate(grouping.groups([str(file.name) for file in files])):
            recording = _announced(
                current_user(request),
                once.made_by(form_id, place),
                [Announced(str(files[number].name), files[number].size or 0) for number in group],
                form.cleaned_data,
            )
            receive_all(recording, [files[number] for number in group])
            recordings.append(recording)
    except DiskFull as full:
        return errors.storage_full(request, full)
    except (NotTaken, Refused) as refusal:
        form.add_error("sent", str(reasons.explain(refusal.reason)))
        return _page(request, form, _status_of(refusal))
    return redirect(recordings[0] if len(recordings) == 1 else "recordings:list")


@login_required
@require_POST
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def announce(request: HttpRequest) -> HttpResponse:
    """What a script is going to send, as JSON: ``{"form_id", "name", "keep_names", "files": [{"name", "size"}, …]}``.

    Answers with the recordings that these files are: ``{"recordings": [{"address", "files": [{"place", "address",
    "received"}, …]}, …]}``, where ``place`` is that of the file in what was asked; or ``{"problem"}``.
    """
    try:
        wanted = json.loads(request.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
        form_id = uuid.UUID(wanted["form_id"])
        files = [Announced(str(file["name"]), int(file["size"])) for file in wanted["files"]]
        words: dict[str, Any] = {"name": str(wanted.get("name") or ""), "keep_names": bool(wanted.get("keep_names"))}
    except (ValueError, KeyError, TypeError, AttributeError):
        return JsonResponse({"problem": ""}, status=HTTPStatus.BAD_REQUEST)
    answered = []
    try:
        for place, group in enumerate(grouping.groups([file.name for file in files])):
            made = once.made_by(form_id, place)
            recording = _announced(current_user(request), made, [files[number] for number in group], words)
            answered.append({"address": recording.get_absolute_url(), "files": pieces_of(recording, group)})
    except DiskFull as full:
        return JsonResponse({"problem": str(reasons.explain(full.reason))}, status=HTTPStatus.INSUFFICIENT_STORAGE)
    except (NotTaken, Refused) as refusal:
        answer = JsonResponse({"problem": str(reasons.explain(refusal.reason))}, status=_status_of(refusal))
        if isinstance(refusal, Refused) and refusal.retry_after is not None:
            answer.headers["Retry-After"] = str(math.ceil(refusal.retry_after))
        return answer
    except ValidationError as wrong:
        return JsonResponse({"problem": " ".join(wrong.messages)}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return JsonResponse({"recordings": answered})


@login_required
@require_http_methods(["PUT", "HEAD"])
@never_cache
def piece(request: HttpRequest, recording_id: uuid.UUID, number: int) -> HttpResponse:
    """How much of a file is there (HEAD), or the next piece of it (PUT), which begins at the header ``Upload-Offset``.

    Answers 204 with the new offset; 409 with the one where the file ends if the piece doesn't begin there.
    """
    recording = access.own_recording(current_user(request), recording_id)
    if number >= len(recording.files) or recording.trashed_at is not None:
        raise Http404
    if request.method == "HEAD":
        return _offset(HTTPStatus.OK, receiving.received(recording, number))
    if recording.state != Recording.State.RECEIVING:  # it came twice; all of it is there
        return _offset(HTTPStatus.NO_CONTENT, int(recording.files[number]["bytes"]))
    try:
        length, offset = int(request.META.get("CONTENT_LENGTH") or 0), int(request.headers.get(_OFFSET, ""))
    except ValueError:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    if length > settings.RECORDING_PIECE_BYTES:
        return errors.too_large(request)
    return _take_piece(request, recording, number, offset, length)


def _take_piece(request: HttpRequest, recording: Recording, number: int, offset: int, length: int) -> HttpResponse:
    try:
        there = receiving.receive(recording=recording, number=number, offset=offset, piece=request.read(length))
    except Misplaced as misplaced:
        return _offset(HTTPStatus.CONFLICT, misplaced.offset)
    except NotTaken:
        return HttpResponse(status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except DiskFull as full:
        return errors.storage_full(request, full)
    return _offset(HTTPStatus.NO_CONTENT, there)


def pieces_of(recording: Recording, places: list[int] | None = None) -> list[dict[str, Any]]:
    """Where each file of a recording goes, and how much of it is there, for the script that sends them."""
    return [
        {
            "place": number if places is None else places[number],
            "name": file["name"],
            "size": file["bytes"],
            "address": reverse("recordings:piece", args=[recording.pk, number]),
            "received": receiving.received(recording, number),
        }
        for number, file in enumerate(recording.files)
    ]


def _announced(user: User, recording_id: uuid.UUID, files: list[Announced], words: dict[str, Any]) -> Recording:
    return receiving.announce(
        owner=user,
        recording_id=recording_id,
        files=files,
        name=words["name"],
        keeps_names=words["keep_names"],
    )


def receive_all(recording: Recording, files: list[UploadedFile[bytes]]) -> None:
    """Files that came with a form; what came before, by the same form, stays."""
    if recording.state != Recording.State.RECEIVING:
        return
    for number, file in enumerate(files):
        offset = receiving.received(recording, number)
        file.seek(offset)
        while part := file.read(settings.RECORDING_PIECE_BYTES):
            offset = receiving.receive(recording=recording, number=number, offset=offset, piece=part)
    receiving.complete_if_all_is_there(recording)


def _offset(status: HTTPStatus, offset: int) -> HttpResponse:
    response = HttpResponse(status=status)
    response.headers[_OFFSET] = str(offset)
    return response


def _status_of(refusal: NotTaken | Refused) -> HTTPStatus:
    waits = isinstance(refusal, Refused) and refusal.retry_after is not None
    return HTTPStatus.TOO_MANY_REQUESTS if waits else HTTPStatus.UNPROCESSABLE_ENTITY


def limits() -> dict[str, int]:
    """What a form and its script have to know before they send anything."""
    return {
        "piece_bytes": settings.RECORDING_PIECE_BYTES,
        "max_bytes": settings.RECORDING_MAX_BYTES,
        "max_mib": settings.RECORDING_MAX_BYTES // 2**20,
        "picture_mib": settings.PICTURE_MAX_BYTES // 2**20,
        "max_together_mib": settings.REQUEST_MAX_BYTES // 2**20,
    }


def _page(request: HttpRequest, form: SendingForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    context = {"form": form, "form_id": once.new_id(), **limits()}
    return render(request, "recordings/upload.html", context, status=status)
