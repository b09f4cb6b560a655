"""The folder of an archive, here or in object storage: whole files appear in it under their names, or nothing does."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, Final, TypeVar

import fsspec
import pyarrow.parquet as pq
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

#: What fails for a moment is tried again after so many seconds each.
_PAUSES: Final = (0.5, 2.0, 8.0)

Result = TypeVar("Result")


def patiently(act: Callable[[], Result]) -> Result:
    """What ``act`` brings, tried again for some seconds where storage fails.

    Raises:
        OSError: it fails for good; what isn't there, or may not be read, is not tried again.
    """
    for pause in _PAUSES:
        try:
            return act()
        except (FileNotFoundError, PermissionError, IsADirectoryError):
            raise
        except OSError:
            time.sleep(pause)
    return act()


def fetched(address: str, folder: Path) -> Path:
    """The file at an address on this machine: where it lies, or a copy in ``folder``.

    Raises:
        OSError: it can't be read.
    """
    filesystem, path = fsspec.url_to_fs(address)
    if isinstance(filesystem, LocalFileSystem):
        return Path(path)
    target = folder / PurePosixPath(path).name
    patiently(lambda: filesystem.get_file(path, str(target)))
    return target


class Folder:
    """A folder by its address."""

    def __init__(self, address: str) -> None:
        self._filesystem: AbstractFileSystem
        self._filesystem, self._root = fsspec.url_to_fs(address)
        self.address = address

    @property
    def local(self) -> Path | None:
        """Where it lies on this machine, if it does."""
        return Path(self._root) if isinstance(self._filesystem, LocalFileSystem) else None

    def holds(self, file: str) -> bool:
        """Whether something of this address lies in it."""
        return file.startswith((f"{self._root}/", f"{self._filesystem.unstrip_protocol(self._root)}/"))

    def make(self, *names: str) -> None:
        """See that it and folders in it are there, where storage has such things.

        Raises:
            OSError: they can't be.
        """
        for name in names:
            self._filesystem.makedirs(self._path(name), exist_ok=True)

    def names(self, folder: str, suffix: str) -> set[str]:
        """Names of what lies in a folder of it and ends so."""
        self._filesystem.invalidate_cache()
        try:
            entries = self._filesystem.ls(self._path(folder), detail=False)
        except FileNotFoundError:
            return set()
        names = {str(entry).rstrip("/").rpartition("/")[2] for entry in entries}
        return {name for name in names if name.endswith(suffix)}

    def put(self, source: Path, name: str) -> None:
        """Bring a file into it, under its name when it is whole, in the place of what has that name.

        Raises:
            OSError: it can't be written.
        """
        place = PurePosixPath(name)
        arriving = self._path(str(place.with_name(f".{place.name}.arriving")))
        patiently(lambda: self._filesystem.put_file(str(source), arriving))
        patiently(lambda: self._filesystem.mv(arriving, self._path(name)))

    def put_document(self, name: str, content: dict[str, Any]) -> None:
        """Bring a JSON object into it, whole or not at all.

        Raises:
            OSError: it can't be written.
        """
        with tempfile.TemporaryDirectory(prefix="beatlens-archive-") as private:
            file = Path(private) / "document"
            file.write_text(json.dumps(content, indent=1) + "\n")
            self.put(file, name)

    def remove(self, name: str) -> None:
        """Remove a file that may have gone already."""
        try:
            self._filesystem.rm_file(self._path(name))
        except FileNotFoundError:
            return

    def document(self, name: str) -> dict[str, Any] | None:
        """A JSON object in it; None where there is none."""
        try:
            content = patiently(lambda: self._filesystem.cat_file(self._path(name)))
        except FileNotFoundError:
            return None
        read: dict[str, Any] = json.loads(content)
        return read

    def column(self, name: str, columns: list[str]) -> list[dict[str, Any]]:
        """Some columns of a table in it, as rows."""

        def read() -> list[dict[str, Any]]:
            with self._filesystem.open(self._path(name), "rb") as file:
                rows: list[dict[str, Any]] = pq.read_table(file, columns=columns).to_pylist()
                return rows

        return patiently(read)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"
