"""Which recordings and pictures lie in folders, here or in object storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

import fsspec
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from archive.items import Item, Refusal
from ecg.formats.sniffing import HEAD
from ecg.pictures.files import claims_to_be_a_picture, is_of_the_system, is_picture, shown
from ecg.pictures.kinds import BEGINNING_BYTES, kind_of
from inference_server.commands.recording_files import Look, records_among

#: Names that claim to be recordings. What claims it and is none gets its refusal from its reader, not from here.
_CLAIMS: Final = frozenset({".bdf", ".dcm", ".ecg", ".edf", ".hea", ".scp"})

#: Beginnings of so many files are held at a time; storage that can is asked for all of them at once.
_AT_ONCE: Final = 256


class NothingThereError(Exception):
    """An address that was named leads to nothing that can be listed."""


def items_in(address: str) -> Iterator[Item]:
    """The recordings and pictures at an address of fsspec or a path: a file, or a folder and those below it.

    What is neither is an item that is left out. A folder is listed when its turn comes, and of its files no more is
    held than what they are.

    Raises:
        NothingThereError: there is nothing, or it can't be reached.
    """
    try:
        filesystem, path = fsspec.url_to_fs(address)
        entry = filesystem.info(path)
        if entry["type"] == "directory":
            yield from _below(filesystem, path)
        else:
            yield from _named(filesystem, entry)
    except (OSError, ValueError, ImportError) as error:  # fsspec's ways of saying that there is no such thing
        raise NothingThereError(f"{address} can't be read: {error}") from error


def _below(filesystem: AbstractFileSystem, folder: str) -> Iterator[Item]:
    """Everything in a folder, then in those below it; hidden folders and links to folders are passed over."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            entries = _entries(filesystem, here)
        except PermissionError as error:
            yield _left_out(filesystem, here, "FILE_UNREADABLE", f"The folder can't be read: {error.strerror}.")
            continue
        names = {_name(entry): entry for entry in entries if entry["type"] != "directory"}
        yield from _items(filesystem, names, _looks(filesystem, names))
        below = [entry for entry in entries if entry["type"] == "directory" and not _name(entry).startswith(".")]
        waiting += [entry["name"] for entry in reversed(below)]


def _entries(filesystem: AbstractFileSystem, folder: str) -> list[dict[str, Any]]:
    """What lies in a folder, by name, without what operating systems put there."""
    entries = []
    for entry in filesystem.ls(folder, detail=True):
        if is_of_the_system(_name(entry)) or entry["name"].rstrip("/") == folder.rstrip("/"):
            continue
        followed = _followed(filesystem, entry)
        if followed is not None:
            entries.append(followed)
    return sorted(entries, key=_name)


def _followed(filesystem: AbstractFileSystem, entry: dict[str, Any]) -> dict[str, Any] | None:
    """What a link leads to, if that is no folder; anything else as it is."""
    if not entry.get("islink"):
        return entry
    try:
        target: dict[str, Any] = filesystem.info(entry["name"])
    except FileNotFoundError:
        return entry
    return None if target["type"] == "directory" else target


def _looks(filesystem: AbstractFileSystem, names: Mapping[str, dict[str, Any]]) -> dict[str, tuple[Look, bool]]:
    """What each file says of itself as a recording, and whether it is a picture or claims to be something."""
    looks = {}
    known = [name for name, entry in names.items() if entry["type"] == "file"]  # a pipe would never end
    for place in range(0, len(known), _AT_ONCE):
        some = known[place : place + _AT_ONCE]
        heads = filesystem.cat_ranges([names[name]["name"] for name in some], 0, HEAD, on_error="return")
        for name, head in zip(some, heads, strict=True):
            # What can't be read says so to whoever reads it.
            looks[name] = _look(name, head if isinstance(head, bytes) else b"")
    return looks


def _look(name: str, head: bytes) -> tuple[Look, bool]:
    claims = claims_to_be_a_picture(name) or PurePosixPath(name).suffix.lower() in _CLAIMS
    return Look.at(name, head), claims or is_picture(kind_of(head[:BEGINNING_BYTES]))


def _items(
    filesystem: AbstractFileSystem, names: Mapping[str, dict[str, Any]], looks: Mapping[str, tuple[Look, bool]]
) -> Iterator[Item]:
    """The items among the files of one folder."""
    records = records_among({name: look for name, (look, _) in looks.items()})
    for name, entry in names.items():
        if name in records.whole:
            yield _item(filesystem, [names[member] for member in records.whole[name]])
        elif name in records.parts:
            continue
        elif name in looks and (looks[name][0].is_recording or looks[name][1]):
            yield _item(filesystem, [entry])
        else:
            yield _left_out(filesystem, entry["name"], "NOT_A_RECORDING", "The file is no recording and no picture.")


def _named(filesystem: AbstractFileSystem, entry: dict[str, Any]) -> Iterator[Item]:
    """A file that was named: taken for what it is called to be; a header brings what lies beside it."""
    folder = entry["name"].rpartition("/")[0]
    (look, _) = _looks(filesystem, {_name(entry): entry})[_name(entry)]
    if look.named is None:
        yield _item(filesystem, [entry])
        return
    beside = {_name(other): other for other in _entries(filesystem, folder) if other["type"] == "file"}
    records = records_among({name: look for name, (look, _) in _looks(filesystem, beside).items()})
    yield _item(filesystem, [beside[member] for member in records.whole.get(_name(entry), (_name(entry),))])


def _item(filesystem: AbstractFileSystem, entries: list[dict[str, Any]]) -> Item:
    files = tuple(_address(filesystem, entry["name"]) for entry in entries)
    return Item(shown(files[0]), files, sum(int(entry["size"] or 0) for entry in entries))


def _left_out(filesystem: AbstractFileSystem, path: str, reason: str, message: str) -> Item:
    return Item(shown(_address(filesystem, path)), (), left_out=Refusal(reason, message))


def _address(filesystem: AbstractFileSystem, path: str) -> str:
    """Of a file on this machine its path, else with the storage's name before it."""
    return path if isinstance(filesystem, LocalFileSystem) else str(filesystem.unstrip_protocol(path))


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry["name"]).rstrip("/").rpartition("/")[2]
