"""Batches: send several files or a zip file, see how far they are."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from webportal.accounts.current import current_user
from webportal.accounts.models import User
from webportal.analyses import access, reasons, services
from webportal.analyses.history import batches
from webportal.analyses.intake.batches import add_file, begin_batch, drop_batch
from webportal.analyses.intake.candidates import look_at
from webportal.analyses.intake.taking import Wishes
from webportal.analyses.jobs import running
from webportal.analyses.models import Batch, BatchFile
from webportal.api import authentication as auth
from webportal.api import idempotency
from webportal.api.calls.naming import lead_named, with_lead
from webportal.api.errors import Problem, faulty, unusable
from webportal.api.paging import page_of
from webportal.api.schemas.analyses import Label, Lead, Place
from webportal.api.schemas.batches import BatchFilePage, BatchName, BatchOut, BatchPage, batch_of, file_of

router = Router(tags=["batches"])


@router.post("", auth=auth.UPLOAD, response={201: BatchOut}, url_name="batches")
def send_batch(
    request: HttpRequest,
    response: HttpResponse,
    files: File[list[UploadedFile]],
    name: Label = "",
    lead: Lead = "",
    keep_original: Form[bool] = False,
    keep_names: Form[bool] = False,
) -> Status[dict[str, Any]]:
    """Send several pictures, or zip files of pictures. Each file that can't be taken is in the batch with its reason.

    `name` is the batch's, and the label of each picture; `lead` holds for all of them. What there is no room for in
    this minute comes back as refused with `UPLOAD_RATE_REACHED`.
    """
    auth.limit(request, "upload")
    user = current_user(request)
    if len(files) > settings.UPLOAD_MAX_PICTURES:
        raise faulty("files", _("At most %(max)d.") % {"max": settings.UPLOAD_MAX_PICTURES})
    wishes = Wishes(label=name, lead=lead_named(lead), keep_original=keep_original, keep_names=keep_names)
    content = (part for file in files for part in _content(file))
    said = (name, repr((keep_original, keep_names)), *content, *with_lead(wishes.lead or None))
    batch = begin_batch(owner=user, batch_id=idempotency.form_id(request, *said), name=name, expected=len(files))
    added: list[BatchFile] = []
    for place, file in enumerate(files):
        added += add_file(batch=batch, place=place, candidate=look_at(file), wishes=wishes)
    if not any(file.analysis for file in added):
        reason = added[0].reason
        drop_batch(batch=batch)
        if reason == "UPLOAD_RATE_REACHED":
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, reason, str(reasons.explain(reason)), retry_after=60)
        raise unusable(reason)
    running.try_all_at_once([file.analysis for file in added if file.analysis and file.analysis.is_open])
    response.headers["Location"] = reverse("api:batch", args=[batch.pk])
    return Status(201, _shown(user, batch.pk))


def _content(file: UploadedFile) -> tuple[str, bytes]:
    """Name and bytes of a sent file, which is read from its beginning again afterwards."""
    data = file.read()
    file.seek(0)
    return str(file.name), data


@router.get("", auth=auth.READ, response=BatchPage)
def list_batches(request: HttpRequest, place: Query[Place], trashed: bool = False) -> dict[str, Any]:
    """One's own batches, newest first, or those in the trash."""
    user = current_user(request)
    rows = access.trashed_batches(user) if trashed else access.own_batches(user)
    page = page_of(rows, ("created_at", "id"), descending=True, after=place.after, size=place.limit)
    progress = batches.progress_of([batch.pk for batch in page.items])
    return {"items": [batch_of(batch, progress[batch.pk]) for batch in page.items], "next": page.next}


@router.get("/{uuid:batch_id}", auth=auth.READ, response=BatchOut, url_name="batch")
def get_batch(request: HttpRequest, batch_id: uuid.UUID) -> dict[str, Any]:
    """One's own batch, also from the trash, and how far it is."""
    return _shown(current_user(request), batch_id)


@router.get("/{uuid:batch_id}/files", auth=auth.READ, response=BatchFilePage, url_name="batch-files")
def list_batch_files(request: HttpRequest, batch_id: uuid.UUID, place: Query[Place]) -> dict[str, Any]:
    """What became of each file of a batch, as they were sent."""
    user = current_user(request)
    rows = access.own_batch(user, batch_id).files.select_related("analysis__upload")
    rows = rows.prefetch_related("analysis__reviews", "analysis__tags")
    page = page_of(rows, ("place", "entry"), descending=False, after=place.after, size=place.limit)
    return {"items": [file_of(user, file) for file in page.items], "next": page.next}


@router.patch("/{uuid:batch_id}", auth=auth.EDIT, response=BatchOut)
def rename_batch(request: HttpRequest, batch_id: uuid.UUID, change: BatchName) -> dict[str, Any]:
    """Give one's own batch another name."""
    user = current_user(request)
    services.rename_batch(actor=user, batch=access.own_batch(user, batch_id), name=change.name)
    return _shown(user, batch_id)


@router.delete("/{uuid:batch_id}", auth=auth.EDIT, response={204: None})
def delete_batch(request: HttpRequest, batch_id: uuid.UUID) -> Status[None]:
    """Put one's own batch in the trash, with the analyses of what was sent with it."""
    user = current_user(request)
    services.trash_batch(actor=user, batch=access.own_batch(user, batch_id))
    return Status(204, None)


@router.post("/{uuid:batch_id}/restore", auth=auth.EDIT, response=BatchOut, url_name="batch-restore")
def restore_batch(request: HttpRequest, batch_id: uuid.UUID) -> dict[str, Any]:
    """Take one's own batch out of the trash, with what went there with it."""
    user = current_user(request)
    services.restore_batch(actor=user, batch=access.own_batch(user, batch_id))
    return _shown(user, batch_id)


def _shown(user: User, batch_id: uuid.UUID) -> dict[str, Any]:
    batch: Batch = access.own_batch(user, batch_id)
    return batch_of(batch, batches.progress_of([batch.pk])[batch.pk])
