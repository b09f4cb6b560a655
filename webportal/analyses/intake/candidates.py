"""A file as a form sends it, looked at from outside only."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from ecg.pictures.kinds import BEGINNING_BYTES

from webportal.analyses.intake import sniffing


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sent file: either fit to be stored or with the reason why not."""

    name: str
    """The file's own name. Stored only where its owner wishes it."""
    file: UploadedFile[bytes]
    is_archive: bool
    """Whether it is a zip file, whose entries are the pictures."""
    reason: str
    """Reason code; empty when the file is fit to be stored."""


def look_at(file: UploadedFile[bytes]) -> Candidate:
    """Judge a file by its size and first bytes; what is inside is for the inference server to judge."""
    beginning = file.read(BEGINNING_BYTES)
    file.seek(0)
    is_archive = sniffing.is_archive(beginning)
    reason = sniffing.reason_against(beginning)
    if is_archive and (file.size or 0) > settings.ARCHIVE_MAX_BYTES:
        reason = "ARCHIVE_TOO_LARGE"
    elif not reason and not is_archive and (file.size or 0) > settings.PICTURE_MAX_BYTES:
        reason = "IMAGE_TOO_LARGE"
    return Candidate(name=str(file.name), file=file, is_archive=is_archive, reason=reason)
