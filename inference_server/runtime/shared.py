"""What the fronts of one server count together: calls of each token, and recordings under way.

A few pages of memory that the supervisor makes and its fronts share. What is read and then written is done under a lock
of the file behind them, which the kernel takes from a front that dies or is ended; it is held for microseconds. Times
are ``time.monotonic()``, which all processes of a machine share.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_LEVEL: Final = struct.Struct("<ddd")  # rate, level, filled
_DIGEST: Final = 16
_NOBODY: Final = bytes(_DIGEST)
#: A token's bucket lies in one of so many places, by its digest; where all are taken, the one longest unused goes.
_WAYS: Final = 16
_SETS: Final = 256
_BUCKET: Final = _DIGEST + _LEVEL.size
_BUCKETS_BYTES: Final = _BUCKET * _WAYS * _SETS


class SharedMemory:
    """The pages: buckets of tokens, and for each of ``fronts`` the callers of its recordings, ``recordings`` at most.

    ``file`` is what :func:`create` returned, here or in the process that started this one.
    """

    def __init__(self, file: int, *, fronts: int, recordings: int) -> None:
        self.file = file
        self.fronts = fronts
        self.recordings = recordings
        self._memory = mmap.mmap(file, _size(fronts, recordings))

    @classmethod
    def create(cls, *, fronts: int, recordings: int) -> SharedMemory:
        """New pages, all empty."""
        file = os.memfd_create("shared limits")
        os.truncate(file, _size(fronts, recordings))
        return cls(file, fronts=fronts, recordings=recordings)

    @contextmanager
    def alone(self) -> Iterator[mmap.mmap]:
        """The pages, which no other process changes meanwhile."""
        fcntl.lockf(self.file, fcntl.LOCK_EX)
        try:
            yield self._memory
        finally:
            fcntl.lockf(self.file, fcntl.LOCK_UN)

    def callers(self, front: int) -> range:
        """Where the callers of a front's recordings stand."""
        begin = _BUCKETS_BYTES + front * self.recordings * _DIGEST
        return range(begin, begin + self.recordings * _DIGEST, _DIGEST)

    def forget(self, front: int) -> None:
        """A front has ended, and with it what it was at."""
        with self.alone() as memory:
            for place in self.callers(front):
                memory[place : place + _DIGEST] = _NOBODY

    def close(self) -> None:
        """Give the pages back, once nobody uses them any more."""
        self._memory.close()
        os.close(self.file)


class SharedBuckets:
    """The buckets of tokens, each holding one second's worth of calls, and at least one, for all fronts together."""

    def __init__(self, memory: SharedMemory) -> None:
        self._shared = memory

    def wait(self, token: str, rate: float, now: float) -> float:
        """Take one call of the token whose SHA-256 is ``token`` (hexadecimal), which may make ``rate`` a second.

        Returns 0, or how many seconds until there is one to take.
        """
        digest = bytes.fromhex(token)[:_DIGEST]
        with self._shared.alone() as memory:
            place = _bucket(memory, digest)
            level, filled = max(1.0, rate), now
            if memory[place : place + _DIGEST] == digest:
                known_rate, known_level, known_filled = _LEVEL.unpack_from(memory, place + _DIGEST)
                if known_rate == rate:
                    level, filled = known_level, known_filled
            level, wait = take(level, now - filled, rate)
            memory[place : place + _DIGEST] = digest
            _LEVEL.pack_into(memory, place + _DIGEST, rate, level, now)
        return wait


def take(level: float, seconds: float, rate: float) -> tuple[float, float]:
    """What a bucket of that ``level`` holds after another call, ``seconds`` after the last; and how long to wait: 0."""
    level = min(max(1.0, rate), level + seconds * rate)
    return (level, (1 - level) / rate) if level < 1 else (level - 1, 0.0)


class SharedCallers:
    """Whose recordings are being analysed: what one of the fronts tells, and what all of them have."""

    def __init__(self, memory: SharedMemory, front: int) -> None:
        self._shared = memory
        self._own = memory.callers(front)
        self.own = 0
        """Recordings of this front."""

    def add(self, caller: str, check: Callable[[int, int], None]) -> int:
        """Count one more recording of ``caller``, unless ``check`` raises; returns what :meth:`remove` takes.

        ``check`` gets how many there are, in all and of the caller; no other front changes that meanwhile. It has to
        raise where there are as many as the pages have places for.
        """
        digest = hashlib.sha256(caller.encode()).digest()[:_DIGEST]
        with self._shared.alone() as memory:
            everywhere = (place for front in range(self._shared.fronts) for place in self._shared.callers(front))
            taken = Counter(memory[place : place + _DIGEST] for place in everywhere)
            check(taken.total() - taken[_NOBODY], taken[digest])
            free = next(place for place in self._own if memory[place : place + _DIGEST] == _NOBODY)
            memory[free : free + _DIGEST] = digest
        self.own += 1
        return free

    def remove(self, place: int) -> None:
        """A recording that was counted has ended."""
        with self._shared.alone() as memory:
            memory[place : place + _DIGEST] = _NOBODY
        self.own -= 1


def _bucket(memory: mmap.mmap, digest: bytes) -> int:
    """Where the bucket of a token stands, or should stand."""
    begin = digest[0] % _SETS * _WAYS * _BUCKET
    ways = range(begin, begin + _WAYS * _BUCKET, _BUCKET)
    for place in ways:
        if memory[place : place + _DIGEST] == digest:
            return place
    return min(ways, key=lambda place: float(_LEVEL.unpack_from(memory, place + _DIGEST)[2]))


def _size(fronts: int, recordings: int) -> int:
    return _BUCKETS_BYTES + fronts * recordings * _DIGEST
