"""Where a restoration puts things, and whether anything is there already."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.apps import apps
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection

from webportal.backups.errors import BackupError

#: Apps whose rows nobody entered: the tables' own books, and what is passing.
_OF_ITS_OWN: Final = frozenset({"auth", "contenttypes", "sessions", "django_tasks_database"})
#: The launcher holds it while the embedded system runs, see ``launcher.folder``.
LOCK_NAME: Final = "running.lock"


def media_folder() -> Path:
    """The folder of people's files.

    Raises:
        BackupError: they are not in a folder.
    """
    if not isinstance(default_storage, FileSystemStorage):
        raise BackupError(
            "Files can't be restored into a bucket from here. Restore into an installation with a folder, without "
            "BEATLENS_MEDIA_S3_BUCKET, then copy what is in that folder into the empty bucket under the same names "
            "(aws s3 sync)."
        )
    return Path(default_storage.location)


def visible(folder: Path) -> list[Path]:
    """What lies in a folder, what begins with a dot left aside; nothing for one that isn't there."""
    return [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.is_dir() else []


def occupants() -> list[str]:
    """What would be lost: tables with rows that somebody entered, and files."""
    there = set(connection.introspection.table_names())
    models = [model for model in apps.get_models() if model._meta.app_label not in _OF_ITS_OWN]
    used = [model for model in models if model._meta.db_table in there and model._default_manager.exists()]
    paths = (path for folder in visible(media_folder()) for path in (folder, *folder.rglob("*")) if path.is_file())
    files = [str(media_folder())] if any(paths) else []
    return [*(model._meta.label for model in used), *files]


@contextlib.contextmanager
def nobody_at_work() -> Iterator[None]:
    """No process has the database in hand, and the launcher starts none until the block ends.

    Raises:
        BackupError: there is one.
    """
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
            (connections,) = cursor.fetchone()
        if connections:
            raise BackupError(
                f"The database has {connections} other connections. Stop the portal and its workers first."
            )
        yield
        return
    folder = Path(settings.VAR_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600), "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"Beatlens runs in {folder}. Stop it first.") from error
        yield
