"""Recordings that were opened a moment ago: a window after the other is of the same one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ecg.store import HEADER, StoredRecording, open_store
from ecg.store_files import StoreFiles

from webportal.recordings.models import Recording
from webportal.recordings.models.recordings import STORE


def opened_store(recording: Recording) -> StoredRecording:
    """A recording that was read; it is never written anew (:class:`ecg.store.StoreWriter`).

    Raises:
        RecordingError: it is damaged.
        FileNotFoundError: there is none.
    """
    stored = recording.stored
    return _store(_Opening(recording.store, stored.name, stored.version(f"{STORE}/{HEADER}")))


@dataclass(frozen=True, slots=True)
class _Opening:
    files: Path | StoreFiles = field(compare=False)
    folder: str
    version: str


@lru_cache(maxsize=32)
def _store(opening: _Opening) -> StoredRecording:
    return open_store(opening.files)
