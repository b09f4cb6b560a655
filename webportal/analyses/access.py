"""May this user see this? The one place that answers; what one may not see doesn't exist (404)."""

from __future__ import annotations

import uuid
from typing import TypeVar

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404

from webportal.accounts.models import User
from webportal.analyses.models import Analysis, Batch, ReadingRound, Review, Tag, Upload
from webportal.analyses.models.work import Shareable
from webportal.audit import passes
from webportal.audit import services as audit
from webportal.audit.models import Entry

Row = TypeVar("Row", bound=Shareable)


def own_analyses(user: User) -> QuerySet[Analysis]:
    """The analyses that ``user`` may list: their own, without the trash."""
    return Analysis.objects.filter(owner=user, trashed_at__isnull=True)


def reviews_of_own(user: User) -> QuerySet[Review]:
    """What anybody wrote beside the analyses that ``user`` may list."""
    return Review.objects.filter(analysis__owner=user, analysis__trashed_at__isnull=True)


def own_trash(user: User) -> QuerySet[Analysis]:
    """What ``user`` has put in the trash."""
    return Analysis.objects.filter(owner=user, trashed_at__isnull=False)


def own_analysis(user: User, analysis_id: uuid.UUID) -> Analysis:
    """The user's own analysis with its upload, also from the trash.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    try:
        return (
            Analysis.objects.filter(owner=user)
            .select_related("upload")
            .prefetch_related("reviews", "tags")
            .get(pk=analysis_id)
        )
    except Analysis.DoesNotExist as error:
        raise Http404 from error


def shared_with(user: User, rows: QuerySet[Row]) -> QuerySet[Row]:
    """What of ``rows`` others share with reviewers, for a reviewer; nothing for anybody else."""
    if not user.is_reviewer:
        return rows.none()
    return rows.filter(shared_at__isnull=False, trashed_at__isnull=True).exclude(owner=user)


def shared_analyses(user: User) -> QuerySet[Analysis]:
    """What others share with reviewers, for a reviewer; nothing for anybody else."""
    return shared_with(user, Analysis.objects.all())


def may_review(user: User, analysis: Analysis) -> bool:
    """Whether ``user`` may read an analysis and write beside it: its owner, and reviewers once it is shared."""
    return analysis.owner_id == user.pk or (analysis.is_shared and user.is_reviewer)


def may_see_answer(user: User, analysis: Analysis) -> bool:
    """Whether ``user``, who may read an analysis, may see the model's answer too: where the installation lets reviewers
    read blind, they see it once they have written down their own reading.
    """
    blind = settings.REVIEWERS_READ_BLIND and analysis.owner_id != user.pk
    return not blind or analysis.review_by(user.pk) is not None


def readable_analysis(user: User, analysis_id: uuid.UUID) -> Analysis:
    """An analysis that ``user`` may read and review, with its upload: :func:`may_review`.

    That it was read is written down in the audit log, unless it is the user's own.

    Raises:
        Http404: there is none, or it is not for this user.
    """
    rows = Analysis.objects.select_related("upload").prefetch_related("reviews", "tags")
    analysis = rows.filter(pk=analysis_id).first()
    if analysis is None or not may_review(user, analysis):
        raise Http404
    audit.note(actor=user, action=Entry.Action.VIEW, record=analysis)
    return analysis


def own_round(user: User, round_id: uuid.UUID) -> ReadingRound:
    """The user's own round of reading. Whether they may read what is on its list is asked picture by picture.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    try:
        return ReadingRound.objects.get(reader=user, pk=round_id)
    except ReadingRound.DoesNotExist as error:
        raise Http404 from error


def own_tags(user: User) -> QuerySet[Tag]:
    """The words that ``user`` sorts by."""
    return Tag.objects.filter(owner=user)


def own_batches(user: User) -> QuerySet[Batch]:
    """The batches that ``user`` may list: their own, without the trash."""
    return Batch.objects.filter(owner=user, trashed_at__isnull=True)


def trashed_batches(user: User) -> QuerySet[Batch]:
    """The batches that ``user`` has put in the trash, the last first."""
    return Batch.objects.filter(owner=user, trashed_at__isnull=False).order_by("-trashed_at", "-id")


def own_batch(user: User, batch_id: uuid.UUID) -> Batch:
    """The user's own batch, also from the trash.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    try:
        return Batch.objects.get(owner=user, pk=batch_id)
    except Batch.DoesNotExist as error:
        raise Http404 from error


def answers_about(user: User, upload: Upload) -> QuerySet[Analysis]:
    """What ``user`` has had said about one of their pictures, newest first, without the trash."""
    return own_analyses(user).filter(upload=upload).order_by("-created_at", "-id")


def own_original(user: User, upload_id: uuid.UUID) -> Upload:
    """The user's own upload whose file was stored as it was sent.

    Raises:
        Http404: there is none, it is somebody else's, or its original was not stored.
    """
    upload = Upload.objects.filter(pk=upload_id, owner=user).first()
    if upload is None or not upload.original:
        raise Http404
    return upload


def viewable_upload(user: User, upload_id: uuid.UUID, *, listed: str = "") -> Upload:
    """The upload whose picture ``user`` may look at: their own, any for staff who may view uploads,
    and for reviewers what is shared. That it was is written down in the audit log, unless it is the user's own or
    ``listed`` is the pass (:mod:`webportal.audit.passes`) of a list that was written down.

    Raises:
        Http404: there is none, it is somebody else's, or its picture can't be shown.
    """
    try:
        upload = Upload.objects.get(pk=upload_id)
    except Upload.DoesNotExist as error:
        raise Http404 from error
    allowed = (
        upload.owner_id == user.pk
        or (user.may_administer and user.has_perm("analyses.view_upload"))
        or shared_analyses(user).filter(upload=upload).exists()
    )
    if not allowed or not upload.is_viewable:
        raise Http404
    if not passes.is_valid(listed, user=user, record=upload):
        audit.note(actor=user, action=Entry.Action.VIEW, record=upload)
    return upload
