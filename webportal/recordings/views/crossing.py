"""From one kind to the other: a picture sent as one beat is read as a strip or page, and the other way round."""

from __future__ import annotations

import uuid
from pathlib import PurePosixPath

from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from webportal import errors
from webportal.accounts.current import current_user
from webportal.analyses import access as pictures
from webportal.analyses import once
from webportal.analyses.intake.taking import Wishes, take
from webportal.analyses.jobs import running
from webportal.disk import DiskFull
from webportal.recordings import access, reasons
from webportal.recordings.digitizing.stored import is_picture
from webportal.recordings.intake import receiving
from webportal.recordings.intake.receiving import Announced, NotTaken
from webportal.recordings.views.sending import receive_all
from webportal.refusal import Refused


@login_required
@require_POST
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def from_analysis(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Read a picture that was sent as one beat as a strip or page: it becomes a recording beside the analysis."""
    user = current_user(request)
    analysis = pictures.own_analysis(user, analysis_id)
    upload = analysis.upload
    try:
        with upload.picture.open("rb") as file:
            name = upload.file_name or PurePosixPath(str(upload.picture.name)).name
            picture = SimpleUploadedFile(name, file.read(), upload.media_type)
        recording = receiving.announce(
            owner=user,
            recording_id=once.made_by(once.id_in(request), analysis.pk),
            files=[Announced(name, picture.size or 0)],
            name=upload.label,
            keeps_names=bool(upload.file_name),
        )
        receive_all(recording, [picture])
    except FileNotFoundError as error:
        raise Http404 from error
    except DiskFull as full:
        return errors.storage_full(request, full)
    except (NotTaken, Refused) as refusal:
        messages.warning(request, str(reasons.explain(refusal.reason)))
        return redirect(analysis)
    return redirect(recording)


@login_required
@require_POST
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def as_beat(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Classify a picture that shows one beat, and was sent as a recording, as one beat."""
    user = current_user(request)
    recording = access.own_recording(user, recording_id)
    if not is_picture(recording):
        raise Http404
    try:
        taken = take(
            owner=user,
            form_id=once.id_in(request),
            place=0,
            entry=0,
            name="",
            data=recording.kept.read(recording.sent_names[0]),
            wishes=Wishes(label=recording.name),
        )
    except DiskFull as full:
        return errors.storage_full(request, full)
    except Refused as refusal:
        messages.warning(request, str(reasons.explain(refusal.reason)))
        return redirect(recording)
    if taken.analysis is None:
        messages.warning(request, str(reasons.explain(taken.reason)))
        return redirect(recording)
    running.try_all_at_once([taken.analysis])
    return redirect(taken.analysis)
