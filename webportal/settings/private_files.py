"""Folders and files that nobody but their owner may read, whatever the process' umask says."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


def private_folder(path: Path) -> None:
    """Make ``path``, mode 0700; take from others what they may do in one that is there.

    Raises:
        OSError: it can't be made.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _take_from_others(path)


def private_file(path: Path) -> None:
    """Make ``path``, empty and mode 0600; take from others what they may do with one that is there.

    The same for the files that SQLite keeps beside it; new ones it makes with the mode of the first.

    Raises:
        OSError: it can't be made.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    _take_from_others(path)
    for beside in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            _take_from_others(path.with_name(path.name + beside))


def _take_from_others(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077 and not mode & stat.S_ISVTX:  # that is a folder for everybody, as /tmp
        with contextlib.suppress(PermissionError):  # it is somebody else's, who may have wanted it so
            path.chmod(mode & ~0o077)
