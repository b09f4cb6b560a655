"""Making a backup while people go on working."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db.models import FileField

from webportal.backups import keys
from webportal.backups.contents import DATABASES, MEDIA, SECRET_KEY, Manifest, Writer
from webportal.backups.errors import BackupError
from webportal.backups.snapshots import Snapshot, snapshot
from webportal.media.failures import StorageFailed
from webportal.media.folders import folder


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it."""

    files: int
    """People's files in it."""
    missing: list[str]
    """Files that a row still names and that are not there: they were lost before."""
    deleted: list[str]
    """Files that were deleted while the backup was made."""
    has_key: bool


def take(target: Path, *, include_key: bool = False) -> Taken:
    """Make a backup in the new folder ``target``, which is there when all of it is, and else not at all.

    The database comes first, as it is at one moment; then each file that one of its rows names. A key that the
    installation keeps in a file is copied too; one of the environment only with ``include_key``.

    Raises:
        BackupError: ``target`` is there already or can't be made, or something can't be read.
    """
    if target.exists() or target.is_symlink():
        raise BackupError(f"{target} is there already; a backup wants a new folder.")
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=target.parent))  # mode 0700
    except OSError as error:
        raise BackupError(f"{target} can't be made: {error.strerror}.") from error
    try:
        taken = _fill(made, include_key=include_key)
        os.sync()
        made.rename(target)
    except (OSError, StorageFailed) as error:
        raise BackupError(f"The backup was not made: {error}") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)  # gone when it has become the target
    return taken


def _fill(target: Path, *, include_key: bool) -> Taken:
    writer = Writer(target)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    with snapshot(target) as moment:
        (database,) = (kind for kind, name in DATABASES.items() if (target / name).exists())
        writer.add_made(DATABASES[database])
        migrations = moment.migrations()
        files, absent = _add_files(writer, moment)
        files += sum(_add_folder(writer, name) for name in moment.folders())
    # A row that is gone by now took its file with it.
    missing = [name for field, name in absent if _is_named(field, name)]
    deleted = [name for _, name in absent if name not in missing]
    has_key = include_key or keys.key_file() is not None
    if has_key:
        writer.add(SECRET_KEY, BytesIO(f"{settings.SECRET_KEY}\n".encode()))
    sums = writer.write_sums()
    writer.write_manifest(Manifest(made, database, migrations, keys.fingerprints(), sums, sorted([*missing, *deleted])))
    return Taken(files, missing, deleted, has_key)


def _add_files(writer: Writer, moment: Snapshot) -> tuple[int, list[tuple[FileField, str]]]:
    """Copy each file that a row names; returns how many, and those that are not there."""
    count, absent = 0, []
    for field, name in moment.files():
        try:
            file = field.storage.open(name)
        except FileNotFoundError:
            absent.append((field, name))
            continue
        with file:
            writer.add(f"{MEDIA}/{name}", file)
        count += 1
    return count, absent


def _add_folder(writer: Writer, name: str) -> int:
    """Copy each file of a recording's folder as it is now; returns how many. One whose recording has been deleted
    meanwhile, or of which nothing has arrived yet, has none.

    What is not finished has no header, or less than was announced, and goes on from there once it is restored.
    """
    stored = folder(name)
    count = 0
    for file_name in stored.names():
        # What begins with a dot is being written; a folder of such a name is a reader's own.
        if any(part.startswith((".", "recording-")) for part in PurePosixPath(file_name).parts):
            continue
        try:
            with stored.opened(file_name) as file:
                writer.add(f"{MEDIA}/{name}/{file_name}", file)
        except FileNotFoundError:
            continue
        count += 1
    return count


def _is_named(field: FileField, name: str) -> bool:
    """Whether a row names the file now."""
    return bool(field.model._default_manager.filter(**{field.name: name}).exists())
