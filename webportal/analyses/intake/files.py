"""The files of an upload: written before its row, deleted with it. No file without a row is left behind on purpose."""

from __future__ import annotations

from typing import cast

from django.core.files.base import ContentFile
from django.db.models import FileField

from webportal.analyses.models import Upload
from webportal.errors import log_unexpected


def write(upload: Upload, **contents: bytes | None) -> int:
    """Write files for the named fields of a row that is still to come; returns their bytes together.

    Each name stands on ``upload`` before the first byte is written: a file that was half written when the disk was full
    can so be found by :func:`delete`.

    Raises:
        OSError: the storage is full, or fails otherwise.
    """
    size = 0
    for name, data in contents.items():
        if data is None:
            continue
        field = cast(FileField, upload._meta.get_field(name))
        path = field.generate_filename(upload, name)
        setattr(upload, name, path)
        setattr(upload, name, field.storage.save(path, ContentFile(data), max_length=field.max_length))
        size += len(data)
    return size


def delete(upload: Upload) -> None:
    """Delete what :func:`write` wrote, as far as it came. What can't be deleted is logged, for the sweep to collect."""
    for file in (upload.picture, upload.thumbnail, upload.original):
        if file:
            try:
                file.storage.delete(str(file.name))
            except Exception as error:
                log_unexpected("the removal of a file without a row", error)
