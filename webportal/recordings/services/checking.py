"""What its owner says about a picture of a strip or page that was read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from ecg.pictures.pages.corrections import Corrections
from ecg.pictures.pages.result import Reason

from webportal.accounts.models import User
from webportal.analyses.intake import allowance
from webportal.recordings.digitizing.answers import ABOUT, PageAnswers, is_asked
from webportal.recordings.jobs.reading import READING
from webportal.recordings.models import Recording
from webportal.recordings.services.owning import require_own

#: Reasons of a refusal that the owner may know better.
_INSISTABLE: Final = (*(reason.value for reason in Reason), "PICTURE_ONE_BEAT")


def confirm_page(*, actor: User, recording: Recording, names: tuple[str, ...] = ()) -> bool:
    """Say that one's own picture was read rightly, its leads being called ``names`` (as they were read, where there are
    none): it becomes a recording like any other. Returns whether that was asked.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    said = replace(PageAnswers.of(recording), is_confirmed=True, names=names)
    return _read_again(actor, recording, said)


def correct_page(*, actor: User, recording: Recording, corrections: Corrections, names: tuple[str, ...] = ()) -> bool:
    """Say what one knows better of one's own picture, and have it read again, to be looked at again. Returns whether
    that was asked.

    Raises:
        PermissionDenied: it is somebody else's.
        CorrectionsError: a correction can't be.
        AllowanceSpent: the owner's share of the minute is used up.
    """
    corrections.check()
    said = replace(PageAnswers.of(recording), corrections=corrections, names=names)
    return _read_again(actor, recording, said, costs=True)


def insist(*, actor: User, recording: Recording) -> bool:
    """Say that one's own picture of which nothing was read is an ECG, to show where. Returns whether it was refused.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    require_own(actor, recording)
    refused = Recording.objects.filter(
        pk=recording.pk, state=Recording.State.REFUSED, reason__in=_INSISTABLE, trashed_at__isnull=True
    )
    said = replace(PageAnswers.of(recording), insists=True)
    return _enqueue(recording, refused, said)


def may_insist(recording: Recording) -> bool:
    """Whether it is a picture that was refused for a reason that its owner may know better."""
    is_refused = recording.state == Recording.State.REFUSED and recording.trashed_at is None
    return is_refused and recording.reason in _INSISTABLE


def _read_again(actor: User, recording: Recording, said: PageAnswers, *, costs: bool = False) -> bool:
    require_own(actor, recording)
    if not is_asked(recording):
        return False
    if costs:
        allowance.take(user=actor, pictures=1, megapixels=0.0)
    asking = Recording.objects.filter(pk=recording.pk, state=Recording.State.ASKING, trashed_at__isnull=True)
    return _enqueue(recording, asking, said)


def _enqueue(recording: Recording, row: QuerySet[Recording], said: PageAnswers) -> bool:
    """Let a row be read with what was said, if it still is as ``row`` wants it; whether it was."""
    now = timezone.now()
    answers: dict[str, Any] = recording.answers | {ABOUT: said.to_json()}
    with transaction.atomic():
        there = row.update(
            state=Recording.State.RECEIVED,
            answers=answers,
            reason="",
            questions=[],
            next_attempt_at=now,
            finished_at=None,
        )
        if there:
            READING.enqueue(recording.pk, now)
    return bool(there)
