"""What the viewer asks for as it moves: stretches of the signal and of the beats, as bytes that a browser may keep."""

from __future__ import annotations

import json
import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from ecg.recording_errors import RecordingError

from webportal.accounts.current import current_user
from webportal.recordings import access
from webportal.recordings.beats_file import BeatsFileDamaged
from webportal.recordings.viewing import about, beat_tiles, overview, signal_tiles
from webportal.recordings.viewing.opened import opened_store
from webportal.recordings.viewing.shown import Shown, shown
from webportal.recordings.views.kept import unless_known


@login_required
@require_safe
def signal(request: HttpRequest, recording_id: uuid.UUID, factor: int, tile: int) -> HttpResponse:
    """A tile of the signal."""
    recording = access.readable_recording(current_user(request), recording_id, is_part=True)
    if not recording.is_read:
        raise Http404
    try:
        stored = opened_store(recording)
        return unless_known(
            request, f"{stored.digest[:32]}-{factor}-{tile}", lambda: signal_tiles.tile(stored.signal, factor, tile)
        )
    except ValueError as error:  # no such tile
        raise Http404 from error
    except (RecordingError, FileNotFoundError) as error:
        raise Http404 from error


@login_required
@require_safe
def beats(request: HttpRequest, recording_id: uuid.UUID, hour: int) -> HttpResponse:
    """The beats of an hour."""
    seen = _seen(request, recording_id)
    if hour >= beat_tiles.hours_of(seen.answer):
        raise Http404
    return unless_known(
        request, f"{seen.version}-beats-{hour}", lambda: beat_tiles.beats_of(seen.answer, hour, seen.own, seen.judged)
    )


@login_required
@require_safe
def overview_of_all(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Heart rate, ectopic beats and quality of the whole recording."""
    seen = _seen(request, recording_id)
    return unless_known(request, f"{seen.version}-overview", lambda: overview.overview(seen.answer))


@login_required
@require_safe
def episodes(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Everything that lasts."""
    seen = _seen(request, recording_id)
    key = f"{seen.version}-episodes-{get_language()}"
    return unless_known(request, key, lambda: json.dumps(about.episodes(seen)).encode(), "application/json")


def _seen(request: HttpRequest, recording_id: uuid.UUID) -> Shown:
    analysis = access.readable_analysis(current_user(request), recording_id, is_part=True)
    try:
        return shown(analysis)
    except (BeatsFileDamaged, FileNotFoundError) as error:
        raise Http404 from error
