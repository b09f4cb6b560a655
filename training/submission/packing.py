"""A folder as one file with its digest, and back: nothing lands outside of where it is unpacked."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final

from training import TrainingError

MAX_BYTES: Final = 4 * 1024**3
"""Of a packed folder, and of its files."""
_MAX_FILES: Final = 10_000
CHUNK: Final = 4 * 1024 * 1024
"""Bytes that are handed over at a time."""


class PackingError(TrainingError):
    """What came is not what was sent, or more than is taken."""


def pack(folder: Path, target: Path) -> str:
    """Write the files below ``folder`` into ``target``, a gzipped tar; its SHA-256."""
    with tarfile.open(target, "w:gz", compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                archive.add(path, str(path.relative_to(folder)), recursive=False)
    return digest_of(target)


def digest_of(file: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def receive(chunks: Iterable[bytes], digest: str, target: Path) -> None:
    """Write what comes into ``target``.

    Raises:
        PackingError: it has another digest, or is larger than is taken.
    """
    size = 0
    with target.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_BYTES:
                raise PackingError(f"The result has more than {MAX_BYTES // 1024**3} GB.")
            file.write(chunk)
    if digest_of(target) != digest:
        raise PackingError("What arrived of the result is not what was sent.")


def unpack(packed: Path, target: Path) -> None:
    """Unpack into ``target``, which appears when it is whole.

    Raises:
        PackingError: it holds more than is taken, or something that is no plain file below ``target``.
        FileExistsError: ``target`` is there already.
    """
    if target.exists():
        raise FileExistsError(f"{target} is there already.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".arriving-", dir=target.parent) as private,
        tarfile.open(packed) as archive,
    ):
        members = archive.getmembers()
        if len(members) > _MAX_FILES or sum(member.size for member in members) > MAX_BYTES:
            raise PackingError(f"The result holds more than {_MAX_FILES:,} files or {MAX_BYTES // 1024**3} GB.")
        if not all(member.isfile() for member in members):
            raise PackingError("The result holds something that is no plain file.")
        whole = Path(private) / "whole"
        whole.mkdir()
        for member in members:
            _unpack_file(archive, member, whole)
        os.replace(whole, target)


def _unpack_file(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """One file, by its name below ``folder``. Python has filters for this from 3.11.4 on; Debian 12 has 3.11.2.

    Raises:
        PackingError: its name leads elsewhere, or is taken.
    """
    name = PurePosixPath(member.name)
    content = archive.extractfile(member)
    if content is None or not name.parts or name.is_absolute() or ".." in name.parts or "\0" in member.name:
        raise PackingError(f"The result can't be unpacked: {member.name!r} is no name below its folder.")
    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with content, path.open("xb") as file:
            shutil.copyfileobj(content, file)
    except (FileExistsError, NotADirectoryError) as error:
        raise PackingError(f"The result can't be unpacked: {member.name!r} is there twice.") from error
