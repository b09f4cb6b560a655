"""Folders of recordings that no row knows: left by a killed process, or by a row that was deleted meanwhile."""

from __future__ import annotations

import logging
import random
import shutil
import time
from pathlib import Path
from typing import Final

from django.core.files.storage import default_storage

from webportal.analyses.upkeep.orphans import GRACE, SUSPICIOUS
from webportal.recordings.models import Recording
from webportal.recordings.models.recordings import ROOT

logger = logging.getLogger(__name__)

#: Folders of recordings are stored in so many others, by the first two digits of their names.
_SHELVES: Final = 256


class Round:
    """Looks at one shelf after the other, round and round, beginning somewhere."""

    def __init__(self) -> None:
        self._shelf = random.randrange(_SHELVES)  # noqa: S311 - nothing is protected

    def go_on(self) -> int:
        """Look at the next shelf; returns how many folders were deleted."""
        self._shelf = (self._shelf + 1) % _SHELVES
        return collect(f"{ROOT}/{self._shelf:02x}")


def collect(shelf: str, *, grace: float = GRACE) -> int:
    """Delete the folders on a shelf that no row names and that are older than ``grace`` seconds; returns how many.

    Where they are too many to be an accident nothing is deleted: the database is not the one of these files.
    """
    folder = Path(default_storage.path(shelf))
    if not folder.is_dir():
        return 0
    names = {f"{shelf}/{path.name}": path for path in folder.iterdir() if path.is_dir()}
    known = set(Recording.objects.filter(folder__in=names).values_list("folder", flat=True))
    orphans = [path for name, path in names.items() if name not in known and _is_older(path, grace)]
    if len(orphans) > SUSPICIOUS and len(orphans) * 2 > len(names):
        logger.error("%d of %d folders of recordings have no row: nothing was deleted", len(orphans), len(names))
        return 0
    for path in orphans:
        shutil.rmtree(path, ignore_errors=True)
    if orphans:
        logger.warning("%d folders of recordings without a row were deleted", len(orphans))
    return len(orphans)


def _is_older(path: Path, grace: float) -> bool:
    try:
        return path.stat().st_mtime < time.time() - grace
    except FileNotFoundError:
        return False
