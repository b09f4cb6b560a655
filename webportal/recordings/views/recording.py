"""The page of one recording, with the viewer."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from ecg.recording_errors import RecordingError

from webportal.accounts.current import current_user
from webportal.errors import log_unexpected
from webportal.recordings import access, queries
from webportal.recordings.beats_file import BeatsFileDamaged
from webportal.recordings.digitizing.answers import KIND
from webportal.recordings.models import Recording, RecordingAnalysis
from webportal.recordings.viewing import times
from webportal.recordings.viewing.about import about
from webportal.recordings.viewing.opened import opened_store
from webportal.recordings.viewing.shown import Shown, shown
from webportal.recordings.views.page import drawn_on
from webportal.recordings.views.state import state_of


@login_required
@require_safe
@never_cache
def recording_page(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """What was sent, what is said of it, and the viewer once it is read."""
    user = current_user(request)
    recording = access.readable_recording(user, recording_id)
    context = state_of(recording, user)
    if recording.is_read:
        context |= _viewer(recording)
    if recording.kind == KIND:
        context |= drawn_on(recording)
    return render(request, "recordings/recording.html", context)


def _viewer(recording: Recording) -> dict[str, object]:
    """What the viewer's part of the page shows; without the signal there is none."""
    answer = queries.newest_answer(recording)
    try:
        seen = shown(answer) if answer else None
    except (BeatsFileDamaged, FileNotFoundError) as error:
        # The signal can still be looked at.
        return _of_signal(recording, None, None) | {"error_id": log_unexpected("the answer about a recording", error)}
    return _of_signal(recording, answer, seen)


def _of_signal(recording: Recording, answer: RecordingAnalysis | None, seen: Shown | None) -> dict[str, object]:
    try:
        stored = opened_store(recording)
    except (RecordingError, FileNotFoundError) as error:
        return {"is_lost": True, "error_id": log_unexpected("a stored recording", error)}
    viewer = about(stored, seen, addresses="recordings:", key=recording.pk)
    return {
        "viewer": viewer,
        "answer": answer,
        "classes": viewer.get("classes"),
        "length": times.length(stored.recording.seconds),
    }
