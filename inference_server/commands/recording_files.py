"""Which recordings the files and folders that somebody named hold: files that belong together are one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ecg.formats import archives
from ecg.formats.sniffing import HEAD, Kind, decoded, kind_of
from ecg.pictures.files import LeftOut, is_of_the_system
from inference_server.exports.document import FORMAT

#: In folders, what may be any text with numbers is a recording only by one of these names.
_TABLE_SUFFIXES: Final = frozenset({".csv", ".tsv", ".json"})
#: What this command writes itself.
_OWN_TABLE: Final = ".beats.csv"
_OWN_DOCUMENT: Final = f'"format": "{FORMAT}"'.encode()


@dataclass(frozen=True, slots=True)
class Given:
    """One recording, not read yet."""

    file: Path
    """What it is called by: the header of a WFDB record, else its only file."""
    files: tuple[Path, ...]
    """All of its files."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the name and the first bytes of a file say of it."""

    named: frozenset[str] | None
    """The files that the header of a WFDB record names; None of what is no header."""
    is_known: bool
    """Whether its bytes may be a recording."""
    is_recording: bool
    """Whether it is taken for one where nobody named it."""

    @classmethod
    def at(cls, name: str, head: bytes) -> Look:
        """A file of this name whose first :data:`~ecg.formats.sniffing.HEAD` bytes are ``head``."""
        kind = kind_of(head) if head else None
        return cls(_named_by(head) if kind is Kind.WFDB else None, kind is not None, _is_recording(name, head, kind))


@dataclass(frozen=True, slots=True)
class Records:
    """The WFDB records among files that lie in one folder, by name."""

    whole: dict[str, tuple[str, ...]]
    """Header and all files of each record, the header first."""
    parts: frozenset[str]
    """All files that belong to one of them."""


def records_among(looks: Mapping[str, Look]) -> Records:
    """The WFDB records among the files of one folder: what a header, and those of its segments, name; what has a
    header's name and is of no kind belongs to it as well.
    """
    members = {name: _members(name, looks) for name, look in looks.items() if look.named is not None}
    within = {member for name, several in members.items() for member in several if member != name}
    stems = {_stem(name) for name in members}
    beside = {name for name, look in looks.items() if _stem(name) in stems and not look.is_known}
    whole = {name: several for name, several in members.items() if name not in within}
    return Records(whole, frozenset(within | beside | set(members)))


def given(paths: Sequence[Path]) -> list[Given | LeftOut]:
    """The recordings in what was named, in its order.

    A WFDB record is one recording, whatever the order of its files: its header, what that names and lies beside it,
    named or not; annotations that came with it are not read. In folders, what is no recording is left out.
    """
    items: list[Given | LeftOut] = []
    records = {folder: records_among(_looks(folder, names)) for folder, names in _by_folder(paths).items()}
    for path in paths:
        if path.is_dir():
            items += _in_folder(path)
        elif path.name in records[path.parent].whole:
            items.append(_given(path.parent, records[path.parent].whole[path.name]))
        elif path.name not in records[path.parent].parts:
            items.append(Given(path, (path,)))
    return items


def _by_folder(paths: Sequence[Path]) -> dict[Path, list[str]]:
    """Names of the files that were named, by folder."""
    folders: dict[Path, list[str]] = {}
    for path in paths:
        if not path.is_dir():
            folders.setdefault(path.parent, []).append(path.name)
    return folders


def _looks(folder: Path, names: Iterable[str]) -> dict[str, Look]:
    """What some files of a folder are, and what lies beside them that the headers among them name."""
    looks: dict[str, Look] = {}
    waiting = list(names)
    while waiting:
        looks |= {name: Look.at(name, _head(folder / name)) for name in waiting}
        wanted = {name for look in looks.values() for name in look.named or ()}
        waiting = sorted(name for name in wanted - looks.keys() if (folder / name).is_file())
    return looks


def _given(folder: Path, names: Sequence[str]) -> Given:
    return Given(folder / names[0], tuple(folder / name for name in names))


def _in_folder(folder: Path) -> Iterator[Given | LeftOut]:
    """The recordings of a folder and those below it; links to folders are not followed."""
    for directory, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_of_the_system(name) and not name.startswith("."))
        here = Path(directory)
        looks = {name: Look.at(name, _head(here / name)) for name in sorted(names) if not is_of_the_system(name)}
        records = records_among(looks)
        for name, look in looks.items():
            if name in records.whole:
                yield _given(here, records.whole[name])
            elif name in records.parts:
                continue
            elif look.is_recording:
                yield Given(here / name, (here / name,))
            else:
                yield LeftOut(here / name, "NOT_A_RECORDING", "The file is no recording.")


def _members(header: str, looks: Mapping[str, Look]) -> tuple[str, ...]:
    """A record's files: its header and what this, and the headers of its segments, name and lies beside it."""
    names = looks[header].named or frozenset()
    segments = [looks[name].named or frozenset() for name in names if name in looks]
    return (header, *sorted(name for name in names.union(*segments) if name in looks and name != header))


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]


def _named_by(head: bytes) -> frozenset[str]:
    """Names of files, none with a path, at the beginnings of a header's lines; a segment's is that of its header."""
    lines = [line.split() for line in (decoded(head) or "").splitlines() if line.strip() and not line.startswith("#")]
    plain = [words[0] for words in lines[1:] if re.fullmatch(r"[\w.\-]+", words[0])]
    return frozenset(name for word in plain for name in (word, f"{word}.hea"))


def _head(path: Path) -> bytes:
    """The beginning of a file; empty where it can't be read, which its reader will say."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def _is_recording(name: str, head: bytes, kind: Kind | None) -> bool:
    suffix = os.path.splitext(name)[1].lower()
    if name.lower().endswith(_OWN_TABLE) or _OWN_DOCUMENT in head[:200]:
        return False
    if archives.is_zip(head):
        return suffix == ".zip"
    return kind is not None and (kind not in (Kind.TABLE, Kind.JSON) or suffix in _TABLE_SUFFIXES)
