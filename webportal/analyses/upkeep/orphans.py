"""Files that no row knows: left by a process that was killed between the file and the row, or by a storage that failed
to delete. They are collected a few at a time, round and round through the folders of the storage.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from django.apps import apps
from django.core.files.storage import default_storage
from django.db.models import FileField
from django.utils import timezone

logger = logging.getLogger(__name__)

#: Folders of the storage that hold nothing but files with rows, and the probes of ``/readyz``. What an administrator
#: puts beside them is left alone.
FOLDERS: Final = ("originals", "pictures", "probes", "thumbnails")
#: A younger file may still get its row: seconds.
GRACE: Final = 3600.0
#: Files looked at in one pass, so that it takes moments.
BATCH: Final = 2000
#: More orphans than this that are also most of a pass are no accident: the database is not the one of these files.
SUSPICIOUS: Final = 20
#: Names in one question to the database; SQLite of 2020 and before takes no more than 999.
_ASKED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Pass:
    """What one look at a part of the storage found."""

    looked_at: int
    orphans: tuple[str, ...]
    """Names of files that are older than the grace and have no row."""
    next: str
    """Where the next pass begins; empty: everything behind the beginning has been seen."""

    @property
    def is_suspicious(self) -> bool:
        """Whether so much is missing that the database is more likely to be wrong than the files."""
        return len(self.orphans) > SUSPICIOUS and len(self.orphans) * 2 > self.looked_at


def look(*, after: str = "", limit: int = BATCH, grace: float = GRACE) -> Pass:
    """Look at the next ``limit`` files in the order of their names, beginning behind ``after``.

    ``grace`` is the age in seconds from which a file should have a row. Nothing is changed.
    """
    names = list(islice(_names(after), limit))
    known = _known(names)
    youngest = timezone.now() - timedelta(seconds=grace)
    orphans = tuple(name for name in names if name not in known and _is_older(name, youngest))
    return Pass(looked_at=len(names), orphans=orphans, next=names[-1] if len(names) == limit else "")


def collect(orphans: tuple[str, ...]) -> int:
    """Delete files that :func:`look` found; returns how many. A storage that refuses one raises."""
    for name in orphans:
        default_storage.delete(name)
    return len(orphans)


class Round:
    """Passes one after the other, each where the last one ended; the first somewhere, so that after many restarts
    everything has been seen too.
    """

    def __init__(self) -> None:
        self._after = f"{random.choice(FOLDERS)}/{random.randrange(256):02x}"  # noqa: S311 - nothing is protected

    def go_on(self) -> int:
        """One pass; returns how many files it deleted."""
        part = look(after=self._after)
        self._after = part.next
        if part.is_suspicious:
            logger.error(
                "%d of %d files have no row in this database: nothing was deleted. If it is the right one, run "
                "manage.py sweep_files.", len(part.orphans), part.looked_at,
            )  # fmt: skip
            return 0
        if part.orphans:
            logger.warning("%d files without a row were deleted", len(part.orphans))
        return collect(part.orphans)


def _names(after: str) -> Iterator[str]:
    """Names of files behind ``after``, in order; one folder is listed at a time."""
    for top in FOLDERS:
        folders, files = _listed(top)
        # A folder stands where its files do.
        for entry in sorted([f"{top}/{name}/" for name in folders] + [f"{top}/{name}" for name in files]):
            if not entry.endswith("/"):
                inside = [entry]
            elif f"{entry}\uffff" > after:
                inside = sorted(entry + name for name in _listed(entry.rstrip("/"))[1])
            else:
                inside = []
            yield from (name for name in inside if name > after)


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def _known(names: list[str]) -> set[str]:
    """Those of ``names`` that some row of any model holds."""
    known: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, FileField):
                for start in range(0, len(names), _ASKED_AT_ONCE):
                    condition = {f"{field.name}__in": names[start : start + _ASKED_AT_ONCE]}
                    known.update(model._default_manager.filter(**condition).values_list(field.name, flat=True))
    return known


def _is_older(name: str, than: datetime) -> bool:
    try:
        return bool(default_storage.get_modified_time(name) < than)
    except FileNotFoundError:  # deleted meanwhile, by its owner or by another worker
        return False
