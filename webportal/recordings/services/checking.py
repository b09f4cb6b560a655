"""What its owner says about a picture of a strip or page that was read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from webportal.accounts.models import User
from webportal.recordings.digitizing.answers import ABOUT, PageAnswers, is_asked
from webportal.recordings.jobs.reading import READING
from webportal.recordings.models import Recording


def confirm_page(*, actor: User, recording: Recording, names: tuple[str, ...] = ()) -> bool:
    """Say that one's own picture was read rightly, its leads being called ``names`` (as they were read, where there are
    none): it becomes a recording like any other. Returns whether that was asked.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    said = replace(PageAnswers.of(recording), is_confirmed=True, names=names)
    return _read_again(actor, recording, said)


def _read_again(actor: User, recording: Recording, said: PageAnswers) -> bool:
    if recording.owner_id != actor.pk:
        raise PermissionDenied
    if not is_asked(recording):
        return False
    now = timezone.now()
    answers: dict[str, Any] = recording.answers | {ABOUT: said.to_json()}
    asking = Recording.objects.filter(pk=recording.pk, state=Recording.State.ASKING, trashed_at__isnull=True)
    with transaction.atomic():
        asked = asking.update(
            state=Recording.State.RECEIVED, answers=answers, reason="", questions=[], next_attempt_at=now
        )
        if asked:
            READING.enqueue(recording.pk, now)
    return bool(asked)
