"""Files that are sent together: what becomes of each, single or in a zip file."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import IO

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from webportal.accounts.models import User
from webportal.analyses.intake import archives, sniffing
from webportal.analyses.intake.candidates import Candidate
from webportal.analyses.intake.taking import Taken, Wishes, take
from webportal.analyses.models import Batch, BatchFile
from webportal.disk import DiskFull
from webportal.refusal import Refused

#: Reason code of what no longer fits into a batch.
FULL = "BATCH_FULL"


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


def add_file(*, batch: Batch, place: int, candidate: Candidate, wishes: Wishes) -> Iterator[BatchFile]:
    """What becomes of one sent file: one row for a picture, one for each entry of a zip file.

    Raises:
        Refused: as of :func:`add_picture`; what came before it of a zip file stays.
    """
    name = candidate.name
    if candidate.reason:
        yield add_refused(batch=batch, place=place, name=name, reason=candidate.reason, wishes=wishes)
    elif candidate.is_archive:
        yield from add_archive(batch=batch, place=place, name=name, file=candidate.file, wishes=wishes)
    else:
        yield add_picture(batch=batch, place=place, name=name, data=candidate.file.read(), wishes=wishes)


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
        if reason := packed.reason or sniffing.reason_against_picture(packed.data):
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
