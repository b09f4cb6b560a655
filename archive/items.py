"""What is worked on: the files of one recording or picture, and parts of some of them that are written together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

PART_BYTES: Final = 64 * 1024 * 1024
"""A part is complete with so many bytes of files: what a lost worker costs is bounded, whatever the files are."""


class Refusal(NamedTuple):
    """Why something has no answer."""

    reason: str
    """Stable code, upper snake case."""
    message: str
    """A sentence for people."""


@dataclass(frozen=True, slots=True)
class Item:
    """One recording or picture, not read yet; or a file that is neither."""

    file: str
    """What it is called by, printable: the address of the header of a WFDB record, else of its only file."""
    files: tuple[str, ...]
    """Addresses of all its files, that which it is called by first; none of what is left out."""
    size: int = 0
    """Bytes of all files."""
    left_out: Refusal | None = None
    """Why it is not asked about."""


@dataclass(frozen=True, slots=True)
class Part:
    """Items whose rows are written together, by one task."""

    items: tuple[Item, ...] = field(default=())

    @property
    def name(self) -> str:
        """The same for the same items, so that whoever does them again writes over what is there."""
        digest = hashlib.sha256("\n".join(item.file for item in self.items).encode())
        return f"part-{digest.hexdigest()[:24]}"

    def to_json(self) -> str:
        """For :meth:`from_json`, on another machine."""
        return json.dumps([asdict(item) for item in self.items])

    @classmethod
    def from_json(cls, text: str) -> Part:
        """What :meth:`to_json` wrote."""
        return cls(tuple(_item(plain) for plain in json.loads(text)))


def parts_of(items: Iterable[Item], most: int) -> Iterator[Part]:
    """Items in their order, at most ``most`` in a part, and fewer where their files are large."""
    part: list[Item] = []
    size = 0
    for item in items:
        part.append(item)
        size += item.size
        if len(part) >= most or size >= PART_BYTES:
            yield Part(tuple(part))
            part, size = [], 0
    if part:
        yield Part(tuple(part))


def _item(plain: dict[str, Any]) -> Item:
    left_out = plain["left_out"]
    return Item(plain["file"], tuple(plain["files"]), plain["size"], Refusal(*left_out) if left_out else None)
