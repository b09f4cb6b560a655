"""Atrial fibrillation in records of twelve leads, ten seconds mostly: what the evidence of half a minute says there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.recordings.analysed import analysed, records
from benchmarks.recordings.atrial import fitted
from benchmarks.recordings.rhythm import timeline_of
from benchmarks.recordings.table import show
from ecg.features.atrial import ATRIAL
from ecg.rhythm.atrial_fibrillation import NUMBERS, score, windows
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.timeline import Timeline
from training.databases.cpsc2018 import CPSC2018
from training.databases.database import Entry
from training.databases.labels import Label
from training.databases.ludb import LUDB
from training.databases.people import fold_of, stored_folds
from training.databases.ptbxl import PTBXL
from training.evaluation.bootstrap import group_weights, interval
from training.evaluation.recordings.twelve_leads import ALL, best_bound

_DATABASES: Final = (PTBXL, CPSC2018, LUDB)
_COLUMNS: Final = ("by", "records", "with", "Se", "+P", "F1", "95 % by person")


@dataclass(slots=True)
class AtrialRecords:
    """The evidence of all records, one after the other."""

    numbers: list[NDArray[np.float64]] = field(default_factory=list)
    fibrillates: list[bool] = field(default_factory=list)
    flutters: list[bool] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry, timeline: Timeline) -> None:
        """Numbers of a record, ``[21]``: the mean of its windows; ``nan`` with too few intervals."""
        found = [own for _, own in windows(timeline.rhythmic(), len(timeline.readable), RhythmSettings())]
        known = [own for own in found if own is not None]
        self.numbers.append(np.mean(known, axis=0) if known else np.full(len(NUMBERS) + len(ATRIAL), np.nan))
        self.fibrillates.append(Label.AF in entry.labels)
        self.flutters.append(Label.AFL in entry.labels and Label.AF not in entry.labels)
        self.entries.append(entry)


def command() -> None:
    """Print how well records of twelve leads are told to have atrial fibrillation, by person; flutter stands apart."""
    measured = AtrialRecords()
    for database in _DATABASES:
        if not database.is_set:
            show(f"{database.title}: left out, {database.setting} is not set.", [], [])
            continue
        for record in records(database):
            found = analysed(record.recording)
            measured.add(record.entry, timeline_of(record, found, classified=False))
    if measured.numbers:
        show("Atrial fibrillation in records of twelve leads", ["database", *_COLUMNS], rows(measured))


def rows(measured: AtrialRecords) -> list[list[object]]:
    """Se, +P and F1, percent, by database and of all, of each way to decide; what is called so of flutter is last."""
    numbers, flutters = np.array(measured.numbers), np.array(measured.flutters)
    table: list[list[object]] = []
    for by, called in (
        ("as half a minute is decided", np.array([np.isfinite(own[0]) and score(own) > 0 for own in numbers])),
        ("intervals alone, by person", by_person(measured, slice(len(NUMBERS)))),
        ("intervals and P waves, by person", by_person(measured, slice(None))),
    ):
        databases = np.array([entry.database for entry in measured.entries])
        for name in (*np.unique(databases).tolist(), ALL):
            own = ((databases == name) | (name == ALL)) & ~flutters
            table.append([name, by, *_scores(measured, called, own)])
        table.append(["flutter, called so", by, int(flutters.sum()), int(called[flutters].sum()), *[None] * 4])
    return table


def by_person(measured: AtrialRecords, columns: slice) -> NDArray[np.bool_]:
    """What is called so by the fit and the bound of the other folds' people; nothing of which the numbers aren't known.

    Atrial flutter is not fitted to.
    """
    numbers, truth = np.array(measured.numbers)[:, columns], np.array(measured.fibrillates)
    people = np.array([entry.person for entry in measured.entries])
    table = stored_folds()
    folds = np.array([fold_of(entry.group, table) for entry in measured.entries])
    known = np.isfinite(numbers).all(axis=1)
    called = np.zeros(len(truth), np.bool_)
    for fold in np.unique(folds):
        others, asked = known & (folds != fold) & ~np.array(measured.flutters), known & (folds == fold)
        if asked.any() and truth[others].any():
            model = fitted(numbers[others], truth[others], people[others])
            bound = best_bound(model.decision_function(numbers[others]), truth[others])
            called[asked] = model.decision_function(numbers[asked]) >= bound
    return called


def _scores(measured: AtrialRecords, called: NDArray[np.bool_], own: NDArray[np.bool_]) -> list[object]:
    """What :data:`_COLUMNS` names, of the records of ``own``; people are drawn with replacement."""
    truth, said = np.array(measured.fibrillates)[own], called[own]
    people = np.array([entry.person for entry in measured.entries])[own]
    _, place = np.unique(people, return_inverse=True)
    totals = np.stack([np.bincount(place, weights=part) for part in (truth & said, truth, said)])
    right, with_it, so_called = totals.sum(axis=1)
    drawn = group_weights(totals.shape[1]) @ totals.T
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = 100 * np.array([right / with_it, right / so_called])
        between = interval(float(200 * right / (with_it + so_called)), 200 * drawn[:, 0] / (drawn[:, 1] + drawn[:, 2]))
    return [len(truth), int(with_it), *shares.tolist(), between.value, f"{between.low:.1f} to {between.high:.1f}"]
