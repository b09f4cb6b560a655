"""Atrial fibrillation in windows of half a minute, each person by a fit without them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.recordings.by_person import COLUMNS, share
from benchmarks.recordings.rhythms import atrial_seconds
from benchmarks.recordings.table import show
from ecg.features.atrial import ATRIAL
from ecg.rhythm.atrial_fibrillation import NUMBERS, windows
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.timeline import Timeline
from training.databases.database import DatabaseRecord
from training.databases.people import FOLDS, fold_of, stored_folds

WINDOW: Final = 30
"""Seconds."""


@dataclass(slots=True)
class AtrialWindows:
    """Windows of all people."""

    numbers: list[NDArray[np.float64]] = field(default_factory=list)
    fibrillates: list[bool] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    databases: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def add(self, record: DatabaseRecord, timeline: Timeline) -> None:
        """The windows of a record, one after the other."""
        seconds = len(timeline.readable)
        truth, counts = atrial_seconds(record, seconds)
        for begin, numbers in windows(timeline.rhythmic(), seconds, RhythmSettings(), WINDOW):
            inside = slice(begin, begin + WINDOW)
            if numbers is not None and counts[inside].all():
                self.numbers.append(numbers)
                self.fibrillates.append(bool(truth[inside].mean() >= 0.5))
                self.people.append(record.person)
                self.databases.append(record.database)
                self.groups.append(record.entry.group)

    def folds(self) -> NDArray[np.int64]:
        """In which each is asked about."""
        table = stored_folds()
        return np.array([fold_of(group, table) for group in self.groups])


def show_atrial(known: AtrialWindows, unknown: AtrialWindows) -> None:
    """Print how many windows are right, by database, and the fits to all.

    Args:
        known: With ventricular beats as the reference has them.
        unknown: With no beat classified; what is fitted to.
    """
    truth, people = np.array(unknown.fibrillates), np.array(unknown.people)
    numbers = np.array(unknown.numbers)
    rows: list[list[object]] = []
    for seen, what in ((True, "intervals and P waves"), (False, "intervals alone")):
        columns = slice(None) if seen else slice(len(NUMBERS))
        usable = np.isfinite(numbers[:, columns]).all(axis=1)
        for windows_, beats in ((known, "ventricular beats known"), (unknown, "no beat classified")):
            asked, own = np.array(windows_.numbers), windows_.folds()
            sure = np.isfinite(asked[:, columns]).all(axis=1)
            called = np.zeros(len(asked), np.bool_)
            for fold in range(FOLDS):
                fit = usable & (unknown.folds() != fold)
                model = fitted(numbers[fit][:, columns], truth[fit], people[fit])
                chosen = sure & (own == fold)
                if chosen.any():
                    called[chosen] = model.predict(asked[chosen][:, columns])
            rows += _rows(windows_, called, f"{what}; {beats}")
    title = f"Atrial fibrillation in windows of {WINDOW} s, each person by a fit without them"
    show(title, ["database", "by", "windows", *COLUMNS], rows)
    for seen, names in ((False, list(NUMBERS)), (True, [*NUMBERS, *ATRIAL])):
        chosen = numbers[:, : len(names)]
        usable = np.isfinite(chosen).all(axis=1)
        weights, constant = weights_of(chosen[usable], truth[usable], people[usable])
        lines = [[name, weight] for name, weight in zip(names, weights, strict=True)]
        what = "intervals and P waves" if seen else "intervals alone"
        show(f"The fit to all of them, {what}", ["number", "weight"], [*lines, ["constant", constant]])


def weights_of(
    numbers: NDArray[np.float64], truth: NDArray[np.bool_], people: NDArray[np.str_]
) -> tuple[list[float], float]:
    """Weights and constant of the fit to all."""
    model = fitted(numbers, truth, people)
    scaler, regression = model[0], model[1]
    weights = regression.coef_[0] / scaler.scale_
    return [float(weight) for weight in weights], float(regression.intercept_[0] - weights @ scaler.mean_)


def fitted(numbers: NDArray[np.float64], truth: NDArray[np.bool_], people: NDArray[np.str_]):  # type: ignore[no-untyped-def]
    """Logistic regression in which every person, and each of both answers, counts about alike."""
    _, place, count = np.unique(people, return_inverse=True, return_counts=True)
    weights = 1 / np.sqrt(count[place])
    weights[truth] *= weights[~truth].sum() / weights[truth].sum()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=2000))
    return model.fit(numbers, truth, logisticregression__sample_weight=weights)


def _rows(asked: AtrialWindows, called: NDArray[np.bool_], by: str) -> list[list[object]]:
    truth, people, databases = (np.array(part) for part in (asked.fibrillates, asked.people, asked.databases))
    return [
        [database, by, "with it, found" if answer else "without, not called so", *share(right, people[own])]
        for database in np.unique(databases).tolist()
        for answer in (True, False)
        for own in [(databases == database) & (truth == answer)]
        for right in [called[own] == answer]
    ]
