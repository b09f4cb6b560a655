"""What lies in the folder of a backup, and how one sees that it is still what was written.

::

    manifest.json     what it is, of when, with which tables, under which key
    SHA256SUMS        a digest for each other file, as sha256sum(1) writes and checks them
    database.sqlite3  or database.dump, as pg_dump(1) writes it
    secret_key        where the installation stored it in a file, or when asked for
    media/…           each file that a row names
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from webportal.backups.errors import BackupError

FORMAT: Final = "beatlens-backup/1"
MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
SECRET_KEY: Final = "secret_key"  # noqa: S105 - the name of a file
MEDIA: Final = "media"
#: The database's file, by the kind of database.
DATABASES: Final = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}

_CHUNK: Final = 1 << 20
_SUM: Final = re.compile(r"([0-9a-f]{64})  (.+)")


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` of them; none at the end."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    made: str
    """When, ISO 8601, UTC: the moment that the database is of."""
    database: str
    """``sqlite`` or ``postgresql``."""
    migrations: list[str]
    """Those that the tables have been through, ``app.name``."""
    key: list[str]
    """Fingerprints of the secret key and of the earlier ones that were still believed."""
    sums: str
    """SHA-256 of ``SHA256SUMS``."""
    missing: list[str] = field(default_factory=list)
    """Files that a row names and that were not there."""
    format: str = FORMAT


def checked(name: str) -> str:
    """``name`` when it stays inside the folder that it is to lie in.

    Raises:
        BackupError: it doesn't.
    """
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or str(path) != name or "\n" in name or "\\" in name:
        raise BackupError(f"{name!r} is no name of a file inside a folder.")
    return name


def copied(source: Readable, target: Path) -> str:
    """Copy into a new file that its owner alone may read; returns the SHA-256 of what was copied.

    Raises:
        OSError: it can't be read or written, or is there already.
    """
    digest = hashlib.sha256()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Writer:
    """Puts files into the folder of a backup and remembers their digests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sums: dict[str, str] = {}

    def add(self, name: str, source: Readable) -> None:
        """Copy ``source`` to ``name``.

        Raises:
            BackupError: ``name`` leaves the folder.
            OSError: it can't be read or written.
        """
        self._sums[name] = copied(source, self.folder / checked(name))

    def add_made(self, name: str) -> None:
        """Count a file in that another program has written."""
        self._sums[name] = digest_of(self.folder / name)

    def write_sums(self) -> str:
        """Write ``SHA256SUMS``; returns its own digest."""
        path = self.folder / SUMS
        path.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(self._sums.items())))
        return digest_of(path)

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest: the last file, without which the folder is no backup."""
        (self.folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1) + "\n")


class Reader:
    """A backup that is there: its manifest, and its files with the digests that they should have."""

    def __init__(self, folder: Path) -> None:
        """Raises :class:`BackupError`: it is no backup, of another format, or its list of files was changed."""
        self.folder = folder
        try:
            manifest = json.loads((folder / MANIFEST).read_text())
            if manifest.get("format") != FORMAT:
                raise BackupError(f"{folder} is a backup of another kind ({manifest.get('format')!r}, not {FORMAT!r}).")
            self.manifest = Manifest(**manifest)
            self.sums = dict(self._read_sums())
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise BackupError(f"{folder} is no whole backup: {error}") from error
        if digest_of(folder / SUMS) != self.manifest.sums:
            raise BackupError(f"{folder / SUMS} was changed after the backup was made.")

    def _read_sums(self) -> Iterator[tuple[str, str]]:
        for line in (self.folder / SUMS).read_text().splitlines():
            match = _SUM.fullmatch(line)
            if match is None:
                raise BackupError(f"{self.folder / SUMS} has a line that is no digest: {line!r}")
            yield checked(match[2]), match[1]

    @property
    def database(self) -> str:
        """The name of the database's file."""
        return DATABASES.get(self.manifest.database, "")

    @property
    def media(self) -> list[str]:
        """Names of the people's files, as the rows have them."""
        return [name.removeprefix(f"{MEDIA}/") for name in self.sums if name.startswith(f"{MEDIA}/")]

    def verified(self, name: str) -> Path:
        """Where a file lies that is what was written.

        Raises:
            BackupError: it is not there, or not what was written.
        """
        try:
            digest = digest_of(self.folder / name)
        except OSError as error:
            raise BackupError(f"{self.folder / name} can't be read: {error.strerror}.") from error
        return self._same(name, digest)

    def _same(self, name: str, digest: str) -> Path:
        if digest != self.sums[name]:
            raise BackupError(f"{self.folder / name} is not what was written when the backup was made.")
        return self.folder / name

    def copy(self, name: str, target: Path) -> None:
        """Copy a file out of the backup.

        Raises:
            BackupError: it is not there, or not what was written.
            OSError: it can't be written.
        """
        try:
            source = (self.folder / name).open("rb")
        except OSError as error:
            raise BackupError(f"{self.folder / name} can't be read: {error.strerror}.") from error
        with source:
            self._same(name, copied(source, target))
