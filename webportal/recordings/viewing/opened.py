"""Recordings that were opened a moment ago: a window after the other is of the same one."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ecg.store import StoredRecording, open_store


def opened_store(folder: Path) -> StoredRecording:
    """The recording in a folder; it is never written anew (:class:`ecg.store.StoreWriter`).

    Raises:
        RecordingError: it is damaged.
        FileNotFoundError: there is none.
    """
    return _store(folder, (folder / "recording.json").stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _store(folder: Path, _written: int) -> StoredRecording:
    return open_store(folder)
