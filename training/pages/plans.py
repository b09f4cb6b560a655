"""Whose heart a page shows, and how: everything that is drawn by chance before a page is.

People are divided by the five folds of :mod:`training.databases.people`: whoever tests is on no page that trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ecg.leads import STANDARD, index_of
from ecg.recording import Recording
from training import TrainingError
from training.databases import people
from training.databases.database import Entry
from training.databases.registry import DATABASES
from training.pages import making
from training.pages.capture import Medium
from training.pages.excerpts import Excerpt, excerpt_of
from training.pages.making import Page
from training.pages.style import Generator

PARTITIONS: Final[Mapping[str, tuple[int, ...]]] = {"train": (2, 3, 4), "validation": (1,), "test": (0,)}
"""Folds of each partition."""

#: Databases of ten seconds and more of the twelve leads.
TWELVE: Final = ("ptbxl", "cpsc2018", "ludb")

_MEDIA: Final = {
    Medium.CLEAN: 0.2,
    Medium.SCAN: 0.25,
    Medium.PHOTOGRAPH: 0.35,
    Medium.SCREENSHOT: 0.1,
    Medium.MONITOR: 0.1,
}
#: Bands that machines print, Hz; none for all that was recorded.
_BANDS: Final = (None, (0.5, 40.0), (0.05, 150.0), (0.5, 150.0))

#: A lead is drawn if it varies by so many millivolts and is known for such a share of the stretch.
_SEEN_MV: Final = 0.15
_KNOWN: Final = 0.98
#: How often another stretch or record is tried.
_TRIES: Final = 60


class NoRecordingsError(TrainingError):
    """There is nobody to draw."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The records of a partition."""

    twelve: tuple[Entry, ...]
    others: tuple[Entry, ...]

    @classmethod
    def of(cls, partition: str) -> Pool:
        """The records of everybody in a partition, of those databases whose setting names a folder.

        Raises:
            NoRecordingsError: there are none, or there is no such partition.
            RecordsError: a folder is no copy of its database.
        """
        if partition not in PARTITIONS:
            raise NoRecordingsError(f"There is no partition {partition!r}; there are {', '.join(PARTITIONS)}.")
        folds = people.stored_folds()
        by_leads: dict[bool, list[Entry]] = {True: [], False: []}
        for database in DATABASES.values():
            if database.is_set:
                own = [e for e in database.entries() if people.fold_of(e.group, folds) in PARTITIONS[partition]]
                by_leads[database.name in TWELVE] += own
        if not by_leads[True] and not by_leads[False]:
            raise NoRecordingsError("There are no recordings to draw: set PTBXL_DIR, MITDB_DIR or others.")
        return cls(tuple(by_leads[True]), tuple(by_leads[False]))


@dataclass(frozen=True, slots=True)
class Wish:
    """What a page shall be; what is None is left to chance."""

    layout: str | None = None
    medium: Medium | None = None


def page_of(pool: Pool, number: int, seed: int, wish: Wish | None = None) -> Page:
    """The page of a number: equal arguments give equal pages.

    Raises:
        NoRecordingsError: no record can be shown so.
        RecordsError: a record can't be read.
    """
    wish = wish or Wish()
    generator = np.random.default_rng((seed, number))
    media = list(_MEDIA)
    medium = wish.medium or media[int(generator.choice(len(media), p=list(_MEDIA.values())))]
    layout = wish.layout or _layout(pool, medium, generator)
    for _ in range(_TRIES):
        excerpt = _excerpt(pool, layout, generator)
        if excerpt is not None:
            return making.drawn(excerpt, layout, medium, int(generator.integers(2**31)), vary=generator.random() < 0.85)
    raise NoRecordingsError(f"There is no recording that a page {layout} can show.")


def _layout(pool: Pool, medium: Medium, generator: Generator) -> str:
    few = ("1x1", "2x1", "3x1")
    if medium is Medium.MONITOR:
        return str(generator.choice(few, p=[0.4, 0.3, 0.3]))
    if not pool.twelve:
        return str(generator.choice(few[:2], p=[0.7, 0.3]))
    return str(generator.choice(making.LAYOUTS, p=[0.24, 0.06, 0.06, 0.13, 0.24, 0.09, 0.10, 0.08]))


def _excerpt(pool: Pool, layout: str, generator: Generator) -> Excerpt | None:
    """A stretch by chance that such a page can show; None where this try found none."""
    single = layout in {"1x1", "2x1", "3x1"}
    records = pool.others if single and pool.others and generator.random() < 0.6 else pool.twelve or pool.others
    entry = _chosen(records, generator)
    recording = DATABASES[entry.database].read(entry).recording
    wanted = float(generator.choice([10.0, 6.0, 8.0, 12.0], p=[0.6, 0.15, 0.15, 0.1])) if single else 10.0
    seconds = min(wanted, recording.seconds)
    leads = _leads(recording, layout, generator)
    if seconds < (3.0 if single else 9.9) or not leads:
        return None
    begin = int(generator.integers(0, max(1, recording.samples - round(seconds * recording.rate) + 1)))
    band = _BANDS[int(generator.integers(len(_BANDS)))]
    source = f"{entry.database}/{entry.name}@{begin}"
    excerpt = excerpt_of(recording, begin, seconds, band=band, leads=leads, source=source)
    known = np.isfinite(excerpt.millivolts).mean(axis=1) >= _KNOWN
    if not known.all() or not (np.nanmax(excerpt.millivolts, 1) - np.nanmin(excerpt.millivolts, 1) >= _SEEN_MV).all():
        return None
    return Excerpt(_printed(excerpt.leads), excerpt.rate, excerpt.millivolts, source)


def _chosen(records: Sequence[Entry], generator: Generator) -> Entry:
    """A record of a database by chance: small databases have as much to show as large ones, nearly."""
    names = sorted({entry.database for entry in records})
    counts = np.array([sum(entry.database == name for entry in records) for name in names], np.float64)
    shares = np.sqrt(counts)
    name = str(generator.choice(names, p=shares / shares.sum()))
    own = [entry for entry in records if entry.database == name]
    return own[int(generator.integers(len(own)))]


def _leads(recording: Recording, layout: str, generator: Generator) -> tuple[str, ...]:
    """Which leads of a recording the page shows; none where it has too few."""
    if layout not in {"1x1", "2x1", "3x1"}:
        return STANDARD if set(STANDARD) <= set(recording.leads) else ()
    rows = int(layout[0])
    if len(recording.leads) < rows:
        return ()
    if rows == 1 and "II" in recording.leads and generator.random() < 0.4:
        return ("II",)
    places = np.sort(generator.choice(len(recording.leads), rows, replace=False))
    return tuple(recording.leads[place] for place in places)


def _printed(leads: Sequence[str]) -> tuple[str, ...]:
    """What machines print: the standard lead that an ambulatory one stands for, where that is unambiguous."""
    names = [next((lead for lead in STANDARD if index_of([name], lead) == 0), name) for name in leads]
    return tuple(names) if len(set(names)) == len(names) else tuple(leads)
