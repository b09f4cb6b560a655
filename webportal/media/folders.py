"""The folder of one recording: what is done with its files, wherever they are stored.

A file appears under its name once it is whole. One that is sent in pieces grows by :meth:`Folder.append` until it has
all of them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, Final, Protocol, cast

from django.core.files.storage import FileSystemStorage, default_storage
from ecg.store_files import StoreFiles

from webportal.media.failures import StorageUnavailable

#: So long a piece waits for another of its file, seconds: a disk that hangs keeps no more threads.
_LOCK_SECONDS: Final = 5.0


class Misplaced(Exception):  # noqa: N818 - reads as what happened
    """A piece that doesn't go on where the file ends; ``offset`` says where that is."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"The file has {offset} bytes.")
        self.offset = offset


class TooMuch(Exception):  # noqa: N818 - reads as what happened
    """With this piece the file would be longer than it may be, or in more pieces."""


class Folder(Protocol):
    """Files by their names, ``a`` or ``b/a``.

    Every call may raise :class:`webportal.media.failures.StorageFailed` where files are not on this machine, and those
    that write ``OSError`` where the storage is full (:func:`webportal.disk.is_full`).
    """

    @property
    def name(self) -> str:
        """Where it is, for people and as a key: the same for the same folder."""

    def read(self, name: str) -> bytes:
        """All of a file. Raises ``FileNotFoundError``."""

    def opened(self, name: str) -> AbstractContextManager[BufferedReader]:
        """A file to be read once, from its beginning. Raises ``FileNotFoundError``."""

    def size(self, name: str) -> int:
        """Bytes of a file. Raises ``FileNotFoundError``."""

    def version(self, name: str) -> str:
        """Other for another content. Raises ``FileNotFoundError``."""

    def exists(self, name: str) -> bool:
        """Whether a file is there."""

    def names(self, below: str = "") -> list[str]:
        """The names of all files, or of those in a folder within, in order."""

    def changed(self) -> float | None:
        """When something of it was last written, seconds since 1970; None without files."""

    def write(self, name: str, data: bytes) -> None:
        """Store a file, or another content of it: whole or not at all."""

    def delete(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""

    def delete_all(self, below: str = "") -> None:
        """Delete all files, or those in a folder within."""

    def arrived(self, name: str) -> int:
        """Bytes of a file that have come so far."""

    def append(self, name: str, offset: int, piece: bytes, most: int) -> int:
        """Let a file go on with a piece, which may come twice and at the same time; returns :meth:`arrived`.

        Raises:
            Misplaced: it does not begin where the file ends.
            TooMuch: it would have more than ``most`` bytes, or too many pieces.
            StorageUnavailable: another piece is being written.
        """

    def join(self, name: str) -> None:
        """Make a file of which all has come one that can be read."""

    def on_disk(self, name: str) -> AbstractContextManager[Path]:
        """A file as one of this machine, to be read within the block. Raises ``FileNotFoundError``."""

    def filling(self, below: str, *, last: str) -> AbstractContextManager[Path]:
        """A folder of this machine that is the folder within once the block has ended without an error, ``last`` being
        the file that is there only when all others are.
        """

    def store_files(self, below: str) -> Path | StoreFiles:
        """A folder within, for :func:`ecg.store.open_store`."""


class Shelves(Protocol):
    """A storage that is not a folder of this machine, and has folders of its own kind."""

    def folder(self, name: str) -> Folder:
        """The folder of that name."""


def folder(name: str) -> Folder:
    """The folder of that name in the storage of people's files."""
    if isinstance(default_storage, FileSystemStorage):
        return LocalFolder(Path(default_storage.path(name)))
    return cast(Shelves, default_storage).folder(name)


class LocalFolder:
    """A folder of this machine; what is in it is for nobody else. What of a file has come is its length."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """See :meth:`Folder.name`."""
        return str(self._path)

    def read(self, name: str) -> bytes:
        """See :meth:`Folder.read`."""
        return (self._path / name).read_bytes()

    def opened(self, name: str) -> BufferedReader:
        """See :meth:`Folder.opened`."""
        return (self._path / name).open("rb")

    def size(self, name: str) -> int:
        """See :meth:`Folder.size`."""
        return (self._path / name).stat().st_size

    def version(self, name: str) -> str:
        """See :meth:`Folder.version`."""
        return str((self._path / name).stat().st_mtime_ns)

    def exists(self, name: str) -> bool:
        """See :meth:`Folder.exists`."""
        return (self._path / name).exists()

    def names(self, below: str = "") -> list[str]:
        """See :meth:`Folder.names`."""
        paths = (self._path / below).rglob("*")
        return sorted(path.relative_to(self._path).as_posix() for path in paths if path.is_file())

    def changed(self) -> float | None:
        """See :meth:`Folder.changed`."""
        try:
            return self._path.stat().st_mtime
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """See :meth:`Folder.write`."""
        path = self._path / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.part")
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def delete(self, name: str) -> None:
        """See :meth:`Folder.delete`."""
        (self._path / name).unlink(missing_ok=True)

    def delete_all(self, below: str = "") -> None:
        """See :meth:`Folder.delete_all`."""
        shutil.rmtree(self._path / below, ignore_errors=True)  # what stays behind the sweep collects

    def arrived(self, name: str) -> int:
        """See :meth:`Folder.arrived`."""
        try:
            return self.size(name)
        except FileNotFoundError:
            return 0

    def append(self, name: str, offset: int, piece: bytes, most: int) -> int:
        """See :meth:`Folder.append`."""
        path = self._path / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            _lock(file)  # the same piece may come twice at the same time
            there = os.fstat(file.fileno()).st_size
            if offset != there:
                raise Misplaced(there)
            if there + len(piece) > most:
                raise TooMuch
            file.seek(there)
            file.write(piece)
            file.flush()
            if there + len(piece) == most:
                os.fsync(file.fileno())
        return there + len(piece)

    def join(self, name: str) -> None:
        """It is one already."""

    @contextmanager
    def on_disk(self, name: str) -> Iterator[Path]:
        """See :meth:`Folder.on_disk`."""
        if not self.exists(name):
            raise FileNotFoundError(name)
        yield self._path / name

    @contextmanager
    def filling(self, below: str, *, last: str) -> Iterator[Path]:
        """Whoever writes into it writes ``last`` last."""
        yield self._path / below

    def store_files(self, below: str) -> Path:
        """See :meth:`Folder.store_files`."""
        return self._path / below


def _lock(file: IO[bytes]) -> None:
    """Be alone with a file until it is closed. Raises ``StorageUnavailable`` where another is for too long."""
    end = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise StorageUnavailable("Another piece of the file is being written.") from error
            time.sleep(0.02)
