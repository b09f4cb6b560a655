"""A real file system of some megabytes, to see what happens when it is full."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path


def mount(folder: Path, size: str) -> None:
    """An empty file system of ``size`` (as ``512m``) on a folder, which is made; one that is there stays as it is.

    Raises:
        PermissionError: nobody may make one here; says what the system says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_mount():
        return
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise PermissionError(f"no file system can be mounted here: {made.stderr.strip()}")


def unmount(folder: Path) -> None:
    """End it, with all that is in it. A process may still hold a file of it."""
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Write until nothing more can be written; returns the file to delete."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"0" * 4096):
                pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
    return filler
