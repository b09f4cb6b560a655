"""May this user see this? The one place that answers; what one may not see doesn't exist (404)."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from django.http import Http404

from webportal.accounts.models import User
from webportal.analyses.access import shared_with
from webportal.audit import services as audit
from webportal.audit.models import Entry
from webportal.recordings.models import Recording, RecordingAnalysis


def own_recordings(user: User) -> QuerySet[Recording]:
    """The recordings that ``user`` may list: their own, without the trash."""
    return Recording.objects.filter(owner=user, trashed_at__isnull=True)


def own_trash(user: User) -> QuerySet[Recording]:
    """What ``user`` has put in the trash, the last first."""
    return Recording.objects.filter(owner=user, trashed_at__isnull=False).order_by("-trashed_at", "-id")


def shared_recordings(user: User) -> QuerySet[Recording]:
    """What others share with reviewers, for a reviewer; nothing for anybody else."""
    return shared_with(user, Recording.objects.all())


def may_read(user: User, recording: Recording) -> bool:
    """Whether ``user`` may look at a recording: its owner, and reviewers once it is shared."""
    return recording.owner_id == user.pk or (recording.is_shared and user.is_reviewer)


def may_edit(user: User, recording: Recording) -> bool:
    """Whether ``user`` may change beats and families: whoever may look at it, but nobody while it is in the trash."""
    return recording.trashed_at is None and may_read(user, recording)


def own_recording(user: User, recording_id: uuid.UUID) -> Recording:
    """The user's own recording, also from the trash.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    try:
        return Recording.objects.get(owner=user, pk=recording_id)
    except Recording.DoesNotExist as error:
        raise Http404 from error


def readable_recording(user: User, recording_id: uuid.UUID, *, is_part: bool = False) -> Recording:
    """A recording that ``user`` may look at: :func:`may_read`.

    That it was looked at is written down in the audit log, unless it is the user's own or ``is_part`` says that it is
    a part of what was written down already (a window of the signal, a page of beats).

    Raises:
        Http404: there is none, or it is not for this user.
    """
    recording = Recording.objects.filter(pk=recording_id).first()
    if recording is None or not may_read(user, recording):
        raise Http404
    if not is_part:
        audit.note(actor=user, action=Entry.Action.VIEW, record=recording)
    return recording


def readable_analysis(
    user: User, recording_id: uuid.UUID, analysis_id: uuid.UUID | None = None, *, is_part: bool = False
) -> RecordingAnalysis:
    """The newest answer about a recording, or the one of ``analysis_id``; its recording is loaded with it.

    Raises:
        Http404: as of :func:`readable_recording`, or there is no such answer.
    """
    recording = readable_recording(user, recording_id, is_part=is_part)
    answers = RecordingAnalysis.objects.filter(recording=recording, state=RecordingAnalysis.State.DONE)
    if analysis_id is not None:
        answers = answers.filter(pk=analysis_id)
    answer = answers.order_by("-created_at", "-id").first()
    if answer is None:
        raise Http404
    answer.recording = recording
    return answer
