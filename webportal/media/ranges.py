"""Ranges of objects, as a viewer asks for them: read in parts of one size, the last of which are kept in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

#: Bytes of a part: a window of a recording is in one or two of them.
PART: Final = 1 << 20

#: Objects whose sizes are kept.
_SIZES: Final = 10_000

#: Reads bytes of an object: ``read(key, begin, end)`` gives those up to ``end`` or the object's end, and how many the
#: object has in all.
ReadRange = Callable[[str, int, int], tuple[bytes, int]]


class Ranges:
    """At most ``most`` bytes of parts, those first forgotten that were longest not asked for; for any threads.

    A part that is known stays right: an object that others may know is never written anew under its key.
    """

    def __init__(self, read: ReadRange, *, most: int) -> None:
        self._read, self._most = read, most
        self._parts: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def size(self, key: str) -> int:
        """Bytes of an object.

        Raises:
            FileNotFoundError: there is none.
        """
        with self._lock:
            known = self._sizes.get(key)
        return self._fetch(key, 0)[1] if known is None else known

    def read(self, key: str, begin: int, end: int) -> bytes:
        """Bytes ``begin`` to ``end`` of an object; those behind its end are left out.

        Raises:
            FileNotFoundError: there is none.
        """
        end = min(end, self.size(key))
        if begin >= end:
            return b""
        parts = [self._part(key, number) for number in range(begin // PART, -(-end // PART))]
        start = begin // PART * PART
        return b"".join(parts)[begin - start : end - start]

    def forget(self, beginning: str) -> None:
        """Forget all objects whose keys begin so: they are written anew, or deleted."""
        with self._lock:
            for key, number in [known for known in self._parts if known[0].startswith(beginning)]:
                self._bytes -= len(self._parts.pop((key, number)))
            for key in [known for known in self._sizes if known.startswith(beginning)]:
                del self._sizes[key]

    def _part(self, key: str, number: int) -> bytes:
        with self._lock:
            part = self._parts.get((key, number))
            if part is not None:
                self._parts.move_to_end((key, number))
                return part
        return self._fetch(key, number)[0]

    def _fetch(self, key: str, number: int) -> tuple[bytes, int]:
        part, size = self._read(key, number * PART, (number + 1) * PART)
        with self._lock:
            self._sizes[key] = size
            self._bytes += len(part) - len(self._parts.get((key, number), b""))
            self._parts[key, number] = part
            self._make_room()
        return part, size

    def _make_room(self) -> None:
        while self._bytes > self._most and len(self._parts) > 1:
            _, part = self._parts.popitem(last=False)
            self._bytes -= len(part)
        while len(self._sizes) > _SIZES:
            self._sizes.popitem(last=False)
