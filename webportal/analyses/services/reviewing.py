"""What people read in pictures, and with whom they share them."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webportal.accounts.models import User
from webportal.analyses import access
from webportal.analyses.models import Analysis, Review
from webportal.audit import services as audit
from webportal.audit.models import Entry


def review(
    *,
    actor: User,
    analysis: Analysis,
    class_short: str,
    comment: str = "",
    blind: bool = False,
    review_id: uuid.UUID | None = None,
) -> Review:
    """Write down how a person reads the picture of a finished analysis. The model's answer stays as it is.

    Args:
        blind: the page hid the model's answer.
        review_id: with it the reading is written once: where ``actor`` has written one of that id, that is the answer.

    Raises:
        PermissionDenied: it is somebody else's and not shared with ``actor``.
        ValidationError: the analysis has no answer, or ``class_short`` is none of its readings.
    """
    if not access.may_review(actor, analysis):
        raise PermissionDenied
    if analysis.state != Analysis.State.DONE:
        raise ValidationError(_("There is no answer to review yet."), code="not_done")
    names = dict(analysis.readings)
    if class_short not in names:
        raise ValidationError({"class_short": _("Choose one of the kinds.")})
    if review_id and (there := _written_before(actor, analysis, review_id)):
        return there
    was_hidden = blind or not access.may_see_answer(actor, analysis)
    written = Review(
        pk=review_id or uuid.uuid4(),
        analysis=analysis,
        author=actor,
        class_short=class_short,
        class_name=names[class_short],
        agrees=class_short == analysis.answered_reading,
        is_blind=was_hidden and not Review.all_objects.filter(analysis=analysis, author=actor).exists(),
        comment=comment,
    )
    try:
        with transaction.atomic():
            written.full_clean()
            written.save(force_insert=True)
            _note_reading(analysis)
            audit.note(actor=actor, action=Entry.Action.CHANGE, record=analysis, detail="review")
    except (IntegrityError, ValidationError):
        if review_id and (there := _written_before(actor, analysis, review_id)):
            return there  # by the same form, at the same time
        raise
    return written


def withdraw_review(*, actor: User, review: Review) -> None:
    """Take back one's own reading, which was written by mistake. It stands nowhere any more; the row stays.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    if review.author_id != actor.pk:
        raise PermissionDenied
    with transaction.atomic():
        Review.objects.filter(pk=review.pk).update(withdrawn_at=timezone.now())
        _note_reading(review.analysis)
        audit.note(actor=actor, action=Entry.Action.CHANGE, record=review.analysis, detail="review taken back")


def _written_before(actor: User, analysis: Analysis, review_id: uuid.UUID) -> Review | None:
    return Review.all_objects.filter(pk=review_id, author=actor, analysis=analysis).first()


def _note_reading(analysis: Analysis) -> None:
    """Keep beside the analysis what its owner's newest reading says about the answer."""
    newest = Review.objects.filter(analysis=analysis, author=analysis.owner_id).order_by("-created_at", "-id").first()
    reading = "" if newest is None else Analysis.Reading.AGREES if newest.agrees else Analysis.Reading.DISAGREES
    Analysis.objects.filter(pk=analysis.pk).exclude(reading=reading).update(reading=reading)


def share_analyses(*, actor: User, ids: Collection[uuid.UUID]) -> int:
    """Let reviewers read those of one's own analyses with these ids that have an answer; returns how many."""
    own = Analysis.objects.filter(owner=actor, pk__in=ids, state=Analysis.State.DONE, trashed_at__isnull=True)
    own.filter(shared_at__isnull=True).update(shared_at=timezone.now())
    return own.count()


def unshare_analyses(*, actor: User, ids: Collection[uuid.UUID]) -> int:
    """Keep those of one's own analyses with these ids to oneself again; returns how many were shared.

    What reviewers wrote beside them stays.
    """
    return Analysis.objects.filter(owner=actor, pk__in=ids, shared_at__isnull=False).update(shared_at=None)
