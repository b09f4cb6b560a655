"""Ventricular fibrillation by second, each person by a fit without them.

Windows around a change of rhythm hold both, and in two of VFDB's people rhythms are marked to change every few seconds.
So seconds within two of a change take no part in the fit (they do in the count). Tachycardia, asystole and noise of
VFDB take none and are counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.recordings.analysed import Analysed
from benchmarks.recordings.by_person import COLUMNS, share
from benchmarks.recordings.rhythms import OTHERS, ventricular_seconds
from benchmarks.recordings.table import show
from ecg.features.waves import WAVES
from ecg.rhythm.stretches import filled
from ecg.rhythm.ventricular_fibrillation import fibrillation_odds, ventricular_fibrillation
from training.databases.database import DatabaseRecord
from training.databases.people import FOLDS, fold_of, stored_folds
from training.databases.vfdb import VFDB

TEST_PEOPLE: Final = ("vfdb-419", "vfdb-424", "vfdb-430", "vfdb-609")
"""Those of VFDB's people with fibrillation whom the protocol ``inter-patient`` tests."""

#: Seconds beside a change of rhythm that no fit sees.
_UNSURE: Final = 2


@dataclass(slots=True)
class VentricularSeconds:
    """The seconds of all records, a record an item."""

    waves: list[NDArray[np.float32]] = field(default_factory=list)
    truths: list[NDArray[np.str_]] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    databases: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def add(self, record: DatabaseRecord, found: Analysed) -> None:
        """The seconds of a record."""
        self.add_numbers(record, found.waves)

    def add_numbers(self, record: DatabaseRecord, waves: NDArray[np.float32]) -> None:
        """The same from its numbers, ``[seconds, 6]``."""
        self.waves.append(waves)
        self.truths.append(ventricular_seconds(record, len(waves)))
        self.people.append(record.person)
        self.databases.append(record.database)
        self.groups.append(record.entry.group)

    def repeated(self, names: list[str]) -> NDArray[np.str_]:
        """A name of each record for each of its seconds."""
        return np.repeat(names, [len(waves) for waves in self.waves])


def show_ventricular(seconds: VentricularSeconds) -> None:
    """Print what is found of each rhythm in each database, and the fit to all."""
    table = stored_folds()
    folds = np.array([fold_of(group, table) for group in seconds.groups])
    numbers, truth = np.concatenate(seconds.waves), np.concatenate(seconds.truths)
    people, databases = seconds.repeated(seconds.people), seconds.repeated(seconds.databases)
    usable = _usable(seconds)
    called = np.zeros(len(truth), np.bool_)
    own = np.repeat(folds, [len(waves) for waves in seconds.waves])
    ends = np.cumsum([len(waves) for waves in seconds.waves])
    for fold in range(FOLDS):
        chosen = usable & (own != fold)
        weights, constant = fitted(numbers[chosen], truth[chosen] == "VF", people[chosen])
        for record in np.flatnonzero(folds == fold).tolist():
            waves = seconds.waves[record]
            stretches = ventricular_fibrillation(fibrillation_odds(waves, weights, constant))
            called[ends[record] - len(waves) : ends[record]] = filled(stretches, len(waves))
    rows = [
        [name, kind, *share(called[inside], people[inside])]
        for name in np.unique(databases).tolist()
        for kind in np.unique(truth[databases == name]).tolist()
        for inside in [(databases == name) & (truth == kind)]
    ]
    tested = np.isin(people, TEST_PEOPLE) & (truth == "VF")
    elsewhere = (databases != VFDB.name) & (truth == OTHERS)
    rows.append(["vfdb, inter-patient's test people", "VF", *share(called[tested], people[tested])])
    rows.append(["all but vfdb", OTHERS, *share(called[elsewhere], people[elsewhere])])
    title = "Seconds called ventricular fibrillation, each person by a fit without them"
    show(title, ["database", "what it is", *COLUMNS], rows)
    weights, constant = fitted(numbers[usable], truth[usable] == "VF", people[usable])
    lines = [[name, weight] for name, weight in zip(WAVES, weights, strict=True)]
    show("The fit to all of them", ["number", "weight"], [*lines, ["constant", constant]])


def _usable(seconds: VentricularSeconds) -> NDArray[np.bool_]:
    """Which seconds a fit sees."""
    parts = []
    for waves, truth in zip(seconds.waves, seconds.truths, strict=True):
        sure = np.isfinite(waves).all(axis=1) & np.isin(truth, ["VF", OTHERS])
        for change in (np.flatnonzero(truth[1:] != truth[:-1]) + 1).tolist():
            sure[max(0, change - _UNSURE) : change + _UNSURE + 1] = False
        parts.append(sure)
    return np.concatenate(parts)


def fitted(
    numbers: NDArray[np.float32], fibrillates: NDArray[np.bool_], people: NDArray[np.str_]
) -> tuple[tuple[float, ...], float]:
    """Weights and constant of a logistic regression in which a person's rhythm counts by the root of its seconds, and
    both answers count alike.
    """
    _, place, count = np.unique(np.char.add(people, fibrillates.astype(str)), return_inverse=True, return_counts=True)
    own_weight = 1 / np.sqrt(count[place])
    own_weight[fibrillates] *= own_weight[~fibrillates].sum() / own_weight[fibrillates].sum()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))
    model.fit(numbers, fibrillates, logisticregression__sample_weight=own_weight * len(own_weight) / own_weight.sum())
    scaler, regression = model[0], model[1]
    weights = regression.coef_[0] / scaler.scale_
    return tuple(float(weight) for weight in weights), float(regression.intercept_[0] - weights @ scaler.mean_)
