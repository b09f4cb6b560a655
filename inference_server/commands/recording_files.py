"""Which recordings the files and folders that somebody named hold: files that belong together are one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
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


def given(paths: Sequence[Path]) -> list[Given | LeftOut]:
    """The recordings in what was named, in its order.

    A WFDB record is one recording, whatever the order of its files: its header, what that names and lies beside it,
    named or not; annotations that came with it are not read. In folders, what is no recording is left out.
    """
    items: list[Given | LeftOut] = []
    heads = {path: _head(path) for path in paths if not path.is_dir()}
    records = _records(heads)
    for path in paths:
        if path.is_dir():
            items += _in_folder(path)
        elif path in records.whole:
            items.append(Given(path, records.whole[path]))
        elif path not in records.parts:
            items.append(Given(path, (path,)))
    return items


def _in_folder(folder: Path) -> Iterator[Given | LeftOut]:
    """The recordings of a folder and those below it; links to folders are not followed."""
    for directory, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_of_the_system(name) and not name.startswith("."))
        heads = {Path(directory) / name: b"" for name in sorted(names) if not is_of_the_system(name)}
        heads = {path: _head(path) for path in heads}
        records = _records(heads)
        for path, head in heads.items():
            if path in records.whole:
                yield Given(path, records.whole[path])
            elif path in records.parts:
                continue
            elif _is_recording(path, head):
                yield Given(path, (path,))
            else:
                yield LeftOut(path, "NOT_A_RECORDING", "The file is no recording.")


@dataclass(frozen=True, slots=True)
class _Records:
    whole: dict[Path, tuple[Path, ...]]
    """Header and all files of each WFDB record."""
    parts: frozenset[Path]
    """All files that belong to one of them."""


def _records(heads: Mapping[Path, bytes]) -> _Records:
    """The WFDB records among some files."""
    members = {path: _members(path, head) for path, head in heads.items() if head and kind_of(head) is Kind.WFDB}
    within = {member for path, several in members.items() for member in several if member != path}
    stems = {path.with_suffix("") for path in members}
    beside = {path for path, head in heads.items() if path.with_suffix("") in stems and kind_of(head) is None}
    return _Records(
        {path: several for path, several in members.items() if path not in within},
        frozenset(within | beside | set(members)),
    )


def _members(header: Path, head: bytes) -> tuple[Path, ...]:
    """A record's files: its header and what this, and the headers of its segments, name and lies beside it."""
    names = _named_by(head)
    for name in sorted(names):
        if name.endswith(".hea"):
            names |= _named_by(_head(header.parent / name))
    own = sorted(path for name in names if (path := header.parent / name).is_file() and path != header)
    return (header, *own)


def _named_by(head: bytes) -> set[str]:
    """Names of files, none with a path, at the beginnings of a header's lines; a segment's is that of its header."""
    lines = [line.split() for line in (decoded(head) or "").splitlines() if line.strip() and not line.startswith("#")]
    plain = [words[0] for words in lines[1:] if re.fullmatch(r"[\w.\-]+", words[0])]
    return {name for word in plain for name in (word, f"{word}.hea")}


def _head(path: Path) -> bytes:
    """The beginning of a file; empty where it can't be read, which its reader will say."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def _is_recording(path: Path, head: bytes) -> bool:
    if path.name.lower().endswith(_OWN_TABLE) or _OWN_DOCUMENT in head[:200]:
        return False
    if archives.is_zip(head):
        return path.suffix.lower() == ".zip"
    kind = kind_of(head)
    return kind is not None and (kind not in (Kind.TABLE, Kind.JSON) or path.suffix.lower() in _TABLE_SUFFIXES)
