"""What its owner decides while a recording is read and analysed."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ecg.formats import Answers
from ecg.recording_errors import RecordingError

from webportal.accounts.models import User
from webportal.analyses.intake import allowance
from webportal.recordings.jobs import asking
from webportal.recordings.jobs.asking import ASKING
from webportal.recordings.jobs.reading import READING
from webportal.recordings.models import Recording, RecordingAnalysis
from webportal.recordings.services.owning import require_own


def answer(
    *,
    actor: User,
    recording: Recording,
    rate: float | None = None,
    unit: str | None = None,
    leads: tuple[str, ...] | None = None,
) -> bool:
    """Say what the files of one's own recording leave out, and have it read again. Returns whether it asked.

    What was answered before stays, unless it is answered anew.

    Raises:
        PermissionDenied: it is somebody else's.
        ValidationError: an answer makes no sense.
    """
    require_own(actor, recording)
    try:
        Answers(rate=rate, unit=unit, leads=leads)
    except RecordingError as error:
        about = "rate" if error.reason == "RECORDING_RATE_INVALID" else "unit"
        words = {"rate": _("That is no number of samples a second."), "unit": _("That is no unit of voltage.")}
        raise ValidationError({about: words[about]}) from error
    said: dict[str, Any] = {"rate": rate, "unit": unit, "leads": list(leads) if leads else None}
    answers = recording.answers | {name: value for name, value in said.items() if value is not None}
    now = timezone.now()
    with transaction.atomic():
        asked = Recording.objects.filter(pk=recording.pk, state=Recording.State.ASKING).update(
            state=Recording.State.RECEIVED, answers=answers, reason="", questions=[], next_attempt_at=now
        )
        if asked:
            READING.enqueue(recording.pk, now)
    return bool(asked)


def cancel(*, actor: User, analysis: RecordingAnalysis) -> bool:
    """Give up an analysis of one's own that is not finished; whoever works on it notices. Returns whether it was open.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    if analysis.owner_id != actor.pk:
        raise PermissionDenied
    open_one = RecordingAnalysis.objects.filter(pk=analysis.pk, state__in=RecordingAnalysis.OPEN_STATES)
    return bool(
        open_one.update(
            state=RecordingAnalysis.State.CANCELLED,
            finished_at=timezone.now(),
            lease_id=None,
            lease_expires_at=None,
            reason="",
        )
    )


def ask_again(*, actor: User, recording: Recording, analysis_id: uuid.UUID | None = None) -> RecordingAnalysis:
    """Put the question once more, as a new row beside the old ones. One that is still open is its own answer.

    With ``analysis_id`` it is put once.

    Raises:
        PermissionDenied: it is somebody else's, and ``actor`` may not change analyses.
        ValidationError: it is not read.
        AllowanceSpent: it is their own, and their share of the minute is used up.
    """
    if recording.owner_id != actor.pk and not actor.has_perm("recordings.change_recordinganalysis"):
        raise PermissionDenied
    if not recording.is_read:
        raise ValidationError(_("It is not read yet."), code="not_read")
    asked = RecordingAnalysis.objects.filter(recording=recording)
    analysis_id = analysis_id or uuid.uuid4()
    there = asked.filter(state__in=RecordingAnalysis.OPEN_STATES).first() or asked.filter(pk=analysis_id).first()
    if there is not None:
        return there
    if recording.owner_id == actor.pk:
        allowance.take(user=actor, pictures=1, megapixels=0.0)
    try:
        with transaction.atomic():
            return asking.ask(recording=recording, analysis_id=analysis_id)
    except IntegrityError:  # by the same form, at the same time
        if made := asked.filter(pk=analysis_id).first():
            return made
        raise


def requeue_failed(*, actor: User, row: Recording | RecordingAnalysis) -> bool:
    """Give a failed reading or analysis a fresh set of attempts. Returns whether it was failed.

    Raises:
        PermissionDenied: ``actor`` may not change such rows.
    """
    if not actor.has_perm(f"recordings.change_{row._meta.model_name}"):
        raise PermissionDenied
    line: Any = READING if isinstance(row, Recording) else ASKING
    now = timezone.now()
    with transaction.atomic():
        changed = line.model.objects.filter(pk=row.pk, state="failed").update(
            state=line.waiting, next_attempt_at=now, finished_at=None, failures=0, error_id="", reason=""
        )
        if changed:
            line.enqueue(row.pk, now)
    return bool(changed)
