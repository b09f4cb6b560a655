"""The same question once more: asked by a picture's owner, or queued again by an administrator."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from webportal.accounts.models import User
from webportal.analyses import once
from webportal.analyses.intake import allowance
from webportal.analyses.intake.again import ask_again
from webportal.analyses.jobs.asking import create_analysis, made_before
from webportal.analyses.jobs.running import enqueue
from webportal.analyses.models import Analysis


def requeue_failed(*, actor: User, analysis: Analysis) -> bool:
    """Give a failed analysis a fresh set of attempts. Returns whether it was failed.

    Raises:
        PermissionDenied: ``actor`` may not change analyses.
    """
    if not actor.has_perm("analyses.change_analysis"):
        raise PermissionDenied
    now = timezone.now()
    with transaction.atomic():
        changed = Analysis.objects.filter(pk=analysis.pk, state=Analysis.State.FAILED).update(
            state=Analysis.State.QUEUED, next_attempt_at=now, finished_at=None, failures=0, error_id="", reason=""
        )
        if changed:
            enqueue(analysis_id=analysis.pk, due=now)
    return bool(changed)


def run_again(
    *, actor: User, analysis: Analysis, lead: str | None = None, another_id: uuid.UUID | None = None
) -> Analysis:
    """Put the same question once more, as a new analysis beside the old one. Returns it, queued and due at once.

    An analysis that is still open is its own answer. The new one belongs to the owner of the picture, whoever asks.
    ``lead`` is what the beat was recorded in, by its usual name, or empty; without it that of ``analysis`` holds.
    With ``another_id`` it is made once.

    Raises:
        PermissionDenied: it is somebody else's, and ``actor`` may not change analyses.
        AllowanceSpent: it is their own, and their share of the minute is used up.
    """
    if analysis.owner_id != actor.pk and not actor.has_perm("analyses.change_analysis"):
        raise PermissionDenied
    if analysis.is_open:
        return analysis
    return ask_again(
        analysis,
        lead=analysis.lead if lead is None else lead,
        another_id=another_id,
        is_owners=analysis.owner_id == actor.pk,
    )


def run_several_again(*, actor: User, ids: Collection[uuid.UUID], form_id: uuid.UUID) -> int:
    """:func:`run_again` for those of one's own analyses with these ids that are finished; returns how many.

    They wait for the worker: nobody is asked while a person waits. The same form does it once.

    Raises:
        AllowanceSpent: ``actor``'s share of the minute doesn't suffice for all of them; none runs again.
    """
    finished = Analysis.objects.filter(owner=actor, pk__in=ids, finished_at__isnull=False)
    analysis_by_id = {
        once.made_by(form_id, analysis.pk): analysis for analysis in finished.select_related("upload__owner")
    }
    made = set(Analysis.objects.filter(owner=actor, pk__in=analysis_by_id).values_list("pk", flat=True))
    new = {another_id: analysis for another_id, analysis in analysis_by_id.items() if another_id not in made}
    megapixels = sum(analysis.upload.megapixels for analysis in new.values())
    allowance.take(user=actor, pictures=len(new), megapixels=megapixels)
    for another_id, analysis in new.items():
        try:
            with transaction.atomic():
                another = create_analysis(analysis.upload, lead=analysis.lead, earlier=analysis, analysis_id=another_id)
                enqueue(analysis_id=another.pk, due=timezone.now())
        except IntegrityError:
            if not made_before(actor, another_id):
                raise
    return len(analysis_by_id)
