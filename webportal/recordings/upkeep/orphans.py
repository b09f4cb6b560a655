"""Folders of recordings that no row knows: left by a killed process, or by a row that was deleted meanwhile."""

from __future__ import annotations

import logging
import random
import time
from typing import Final

from django.core.files.storage import default_storage

from webportal.analyses.upkeep.orphans import GRACE, SUSPICIOUS
from webportal.media.folders import Folder, folder
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
    try:
        names = [f"{shelf}/{name}" for name in default_storage.listdir(shelf)[0]]
    except FileNotFoundError:
        return 0
    known = set(Recording.objects.filter(folder__in=names).values_list("folder", flat=True))
    youngest = time.time() - grace
    orphans = [stray for name in names if name not in known and _is_older(stray := folder(name), youngest)]
    if len(orphans) > SUSPICIOUS and len(orphans) * 2 > len(names):
        logger.error("%d of %d folders of recordings have no row: nothing was deleted", len(orphans), len(names))
        return 0
    for stray in orphans:
        stray.delete_all()
    if orphans:
        logger.warning("%d folders of recordings without a row were deleted", len(orphans))
    return len(orphans)


def _is_older(stray: Folder, than: float) -> bool:
    changed = stray.changed()
    return changed is not None and changed < than
