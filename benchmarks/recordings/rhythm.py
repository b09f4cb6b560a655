"""Fibrillation: atrial by person, ventricular on every database that marks rhythms or has none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.recordings.analysed import Analysed, analysed, records
from benchmarks.recordings.rhythms import ATRIAL, atrial_seconds, ventricular_seconds
from benchmarks.recordings.table import show
from ecg.ec57.pairing import NONE, pair
from ecg.ec57.ratios import mean, percent
from ecg.rhythm.atrial_fibrillation import NUMBERS, windows
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.stretches import filled
from ecg.rhythm.timeline import BeatKind, Timeline
from training.databases.database import DatabaseRecord
from training.databases.ludb import LUDB
from training.databases.people import FOLDS, fold_of, stored_folds
from training.databases.qtdb import QTDB
from training.databases.vfdb import VFDB

_WINDOW: Final = 30
_VENTRICULAR: Final = ["V", "E", "F", "/", "f", "!"]


@dataclass(slots=True)
class _Windows:
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
        for begin, numbers in windows(timeline.rhythmic(), seconds, RhythmSettings(), _WINDOW):
            inside = slice(begin, begin + _WINDOW)
            if numbers is not None and counts[inside].all():
                self.numbers.append(numbers)
                self.fibrillates.append(bool(truth[inside].mean() >= 0.5))
                self.people.append(record.person)
                self.databases.append(record.database)
                self.groups.append(record.entry.group)


def command() -> None:
    """Print how well fibrillation is found with detected beats: atrial by person, ventricular by second."""
    known, unknown = _Windows(), _Windows()
    ventricular: dict[tuple[str, str], NDArray[np.int64]] = {}
    for database in (*ATRIAL, VFDB, QTDB, LUDB):
        if not database.is_set:
            show(f"{database.title}: left out, {database.setting} is not set.", [], [])
            continue
        for record in records(database):
            found = analysed(record.recording)
            _count_ventricular(ventricular, record, found)
            if database in ATRIAL:
                known.add(record, _timeline(record, found, classified=True))
                unknown.add(record, _timeline(record, found, classified=False))
    if known.numbers:
        _show_atrial(known, unknown)
    rows = [[*name, *counts.tolist(), percent(*counts.tolist())] for name, counts in ventricular.items()]
    show("Seconds called ventricular fibrillation", ["database", "what it is", "called so", "of", "%"], rows)


def _timeline(record: DatabaseRecord, found: Analysed, *, classified: bool) -> Timeline:
    """The detected beats; ventricular where the reference says so, if classified."""
    kinds = np.full(len(found.samples), BeatKind.NORMAL.value)
    marks = record.recording.annotations
    if classified and record.beats is not None:
        steps = pair(marks.samples, found.samples, round(0.15 * record.recording.rate))
        both = steps[(steps != NONE).all(axis=1)]
        kinds[both[np.isin(marks.symbols[both[:, 0]], _VENTRICULAR), 1]] = BeatKind.VENTRICULAR.value
    return Timeline(found.working_samples, kinds, found.readable, found.fibrillation)


def _show_atrial(known: _Windows, unknown: _Windows) -> None:
    folds = stored_folds()
    truth, own = np.array(known.fibrillates), np.array([fold_of(group, folds) for group in known.groups])
    numbers, people = np.array(known.numbers), np.array(known.people)
    other = np.array(unknown.numbers), np.array([fold_of(group, folds) for group in unknown.groups])
    called, called_unknown = np.zeros(len(truth), np.bool_), np.zeros(len(other[0]), np.bool_)
    for fold in range(FOLDS):
        model = _fitted(numbers[own != fold], truth[own != fold], people[own != fold])
        called[own == fold] = model.predict(numbers[own == fold])
        called_unknown[other[1] == fold] = model.predict(other[0][other[1] == fold])
    rows = [*_rows(known, called, "ventricular beats known"), *_rows(unknown, called_unknown, "no beat classified")]
    columns = [
        "database",
        "beats",
        "AF windows",
        "found %",
        "mean of people",
        "others",
        "not called so %",
        "mean of people",
    ]
    show(f"Atrial fibrillation in windows of {_WINDOW} s, each person by a fit without them", columns, rows)
    final = _fitted(numbers, truth, people)
    scaler, regression = final[0], final[1]
    weights = regression.coef_[0] / scaler.scale_
    constant = float(regression.intercept_[0] - weights @ scaler.mean_)
    fitted = [[name, float(weight)] for name, weight in zip(NUMBERS, weights, strict=True)]
    show("The fit to all of them", ["number", "weight"], [*fitted, ["constant", constant]])


def _fitted(numbers: NDArray[np.float64], truth: NDArray[np.bool_], people: NDArray[np.str_]):  # type: ignore[no-untyped-def]
    """Logistic regression in which every person, and each of both answers, counts about alike."""
    _, place, count = np.unique(people, return_inverse=True, return_counts=True)
    weights = 1 / np.sqrt(count[place])
    weights[truth] *= weights[~truth].sum() / weights[truth].sum()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=10, max_iter=1000))
    return model.fit(numbers, truth, logisticregression__sample_weight=weights)


def _rows(windows: _Windows, called: NDArray[np.bool_], beats: str) -> list[list[object]]:
    truth, people, databases = (np.array(part) for part in (windows.fibrillates, windows.people, windows.databases))
    rows: list[list[object]] = []
    for database in np.unique(databases).tolist():
        row: list[object] = [database, beats]
        for answer in (True, False):
            own = (databases == database) & (truth == answer)
            right = called[own] == answer
            by_person = [
                percent(int(right[people[own] == one].sum()), int((people[own] == one).sum()))
                for one in np.unique(people[own])
            ]
            row += [int(own.sum()), percent(int(right.sum()), int(own.sum())), mean(by_person)]
        rows.append(row)
    return rows


def _count_ventricular(
    totals: dict[tuple[str, str], NDArray[np.int64]], record: DatabaseRecord, found: Analysed
) -> None:
    seconds = len(found.readable)
    called = filled(found.fibrillation, seconds)
    truth = ventricular_seconds(record, seconds)
    for name in np.unique(truth).tolist():
        inside = truth == name
        counted = np.array([called[inside].sum(), inside.sum()])
        totals[record.database, name] = totals.get((record.database, name), np.zeros(2, np.int64)) + counted
