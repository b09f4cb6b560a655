"""Which files of a folder are pictures: decided by what is in them, not by how they are called.

Everything that people, cameras and operating systems leave in folders is met here: other spellings of a suffix, files
without one, Windows' and macOS' own files, links, pipes. Whoever walks a folder gets every file that was seen, either
as a picture or with the reason why it is none.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from ecg.pictures.kinds import BEGINNING_BYTES, CONVERTIBLE, DESCRIPTIONS, NATIVE, Kind, kind_of

#: Names that claim to be pictures. What claims it and is none gets its refusal from the decoder, not from here.
_SUFFIXES: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".heic", ".heif"}
    | {".avif"}
)

#: What operating systems and network drives put into folders by themselves; never the person's own.
_SYSTEM_FILES: Final = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store", ".directory", "icon\r"})
_SYSTEM_FOLDERS: Final = frozenset(
    {"__macosx", "@eadir", "$recycle.bin", "system volume information", ".spotlight-v100", ".trashes", ".fseventsd"}
)


class LeftOutReason(StrEnum):
    """Stable reason codes for a file that was seen and not taken for a picture."""

    NOT_A_PICTURE = "NOT_A_PICTURE"
    HIDDEN = "HIDDEN"
    NOT_A_FILE = "NOT_A_FILE"
    UNREADABLE = "FILE_UNREADABLE"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file, or a folder that can't be looked into, that was seen and not read."""

    path: Path
    reason: str
    """For programs: a :class:`LeftOutReason`, or the decoder's own."""
    message: str
    """A sentence for people."""


def is_picture(kind: Kind) -> bool:
    """Whether files of a kind are pictures: read as they are, converted, or refused by the decoder with a reason."""
    return kind in NATIVE or kind in CONVERTIBLE or kind is Kind.OTHER_PICTURE


def claims_to_be_a_picture(name: str) -> bool:
    """Whether a file of this name is called a picture, in any spelling."""
    return os.path.splitext(name)[1].lower() in _SUFFIXES


def is_of_the_system(name: str) -> bool:
    """Whether an operating system put a file or folder of this name there by itself."""
    folded = name.casefold()
    return folded in _SYSTEM_FILES or folded in _SYSTEM_FOLDERS or name.startswith("._")


def shown(path: Path | str) -> str:
    """A path for people: what can't be printed, or would move the cursor, is written as Python writes it."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "surrogatepass").decode()
        for letter in str(path)
    )


def walk(folder: Path, follow: Collection[Path] = ()) -> Iterator[Path | LeftOut]:
    """Every file below ``folder``, in the order of the paths: the pictures, and what was left out.

    What operating systems put there is passed over. Links to files are followed; links to folders are not, but for
    those in ``follow``, so that no walk is endless.
    """
    waiting = _entries(folder, follow, hidden=False)
    while waiting:
        item = waiting.pop()
        if isinstance(item, LeftOut):
            yield item
        elif item.is_folder:
            waiting.extend(_entries(item.path, follow, hidden=item.hidden))
        elif item.hidden:
            yield LeftOut(item.path, LeftOutReason.HIDDEN, "The file is in a hidden folder.")
        else:
            yield _looked_at(item.path)


class _Entry(NamedTuple):
    path: Path
    is_folder: bool
    hidden: bool
    """Whether it is, or lies in, a hidden folder."""


def _entries(folder: Path, follow: Collection[Path], *, hidden: bool) -> list[_Entry | LeftOut]:
    """What lies in ``folder``, the last name first."""
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name, reverse=True)
    except OSError as error:
        return [LeftOut(folder, LeftOutReason.UNREADABLE, f"The folder can't be read: {error.strerror}.")]
    inside: list[_Entry | LeftOut] = []
    for entry in listed:
        if not is_of_the_system(entry.name):
            path = Path(entry.path)
            is_folder = entry.is_dir(follow_symlinks=path in follow)
            inside.append(_Entry(path, is_folder, hidden or (is_folder and entry.name.startswith("."))))
    return inside


def _looked_at(path: Path) -> Path | LeftOut:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for whoever writes into it
            kind = "a link to a folder" if path.is_dir() else "no regular file"
            return LeftOut(path, LeftOutReason.NOT_A_FILE, f"It is {kind}, which is not followed.")
        with path.open("rb") as file:
            kind = kind_of(file.read(BEGINNING_BYTES))
    except FileNotFoundError:
        return LeftOut(path, LeftOutReason.NOT_A_FILE, "It is a link to something that is not there.")
    except OSError as error:
        return LeftOut(path, LeftOutReason.UNREADABLE, f"The file can't be read: {error.strerror}.")
    if is_picture(kind) or claims_to_be_a_picture(path.name):
        return path
    return LeftOut(path, LeftOutReason.NOT_A_PICTURE, f"The file is {DESCRIPTIONS[kind]}.")
