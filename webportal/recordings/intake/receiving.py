"""Files of recordings as they come: announced with their sizes, received in pieces, complete when all is there.

What of a file has arrived is what its folder has of it (:meth:`webportal.media.folders.Folder.arrived`), nothing else;
so a connection that broke, a killed process and a full disk all go on where they ended, in whichever process.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from webportal import disk
from webportal.accounts import quota
from webportal.accounts.models import User
from webportal.analyses.intake import allowance, file_names
from webportal.media.folders import TooMuch
from webportal.recordings.jobs.reading import READING
from webportal.recordings.models import Recording
from webportal.recordings.models.recordings import sent_name

#: Bytes of a recording that are counted as one megapixel of a person's share of the minute: about as much work.
_BYTES_OF_A_MEGAPIXEL = 10_000_000


@dataclass(frozen=True, slots=True)
class Announced:
    """A file that is to come."""

    name: str
    """As its sender calls it; its reader needs it, since files name each other."""
    size: int
    """Bytes."""


class NotTaken(Exception):  # noqa: N818 - reads as what happened
    """Files that are not taken, whenever they come. ``reason`` is the code that has a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def announce(
    *, owner: User, recording_id: uuid.UUID, files: Sequence[Announced], name: str = "", keeps_names: bool = False
) -> Recording:
    """The row of a recording whose files are to come; the one that the same form made before.

    Its bytes are counted towards the owner's quota from here on.

    Raises:
        PermissionDenied: ``owner`` may not upload, or there is one with that id which is somebody else's.
        NotTaken: it is empty, or too large.
        ValidationError: the name is too long.
        Refused: ``owner``'s share of the minute is used up, or their account or the disk is full.
    """
    if not owner.is_active:
        raise PermissionDenied
    if made := _made_before(owner, recording_id):
        return made
    size = sum(file.size for file in files)
    _check(files, size)
    disk.check_room(coming=size)
    allowance.take(user=owner, pictures=1, megapixels=size / _BYTES_OF_A_MEGAPIXEL)
    recording = Recording(
        pk=recording_id,
        owner=owner,
        name=name,
        keeps_names=keeps_names,
        files=[{"name": _safe(file.name), "bytes": file.size, "sha256": ""} for file in files],
        stored_bytes=size,
    )
    recording.clean_fields(exclude=["owner", "files"])
    try:
        with transaction.atomic():
            quota.claim(owner=owner, size=size)
            recording.save(force_insert=True)
    except IntegrityError:
        if made := _made_before(owner, recording_id):
            return made  # by the same form, at the same time
        raise PermissionDenied from None
    return recording


def received(recording: Recording, number: int) -> int:
    """Bytes of one of its files that are there."""
    return recording.stored.arrived(sent_name(number))


def receive(*, recording: Recording, number: int, offset: int, piece: bytes) -> int:
    """Take the next piece of a file; returns how many bytes of it are there. The last piece of the last file makes the
    recording wait to be read.

    Raises:
        IndexError: there is no such file.
        Misplaced: it doesn't begin where the file ends.
        NotTaken: the file would be longer than was announced, or in too many pieces.
        DiskFull: there is no room; what there was room for is there.
    """
    size = int(recording.files[number]["bytes"])
    disk.check_room()
    try:
        there = recording.stored.append(sent_name(number), offset, piece, size)
    except TooMuch as error:
        raise NotTaken("RECORDING_LONGER_THAN_ANNOUNCED") from error
    except OSError as error:
        if disk.is_full(error):
            raise disk.DiskFull from error
        raise
    if there == size:
        complete_if_all_is_there(recording)
    return there


def complete_if_all_is_there(recording: Recording) -> bool:
    """Let a recording be read once all its files are there; whether they are."""
    if any(received(recording, number) != file["bytes"] for number, file in enumerate(recording.files)):
        return False
    now = timezone.now()
    with transaction.atomic():
        complete = Recording.objects.filter(pk=recording.pk, state=Recording.State.RECEIVING).update(
            state=Recording.State.RECEIVED, next_attempt_at=now
        )
        if complete:
            READING.enqueue(recording.pk, now)
    return True


def _check(files: Sequence[Announced], size: int) -> None:
    if not size or any(file.size < 0 for file in files):
        raise NotTaken("RECORDING_EMPTY")
    if len(files) > settings.RECORDING_MAX_FILES:
        raise NotTaken("RECORDING_TOO_MANY_FILES")
    if size > settings.RECORDING_MAX_BYTES:
        raise NotTaken("RECORDING_TOO_LARGE")


def _safe(name: str) -> str:
    """A name as its reader needs it: folders stay, control characters go."""
    folder, _, last = name.replace("\\", "/").rpartition("/")
    tidied = file_names.tidy(last) or "recording"
    parts = [part for part in map(file_names.tidy, folder.split("/")) if part not in ("", ".", "..")]
    return "/".join([*parts, tidied])[-file_names.LONGEST :]


def _made_before(owner: User, recording_id: uuid.UUID) -> Recording | None:
    return Recording.objects.filter(owner=owner, pk=recording_id).first()
