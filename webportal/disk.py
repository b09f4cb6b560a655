"""Whether the disk still takes what has to be stored: asked before something large is written, told by what failed.

A part of the disk is left free on purpose: log-ins, results and deletions go on when pictures are no longer taken.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection

from webportal.refusal import Refused

#: What an operating system says when nothing more can be written: full, over quota, mounted to be read only.
_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
#: The same from SQLite (sqlite.org/rescode.html). It can't even be read when nobody holds its shared memory, whose
#: file then has to grow (SHMSIZE).
_SQLITE_NAMES: Final = frozenset(
    {"SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE", "SQLITE_READONLY", "SQLITE_READONLY_DIRECTORY"}
)
#: The same from PostgreSQL (appendix A of its manual): disk_full, read_only_sql_transaction.
_SQLSTATES: Final = frozenset({"53100", "25006"})
#: Most of the disk that is left free, as a share of it: a small one would take no picture at all otherwise.
_LARGEST_RESERVE: Final = 0.05


class DiskFull(Refused):
    """There is no room left for what was sent."""

    reason = "STORAGE_FULL"


def is_full(error: BaseException | None) -> bool:
    """Whether ``error``, or what led to it, says that nothing more can be written."""
    visited: set[int] = set()
    while error is not None and id(error) not in visited:
        visited.add(id(error))
        if isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in _ERRNOS):
            return True
        if getattr(error, "sqlite_errorname", "") in _SQLITE_NAMES or getattr(error, "sqlstate", "") in _SQLSTATES:
            return True
        error = error.__cause__ or error.__context__
    return False


def check_room(*, coming: int = 0) -> None:
    """Return when files may be taken.

    Args:
        coming: Bytes that are known to come.

    Raises:
        DiskFull: the disk of the files or of the database would have no more left than its reserve,
            ``DISK_RESERVE_BYTES`` or a twentieth of it, whichever is less. A storage or a database elsewhere is not
            asked; what goes there is put down on this machine first.
    """
    for folder in _folders():
        with suppress(FileNotFoundError):
            now = os.statvfs(folder)
            reserve = min(settings.DISK_RESERVE_BYTES, now.f_blocks * now.f_frsize * _LARGEST_RESERVE)
            if now.f_bavail * now.f_frsize - coming <= reserve or (now.f_files and not now.f_favail):
                raise DiskFull


def _folders() -> Iterator[Path]:
    if isinstance(default_storage, FileSystemStorage):
        folder = Path(default_storage.location)
        # Made when the first picture comes.
        yield folder if folder.exists() else folder.parent
    else:
        yield Path(tempfile.gettempdir())
    if connection.vendor == "sqlite":
        yield Path(str(connection.settings_dict["NAME"])).parent
