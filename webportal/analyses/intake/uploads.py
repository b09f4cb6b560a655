"""A picture and the question about it, committed before anybody is asked anything."""

from __future__ import annotations

import hashlib
import uuid

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from webportal import disk
from webportal.accounts import quota
from webportal.accounts.models import User
from webportal.analyses.intake import allowance, files
from webportal.analyses.jobs.asking import check_row, create_analysis, made_before
from webportal.analyses.models import Analysis, Upload
from webportal.observability import metrics


def digest_of(data: bytes) -> str:
    """SHA-256 of a file as it was sent, 64 hexadecimal digits: by it the same file is known again."""
    return hashlib.sha256(data).hexdigest()


def latest_of_same_file(analyses: QuerySet[Analysis], sha256: str) -> Analysis | None:
    """The newest of ``analyses`` whose picture was sent as a file of this digest; failed ones don't count."""
    same = analyses.filter(upload__sha256=sha256).exclude(state=Analysis.State.FAILED)
    return same.select_related("upload").order_by("-created_at", "-id").first()


def create_upload(
    *,
    owner: User,
    data: bytes,
    sha256: str = "",
    label: str = "",
    lead: str = "",
    file_name: str = "",
    keep_original: bool = False,
    analysis_id: uuid.UUID | None = None,
) -> Analysis:
    """Commit a picture and the question about it, before anybody is asked anything.

    ``sha256`` is :func:`digest_of` ``data`` where that is known already. With ``keep_original`` the bytes as sent are
    stored beside the cleaned picture, for the owner alone. ``lead`` is what the beat was recorded in, by its usual
    name. With ``analysis_id`` it is done once: where the owner has an analysis of that id, that is the answer.

    Returns the queued analysis, due at once. Call :func:`webportal.analyses.jobs.running.run` next, or leave it: the
    worker's sweep finds it.

    Raises:
        PermissionDenied: ``owner`` may not upload.
        pictures.Unusable: it is no picture, or one that can't be converted.
        ValidationError: a field is not valid.
        Refused: ``owner``'s share of the minute is used up (:mod:`~webportal.analyses.intake.allowance`), or their
            account (:mod:`~webportal.accounts.quota`) or the disk is full.
    """
    if not owner.is_active:
        raise PermissionDenied
    disk.check_room()
    quota.check(owner=owner)
    stored = allowance.prepare(user=owner, data=data)
    upload = Upload(
        owner=owner,
        media_type=stored.media_type,
        width=stored.width,
        height=stored.height,
        size=len(data),
        sha256=sha256 or digest_of(data),
        label=label,
        file_name=file_name,
    )
    try:
        original = data if keep_original else None
        upload.stored_bytes = files.write(upload, picture=stored.data, thumbnail=stored.thumbnail, original=original)
        with transaction.atomic():
            check_row(upload)
            quota.claim(owner=owner, size=upload.stored_bytes)
            upload.save(force_insert=True)
            analysis = create_analysis(upload, lead=lead, analysis_id=analysis_id)
    except BaseException as error:
        # No row, no file.
        files.delete(upload)
        if isinstance(error, IntegrityError) and (made := made_before(owner, analysis_id)):
            return made  # by the same form, at the same time
        if disk.is_full(error):
            raise disk.DiskFull from error
        raise
    metrics.upload_stored()
    return analysis
