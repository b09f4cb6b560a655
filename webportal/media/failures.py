"""What an object store that does not do what it is asked for comes to, in terms that hold for every storage."""

from __future__ import annotations


class StorageFailed(Exception):  # noqa: N818 - reads as what happened
    """The storage refuses what it is asked for, for good: its key, its bucket or its settings are wrong.

    No ``OSError``: whoever takes one for a damaged file would throw away what is only out of reach.
    """


class StorageUnavailable(StorageFailed):
    """The storage is away or overloaded: the same may well succeed in a moment."""


def passes(error: BaseException | None) -> bool:
    """Whether ``error``, or what led to it, is a storage that is away for a moment."""
    while error is not None:
        if isinstance(error, StorageUnavailable):
            return True
        error = error.__cause__
    return False
