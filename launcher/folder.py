"""The folder that everything is written to: for its owner alone, and for one running system at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from launcher.errors import LaunchError

#: Files that others may not read, folders that they may not enter: what is written here are people's pictures, their
#: mails and the keys to their accounts.
PRIVATE_UMASK: Final = 0o077
#: Held by the running system; ``manage.py restore`` looks at it too.
LOCK_NAME: Final = "running.lock"


def make_private(folder: Path, *, project: Path) -> None:
    """Make ``folder``, or take from everybody but its owner what they may do in it and in all that lies in it.

    Raises:
        LaunchError: it can't be made, it isn't for Beatlens alone, or something in it belongs to somebody else.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LaunchError(f"{folder} can't be made: {error.strerror}.") from error
    if folder.stat().st_mode & stat.S_ISVTX or folder == Path.home() or project.is_relative_to(folder):
        raise LaunchError(
            f"{folder} is not for Beatlens alone. Name a folder of its own: BEATLENS_VAR_DIR={folder}/var"
        )
    for path in (folder, *_inside(folder)):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode) or not mode & PRIVATE_UMASK:
            continue
        try:
            path.chmod(stat.S_IMODE(mode) & ~PRIVATE_UMASK)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise LaunchError(f"{path} can't be kept from others ({error.strerror}). Whose is it?") from error


def _inside(folder: Path) -> Iterator[Path]:
    """All that lies in ``folder``, links not followed."""
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield Path(place, name)


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """The folder is this system's until the block ends, or the process, however it ends.

    Raises:
        LaunchError: another system runs in it.
    """
    descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LaunchError(
                f"Beatlens runs in {folder} already (process {file.read().strip() or 'unknown'}). "
                "Stop that one, or choose another folder: BEATLENS_VAR_DIR=/path/to/another make run"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
