"""Pictures in a zip file, taken out one by one within bounds. Nothing is written to disk under a name from inside."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from django.conf import settings

#: The record at the end of a zip file, and the longest comment that may follow it (APPNOTE.TXT 4.3.16), bytes.
_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_LONGEST_COMMENT = 0xFFFF
#: Most bytes that the directory may spend on one entry: a long path and a few extra fields.
_DIRECTORY_BYTES_PER_ENTRY = 1024
#: The two methods that every program knows; others may need far more memory than the picture.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: What operating systems put into zip files beside a person's own.
_CLUTTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive, or the archive as a whole where that can't be read."""

    name: str
    """Last part of the path inside the archive; empty for the archive as a whole. Shown once, stored nowhere."""
    data: bytes
    reason: str
    """Reason code; empty when ``data`` was read."""


def entries(file: IO[bytes]) -> Iterator[Entry]:
    """Every file in an archive, each with its bytes or the reason why there are none. Folders are walked through."""
    if not _directory_is_bounded(file):
        yield Entry("", b"", "ARCHIVE_DAMAGED")
        return
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        yield Entry("", b"", "ARCHIVE_DAMAGED")
        return
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir() and not _is_clutter(info.filename)]
        if not infos:
            yield Entry("", b"", "ARCHIVE_EMPTY")
        elif len(infos) > settings.ARCHIVE_MAX_ENTRIES:
            yield Entry("", b"", "ARCHIVE_TOO_MANY_ENTRIES")
        else:
            yield from _read_all(archive, infos)


def _directory_is_bounded(file: IO[bytes]) -> bool:
    """Whether the directory is small enough to be read at all; ``zipfile`` reads it whole, whatever its size."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size - _LONGEST_COMMENT))
    tail = file.read()
    file.seek(0)
    place = tail.rfind(_END_SIGNATURE)
    if place < 0 or len(tail) - place < _END.size:
        return False
    directory_bytes = _END.unpack_from(tail, place)[5]
    return bool(directory_bytes <= settings.ARCHIVE_MAX_ENTRIES * _DIRECTORY_BYTES_PER_ENTRY)


def _is_clutter(name: str) -> bool:
    return name.startswith(_CLUTTER[0]) or PurePosixPath(name).name in _CLUTTER[1:]


def _read_all(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> Iterator[Entry]:
    left = settings.ARCHIVE_MAX_UNPACKED_BYTES
    for info in infos:
        name = PurePosixPath(info.filename.replace("\\", "/")).name
        data, reason = _read(archive, info, left)
        left -= len(data)
        yield Entry(name, b"" if reason else data, reason)


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> tuple[bytes, str]:
    """The bytes that were unpacked and, where they are of no use, the reason."""
    if info.flag_bits & 0x1:
        return b"", "ARCHIVE_ENCRYPTED"
    if info.compress_type not in _METHODS:
        return b"", "ARCHIVE_UNSUPPORTED_METHOD"
    most = min(settings.PICTURE_MAX_BYTES, left)
    try:
        with archive.open(info) as file:
            data = file.read(most + 1)  # never trusting the size that the directory claims
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        return b"", "ARCHIVE_DAMAGED"
    if len(data) > most:
        return data, "IMAGE_TOO_LARGE" if most < left else "ARCHIVE_TOO_LARGE"
    return data, ""
