"""Pictures that are sent together: what becomes of each file, and what its owner does with all of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from webportal.accounts.models import User
from webportal.analyses import access, archives, file_names, once, pictures, queries
from webportal.analyses.models import Analysis, Batch, BatchFile, Upload
from webportal.analyses.services.analysing import create_upload
from webportal.disk import DiskFull
from webportal.refusal import Refused

#: Reason code of what no longer fits into a batch.
FULL = "BATCH_FULL"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the owner wishes for all the files of a form."""

    label: str = ""
    keep_original: bool = False
    keep_names: bool = False
    comes_again: bool = False
    """Whether who sends waits and sends once more what can't be taken now: that is then raised and leaves no trace."""

    def name(self, sent: str) -> str:
        """As much of a file's name as is kept."""
        return file_names.tidy(sent) if self.keep_names else ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one picture."""

    analysis: Analysis | None
    reason: str = ""
    """Reason code where it was not accepted."""
    is_repeated: bool = False
    """Whether the very same file was sent before; ``analysis`` is then the earlier one."""


def take(*, owner: User, form_id: uuid.UUID, place: int, entry: int, name: str, data: bytes, wishes: Wishes) -> Taken:
    """Keep one picture, once for the same form and place, and the question about it.

    Raises:
        PermissionDenied: ``owner`` may not upload.
        Refused: nothing is wrong with it, but it can't be taken now; see :func:`create_upload`.
    """
    analysis_id = once.made_by(form_id, place, entry)
    earlier = queries.latest_of_same_file(access.own_analyses(owner), data)
    if earlier is not None:
        return Taken(earlier, is_repeated=earlier.pk != analysis_id)
    try:
        analysis = create_upload(
            owner=owner,
            data=data,
            label=wishes.label,
            file_name=wishes.name(name),
            keep_original=wishes.keep_original,
            analysis_id=analysis_id,
        )
    except pictures.Unusable as refusal:
        return Taken(None, refusal.reason)
    return Taken(analysis)


def begin_batch(*, owner: User, batch_id: uuid.UUID, name: str = "", expected: int = 0) -> Batch:
    """The batch that a form makes: made by the first of its files, and there for the others.

    Raises:
        PermissionDenied: there is one with that id which is somebody else's, or in the trash.
    """
    try:
        with transaction.atomic():
            batch, _made = Batch.objects.get_or_create(
                pk=batch_id, defaults={"owner": owner, "name": name, "expected": expected}
            )
    except IntegrityError:  # by another file of the form, at the same time
        batch = Batch.objects.get(pk=batch_id)
    if batch.owner_id != owner.pk or batch.trashed_at is not None:
        raise PermissionDenied
    return batch


def add_picture(*, batch: Batch, place: int, name: str, data: bytes, wishes: Wishes, entry: int = 0) -> BatchFile:
    """Take a picture into a batch; what the batch has at that place already stays.

    Raises:
        PermissionDenied: the owner may not upload.
        Refused: it can't be taken now, but later, and comes again; its place stays free.
    """
    if there := _at(batch, place, entry):
        return there
    if _is_full(batch):
        return add_refused(batch=batch, place=place, entry=entry, name=name, reason=FULL, wishes=wishes)
    try:
        taken = take(owner=batch.owner, form_id=batch.pk, place=place, entry=entry, name=name, data=data, wishes=wishes)
    except Refused as refusal:
        if wishes.comes_again and (refusal.retry_after is not None or isinstance(refusal, DiskFull)):
            raise
        taken = Taken(None, refusal.reason)
    return _add(
        BatchFile(
            batch=batch,
            place=place,
            entry=entry,
            name=wishes.name(name),
            analysis=taken.analysis,
            reason=taken.reason,
            is_repeated=taken.is_repeated,
        )
    )


def add_refused(*, batch: Batch, place: int, name: str, reason: str, wishes: Wishes, entry: int = 0) -> BatchFile:
    """Write down that a file was not accepted, and why."""
    row = BatchFile(batch=batch, place=place, entry=entry, name=wishes.name(name), reason=reason)
    return _at(batch, place, entry) or _add(row)


def add_archive(*, batch: Batch, place: int, name: str, file: IO[bytes], wishes: Wishes) -> Iterator[BatchFile]:
    """Take the pictures of a zip file into a batch, one by one; ``name`` is that of the zip file.

    Raises:
        Refused: as of :func:`add_picture`; those before stay.
    """
    for entry, packed in enumerate(archives.entries(file)):
        entry_name = packed.name or name
        if reason := packed.reason or pictures.reason_against(packed.data):
            yield add_refused(batch=batch, place=place, entry=entry, name=entry_name, reason=reason, wishes=wishes)
        else:
            added = add_picture(batch=batch, place=place, entry=entry, name=entry_name, data=packed.data, wishes=wishes)
            yield added
            if added.reason == FULL:
                return


def drop_batch(*, batch: Batch) -> None:
    """Remove the list of a batch in which nothing was accepted."""
    batch.delete()


def _at(batch: Batch, place: int, entry: int) -> BatchFile | None:
    rows = BatchFile.objects.filter(batch=batch, place=place, entry=entry)
    return rows.select_related("analysis__upload").first()


def _is_full(batch: Batch) -> bool:
    return batch.files.count() >= settings.BATCH_MAX_PICTURES


def _add(file: BatchFile) -> BatchFile:
    try:
        with transaction.atomic():
            file.save(force_insert=True)
    except IntegrityError:  # the same file, sent twice at the same time
        return _at(file.batch, file.place, file.entry) or file
    return file


def rename_batch(*, actor: User, batch: Batch, name: str) -> None:
    """Give one's own batch another name.

    Raises:
        PermissionDenied: it is somebody else's.
        ValidationError: the name is too long.
    """
    _require_own(actor, batch)
    batch.name = name
    batch.clean_fields(exclude=[field.name for field in Batch._meta.fields if field.name != "name"])
    Batch.objects.filter(pk=batch.pk).update(name=name)


def forget_file_names(*, actor: User, batch: Batch) -> None:
    """Remove the names of one's own batch's files for good, also from the pictures that came with it.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    _require_own(actor, batch)
    with transaction.atomic():
        batch.files.exclude(name="").update(name="")
        uploads = _sent_with(batch).values("upload")
        Upload.objects.filter(owner=actor, pk__in=uploads).exclude(file_name="").update(file_name="")


def trash_batch(*, actor: User, batch: Batch) -> int:
    """Put one's own batch in the trash, with the analyses of what was sent with it; returns how many these are.

    What was there before it and sent with it once more stays where it is.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    _require_own(actor, batch)
    now = timezone.now()
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk, trashed_at__isnull=True).update(trashed_at=now)
        return _sent_with(batch).filter(trashed_at__isnull=True).update(trashed_at=now)


def restore_batch(*, actor: User, batch: Batch) -> int:
    """Take one's own batch out of the trash, with the analyses that went there with it; returns how many these are.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    _require_own(actor, batch)
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(trashed_at=None)
        return _sent_with(batch).filter(trashed_at=batch.trashed_at).update(trashed_at=None)


def _sent_with(batch: Batch) -> QuerySet[Analysis]:
    rows = BatchFile.objects.filter(batch=batch, is_repeated=False, analysis__isnull=False)
    return Analysis.objects.filter(owner=batch.owner, pk__in=rows.values("analysis"))


def _require_own(actor: User, batch: Batch) -> None:
    if batch.owner_id != actor.pk:
        raise PermissionDenied
