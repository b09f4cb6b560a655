"""From one kind to the other: a picture sent as one beat is read as a strip or page, and the other way round."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import PurePosixPath

from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from webportal import errors
from webportal.accounts.current import current_user
from webportal.analyses import access as pictures
from webportal.analyses import once
from webportal.analyses.intake.taking import Taken, Wishes, take
from webportal.analyses.jobs import running
from webportal.disk import DiskFull
from webportal.recordings import access, reasons, services
from webportal.recordings.digitizing.forms import BeatForm
from webportal.recordings.digitizing.stored import StoredPage, is_picture
from webportal.recordings.intake import receiving
from webportal.recordings.intake.receiving import Announced, NotTaken
from webportal.recordings.models import Recording
from webportal.recordings.services.picking import NotOnPicture
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

    def whole_picture() -> Taken:
        data, wishes = recording.stored.read(recording.sent_names[0]), Wishes(label=recording.name)
        return take(owner=user, form_id=once.id_in(request), place=0, entry=0, name="", data=data, wishes=wishes)

    return _classified(request, recording, whole_picture)


@login_required
@require_POST
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def beat_on_page(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Classify one beat of the picture that a recording was, or is being, read from."""
    user = current_user(request)
    recording = access.own_recording(user, recording_id)
    if not StoredPage(recording).has_answer:
        raise Http404
    form = BeatForm(request.POST)
    if not form.is_valid():
        messages.warning(request, " ".join(map(str, form.errors["beat"])))
        return redirect("recordings:page", recording.pk)

    def picked() -> Taken:
        return services.pick_beat(
            actor=user, recording=recording, region=form.cleaned_data["beat"], form_id=once.id_in(request)
        )

    try:
        return _classified(request, recording, picked)
    except NotOnPicture:
        messages.warning(request, _("That part is too small, or lies outside of the picture."))
        return redirect("recordings:page", recording.pk)


def _classified(request: HttpRequest, recording: Recording, taking: Callable[[], Taken]) -> HttpResponse:
    """To the result of the picture that ``taking`` takes; where it isn't taken, back to the recording with why."""
    try:
        taken = taking()
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
