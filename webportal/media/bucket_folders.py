"""The folder of one recording in a bucket: objects whose keys begin with its name.

A file that is being sent is the objects below ``<name>.pieces/``, each called by where it begins and how long it is:
whichever process takes a piece, all see it. A piece that came twice is one object. Two that begin at the same place
are told apart by their length, and the longer one counts, so whoever asks gets the same answer.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from boto3.s3.transfer import TransferConfig
from numpy.typing import NDArray

from webportal.media.folders import Misplaced, TooMuch
from webportal.media.ranges import Ranges
from webportal.media.s3_errors import told

_PIECES: Final = ".pieces/"
#: Most pieces of a file, and how many bytes each may have had on average before more are taken: a script sends pieces
#: of 8 MiB, and goes on anywhere when a connection breaks.
_MOST_PIECES: Final = 1000
_PIECE_BYTES: Final = 4 << 20
#: Objects that are deleted by one call, at most.
_DELETED_AT_ONCE: Final = 1000
#: Large files go in parts of this size, two at a time.
_TRANSFER: Final = TransferConfig(multipart_threshold=16 << 20, multipart_chunksize=16 << 20, max_concurrency=2)


@dataclass(frozen=True, slots=True, order=True)
class _Piece:
    begin: int
    length: int
    key: str


class BucketFolder:
    """See :class:`webportal.media.folders.Folder`; what is not said otherwise is as there."""

    def __init__(self, client: Any, bucket: str, name: str, ranges: Ranges) -> None:
        self._client, self._bucket, self._folder, self._ranges = client, bucket, name, ranges

    @property
    def name(self) -> str:
        """See :meth:`Folder.name`."""
        return self._folder

    def read(self, name: str) -> bytes:
        """See :meth:`Folder.read`."""
        with told():
            return bytes(self._client.get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read())

    @contextmanager
    def opened(self, name: str) -> Iterator[io.BufferedReader]:
        """See :meth:`Folder.opened`."""
        with told():
            body = self._client.get_object(Bucket=self._bucket, Key=self._key(name))["Body"]
        try:
            yield io.BufferedReader(_Told(body))
        finally:
            body.close()

    def size(self, name: str) -> int:
        """See :meth:`Folder.size`."""
        return int(self._head(name)["ContentLength"])

    def version(self, name: str) -> str:
        """See :meth:`Folder.version`."""
        return str(self._head(name)["ETag"])

    def exists(self, name: str) -> bool:
        """See :meth:`Folder.exists`."""
        try:
            self._head(name)
        except FileNotFoundError:
            return False
        return True

    def names(self, below: str = "") -> list[str]:
        """See :meth:`Folder.names`."""
        return [key.removeprefix(self._key("")) for key, _ in self._listed(self._within(below))]

    def changed(self) -> float | None:
        """See :meth:`Folder.changed`."""
        return max((at for _, at in self._listed(self._key(""))), default=None)

    def write(self, name: str, data: bytes) -> None:
        """See :meth:`Folder.write`."""
        with told():
            self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=data)

    def delete(self, name: str) -> None:
        """See :meth:`Folder.delete`."""
        with told():
            self._client.delete_object(Bucket=self._bucket, Key=self._key(name))

    def delete_all(self, below: str = "") -> None:
        """See :meth:`Folder.delete_all`."""
        self._ranges.forget(self._within(below))
        self._delete([key for key, _ in self._listed(self._within(below))])

    def arrived(self, name: str) -> int:
        """See :meth:`Folder.arrived`."""
        try:
            return self.size(name)
        except FileNotFoundError:
            return _end_of(self._pieces(name))

    def append(self, name: str, offset: int, piece: bytes, most: int) -> int:
        """See :meth:`Folder.append`."""
        pieces = self._pieces(name)
        there = _end_of(pieces)
        if offset != there:
            raise Misplaced(there)
        if there + len(piece) > most or len(pieces) >= max(_MOST_PIECES, most // _PIECE_BYTES):
            raise TooMuch
        if piece:
            self.write(f"{name}{_PIECES}{offset:015d}-{len(piece)}", piece)
        elif not most:
            self.write(name, b"")
        return there + len(piece)

    def join(self, name: str) -> None:
        """Put the pieces together, and delete them; where another worker was lost meanwhile, from where it was."""
        pieces = self._pieces(name)
        if not pieces:
            return
        if not self.exists(name):
            with tempfile.TemporaryFile() as whole:
                for piece in _chain(pieces):
                    with self.opened(piece.key.removeprefix(self._key(""))) as file:
                        shutil.copyfileobj(file, whole)
                whole.seek(0)
                with told():
                    self._client.upload_fileobj(whole, self._bucket, self._key(name), Config=_TRANSFER)
        self._delete([piece.key for piece in pieces])

    @contextmanager
    def on_disk(self, name: str) -> Iterator[Path]:
        """See :meth:`Folder.on_disk`."""
        with tempfile.TemporaryDirectory(prefix="beatlens-") as folder:
            path = Path(folder, "file")
            with self.opened(name) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target)
            yield path

    @contextmanager
    def filling(self, below: str, *, last: str) -> Iterator[Path]:
        """See :meth:`Folder.filling`."""
        with tempfile.TemporaryDirectory(prefix="beatlens-") as folder:
            yield Path(folder)
            self._ranges.forget(self._within(below))
            paths = [path for path in Path(folder).iterdir() if path.is_file()]
            for path in sorted(paths, key=lambda path: (path.name == last, path.name)):
                with told():
                    key = self._key(f"{below}/{path.name}")
                    self._client.upload_file(str(path), self._bucket, key, Config=_TRANSFER)

    def store_files(self, below: str) -> BucketFiles:
        """See :meth:`Folder.store_files`."""
        return BucketFiles(self._ranges, self._within(below))

    def _key(self, name: str) -> str:
        return f"{self._folder}/{name}"

    def _within(self, below: str) -> str:
        """What the keys in a folder within begin with."""
        return self._key(f"{below}/" if below else "")

    def _head(self, name: str) -> dict[str, Any]:
        with told():
            return dict(self._client.head_object(Bucket=self._bucket, Key=self._key(name)))

    def _listed(self, beginning: str) -> list[tuple[str, float]]:
        """Keys that begin so, in order, and when each was written, seconds since 1970."""
        with told():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=beginning)
            found = [
                (str(one["Key"]), one["LastModified"].timestamp()) for page in pages for one in page.get("Contents", ())
            ]
        return sorted(found)

    def _pieces(self, name: str) -> list[_Piece]:
        beginning = self._key(name + _PIECES)
        pieces = []
        for key, _ in self._listed(beginning):
            begin, _, length = key.removeprefix(beginning).partition("-")
            pieces.append(_Piece(int(begin), int(length), key))
        return sorted(pieces)

    def _delete(self, keys: list[str]) -> None:
        for begin in range(0, len(keys), _DELETED_AT_ONCE):
            doomed = {"Objects": [{"Key": key} for key in keys[begin : begin + _DELETED_AT_ONCE]], "Quiet": True}
            with told():
                self._client.delete_objects(Bucket=self._bucket, Delete=doomed)


class BucketFiles:
    """The files of a stored recording, read in ranges; see :class:`ecg.store_files.StoreFiles`."""

    def __init__(self, ranges: Ranges, beginning: str) -> None:
        self._ranges, self._beginning = ranges, beginning

    def size(self, name: str) -> int:
        """See :meth:`StoreFiles.size`."""
        return self._ranges.size(self._beginning + name)

    def read(self, name: str, begin: int, end: int) -> NDArray[np.uint8]:
        """See :meth:`StoreFiles.read`."""
        return np.frombuffer(self._ranges.read(self._beginning + name, begin, end), np.uint8)


class _Told(io.RawIOBase):
    """The body of an answer, whose failures are told as those of every call."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self._body = body

    def readable(self) -> bool:
        """See :meth:`io.RawIOBase.readable`."""
        return True

    def readinto(self, buffer: Any) -> int:
        """See :meth:`io.RawIOBase.readinto`."""
        with told():
            data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _chain(pieces: list[_Piece]) -> list[_Piece]:
    """Those that go on from the beginning, each where the one before ends."""
    longest = {piece.begin: piece for piece in pieces}  # in order of their length, so the last one stays
    chain: list[_Piece] = []
    while following := longest.get(_end_of_chain(chain)):
        chain.append(following)
    return chain


def _end_of_chain(chain: list[_Piece]) -> int:
    return chain[-1].begin + chain[-1].length if chain else 0


def _end_of(pieces: list[_Piece]) -> int:
    return _end_of_chain(_chain(pieces))
