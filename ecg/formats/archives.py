"""Recordings that come in a zip: its members unpacked under safe names, within bounds, or refused."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from ecg.formats import limits
from ecg.formats.files import InputFile
from ecg.recording_errors import RecordingError

ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_PIECE: Final = 1 << 20
_HEAD: Final = 1 << 16
#: What systems put into archives by themselves.
_LITTER: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
#: Heads of archives in archives.
_ARCHIVES: Final = (ZIP, _EMPTY_ZIP, b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


def is_zip(head: bytes) -> bool:
    """Whether a file that begins so is a zip."""
    return head.startswith((ZIP, _EMPTY_ZIP))


def heads(archive: InputFile) -> list[InputFile]:
    """The first bytes of every member, without unpacking anything."""
    with archive.open() as file, _opened(file) as unpacked:
        return [InputFile(member.filename, _start(unpacked, member)) for member in _members(unpacked)]


def unpack(archive: InputFile, folder: Path) -> list[InputFile]:
    """Every member, in ``folder`` under a number; it keeps its own name only as :attr:`InputFile.name`."""
    files, left = [], limits.MAX_BYTES
    with archive.open() as file, _opened(file) as unpacked:
        for number, member in enumerate(_members(unpacked)):
            target = folder / f"member-{number}"
            try:
                with unpacked.open(member) as source, target.open("wb") as copy:
                    while piece := source.read(_PIECE):
                        left -= len(piece)
                        if left < 0:  # whatever the directory claimed
                            raise _unsafe(f"It unpacks to more than {limits.MAX_BYTES // 1024**3} GB.")
                        copy.write(piece)
            except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
                raise RecordingError("RECORDING_DAMAGED", f"The zip file is damaged: {error}") from error
            files.append(InputFile(member.filename, target))
    return files


def _opened(file: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise RecordingError("RECORDING_DAMAGED", "The zip file is damaged or not complete.") from error


def _members(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """The files of an archive, once all of them are known to be harmless."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    members = [member for member in members if not any(part in member.filename for part in _LITTER)]
    if not members:
        raise RecordingError("RECORDING_EMPTY", "The zip file has no files in it.")
    if len(members) > limits.MAX_FILES:
        raise _unsafe(f"It has {len(members)} files; at most {limits.MAX_FILES} are read.")
    if sum(member.file_size for member in members) > limits.MAX_BYTES:
        raise _unsafe(f"It unpacks to more than {limits.MAX_BYTES // 1024**3} GB.")
    if len({member.filename for member in members}) < len(members):
        raise _unsafe("It has several files of the same name.")
    for member in members:
        _check(archive, member)
    return iter(members)


def _check(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise _unsafe("It has a file whose name leads outside.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise _unsafe("It has a link in it.")
    if member.flag_bits & 1:
        raise RecordingError("RECORDING_ARCHIVE_ENCRYPTED", "The zip file is protected by a password.")
    if _start(archive, member, 8).startswith(_ARCHIVES):
        raise RecordingError("RECORDING_ARCHIVE_NESTED", "The zip file has another archive in it.")


def _start(archive: zipfile.ZipFile, member: zipfile.ZipInfo, length: int = _HEAD) -> bytes:
    try:
        with archive.open(member) as source:
            return source.read(length)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise RecordingError("RECORDING_DAMAGED", f"The zip file is damaged: {error}") from error


def _unsafe(message: str) -> RecordingError:
    return RecordingError("RECORDING_ARCHIVE_UNSAFE", f"The zip file is refused. {message}")
