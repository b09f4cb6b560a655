"""What an archive has already: which job it is of, whole parts, and the files that these tell of."""

from __future__ import annotations

import fcntl
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from archive.job import Job
from archive.storage import Folder
from archive.tables import NAMES

_DESCRIPTION: Final = "_archive.json"
_RUN: Final = "_run.json"
_SUFFIX: Final = ".parquet"
#: Parts that are looked into at once.
_AT_ONCE: Final = 8


class NotThisArchive(Exception):  # noqa: N818 - reads as what is wrong
    """The folder can't be gone on with."""


@contextmanager
def held(out: Folder) -> Iterator[None]:
    """Keeps others on this machine from writing to the same folder; in object storage nobody is kept from it.

    Raises:
        NotThisArchive: somebody is writing to it, or it can't be made.
    """
    try:
        out.make("", *NAMES)
    except OSError as error:
        raise NotThisArchive(f"{out.address} can't be made: {error.strerror or error}.") from error
    if out.local is None:
        yield
        return
    with (out.local / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotThisArchive(f"Somebody is writing to {out.address} just now.") from None
        yield


def describe(out: Folder, job: Job) -> None:
    """See that the folder is of the same job, or is new and becomes so.

    Raises:
        NotThisArchive: other models or answers made what is in it.
        OSError: it can't be written.
    """
    there = out.document(_DESCRIPTION)
    if there is None:
        out.put_document(_DESCRIPTION, job.description())
        return
    differing = sorted(name for name, value in job.description().items() if there.get(name) != value)
    if differing:
        raise NotThisArchive(
            f"{out.address} was written with another {', '.join(differing)}. Rows of two kinds are not mixed: choose"
            " another folder."
        )


def begin(out: Folder) -> str:
    """Begin a run; tasks of earlier ones that live on somewhere write nothing from now on.

    Raises:
        OSError: it can't be written.
    """
    run = uuid.uuid4().hex
    out.put_document(_RUN, {"run": run})
    return run


def check_is_current(out: Folder, run: str) -> None:
    """See that nobody has begun another run since.

    Raises:
        NotThisArchive: somebody has.
    """
    current = out.document(_RUN)
    if current != {"run": run}:
        raise NotThisArchive(f"Somebody else has begun to write to {out.address}.")


def files_in(out: Folder, *, again: bool) -> set[str]:
    """What the whole parts tell of. What is left of others is removed.

    Args:
        out: The archive.
        again: Whether parts with failures are removed as well, so that their files are asked about again.

    Raises:
        OSError: it can't be read or written.
    """
    whole = out.names("recordings", _SUFFIX)
    files: set[str] = set()
    with ThreadPoolExecutor(_AT_ONCE) as readers:
        for name, rows in zip(sorted(whole), readers.map(lambda name: _rows(out, name), sorted(whole)), strict=True):
            if again and any(row.get("left_out") is False for row in rows):
                whole.remove(name)
            else:
                files.update(row["file"] for row in rows)
    for table in NAMES:
        for name in out.names(table, _SUFFIX) - whole:
            out.remove(f"{table}/{name}")
        for name in out.names(table, ".arriving"):
            out.remove(f"{table}/{name}")
    return files


def _rows(out: Folder, part: str) -> list[dict[str, Any]]:
    """The files that a part tells of, failures with whether they were left out."""
    return [
        *out.column(f"recordings/{part}", ["file"]),
        *out.column(f"failures/{part}", ["file", "left_out"]),
    ]
