"""What networks know of people whom they have never seen: by beat and by person, by database, by lead.

By person, what counts is which class most beats of a person's class were predicted as. Intervals resample people with
all that they have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecg.classes import CLASS_SETS
from training import TrainingError
from training.datasets import lead_groups
from training.evaluation import bootstrap
from training.evaluation.metrics import TableRow
from training.evaluation.tables import MAJORITY_BASELINE
from training.learning import predictions
from training.learning.predictions import Predictions, Whose

#: Lead II or what stands in for it, and the first lead of recorders that don't name theirs: nearly all fibrillation
#: was recorded so.
LEAD_II: Final = "II/MLII/unnamed"

#: The leads that beats look alike in.
ALIKE: Final = "alike"

#: What stands in the place of a database's or class's name where all are meant.
ALL: Final = "all"


class PeopleError(TrainingError):
    """The predictions don't say whose beats they are for."""


@dataclass(frozen=True, slots=True)
class People:
    """Beats of known classes, predicted for people by networks that do not know them; rows correspond."""

    shorts: tuple[str, ...]
    """Short names of the classes."""
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    """``[N, C]``."""
    whose: Whose

    @classmethod
    def of(cls, folds: Sequence[Predictions]) -> People:
        """The out-of-fold predictions of a recipe, of all its folds together.

        Raises:
            PeopleError: they don't say whose beats they are for.
        """
        joined = predictions.joined([fold.only(fold.truth >= 0) for fold in folds])
        if joined.whose is None:
            raise PeopleError(f"The predictions of {joined.config.name} don't say whose beats they are for.")
        shorts = tuple(beat_class.short for beat_class in CLASS_SETS[joined.config.class_set])
        return cls(shorts, joined.truth, joined.probabilities, joined.whose)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each beat, ``[N]``."""
        return self.probabilities.argmax(axis=1)

    def only(self, chosen: NDArray[np.bool_]) -> People:
        """The chosen beats."""
        return replace(
            self,
            truth=self.truth[chosen],
            probabilities=self.probabilities[chosen],
            whose=self.whose.only(chosen),
        )

    def by_lead(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Groups of leads, and which beats are in one of them, ``[N]``: lead II, those that look alike, all."""
        yield LEAD_II, lead_groups.is_lead(self.whose.leads, "II") | lead_groups.is_first_unnamed(self.whose.leads)
        yield ALIKE, lead_groups.look_alike(self.whose.leads)
        yield "any lead", np.ones(len(self.truth), dtype=bool)

    def by_database(self) -> Iterator[tuple[str, People]]:
        """All beats, then those of each database."""
        yield ALL, self
        for database in np.unique(self.whose.databases).tolist():
            yield database, self.only(self.whose.databases == database)


def table(folds: Sequence[Predictions]) -> pd.DataFrame:
    """A row for each group of leads, database and class, one for all classes together, and the majority baseline.

    Of all classes together, ``Se`` is the share of beats that are right, ``F1`` the mean over the classes that occur.

    Raises:
        PeopleError: the predictions don't say whose beats they are for.
    """
    people = People.of(folds)
    rows: list[TableRow] = []
    for leads, chosen in people.by_lead():
        of_leads = people.only(chosen)
        for database, part in of_leads.by_database():
            if len(part.truth):
                identity: TableRow = {"leads": leads, "database": database}
                rows += [identity | row for row in _rows(part)]
        if len(of_leads.truth):
            baseline: TableRow = {"leads": leads, "database": ALL}
            rows.append(baseline | _majority_baseline(of_leads, folds[0].majority))
    return pd.DataFrame(rows)


def _rows(people: People) -> Iterator[TableRow]:
    _, person = np.unique(people.whose.people, return_inverse=True)
    beats = _by_person(person, people.truth, people.predicted, len(people.shorts))
    draws = bootstrap.group_weights(len(beats))
    by_beat, by_person = (_Figures.of(matrices, draws) for matrices in (beats, _persons(beats)))
    for label, short in enumerate(people.shorts):
        own = beats[:, label]
        if own.any():
            row: TableRow = {"class": short, "people": int(own.any(axis=1).sum()), "beats": int(own.sum())}
            yield row | by_beat.of_class(label, "") | by_person.of_class(label, "person_")
    whole: TableRow = {"class": ALL, "people": len(beats), "beats": int(beats.sum())}
    yield whole | by_beat.of_all("") | by_person.of_all("person_")


def _by_person(
    person: NDArray[np.int64], truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """``[people, true class, predicted class]``, beats."""
    matrices = np.zeros((int(person.max()) + 1, classes, classes), dtype=np.int64)
    np.add.at(matrices, (person, truth, predicted), 1)
    return matrices


def _persons(beats: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same where all beats of a person and class stand for one: what most of them were predicted as."""
    person, label = np.nonzero(beats.any(axis=2))
    matrices = np.zeros_like(beats)
    matrices[person, label, beats[person, label].argmax(axis=1)] = 1
    return matrices


@dataclass(frozen=True, slots=True)
class _Figures:
    """Sensitivity, positive predictivity and F1 of each class; undefined ones are NaN."""

    whole: NDArray[np.float64]
    """``[3, C]``."""
    resampled: NDArray[np.float64]
    """``[RESAMPLES, 3, C]``."""
    accuracy: NDArray[np.float64]
    """``[1 + RESAMPLES]``, the first of what was measured."""
    present: NDArray[np.bool_]
    """``[C]``, the classes that occur."""

    @classmethod
    def of(cls, matrices: NDArray[np.int64], draws: NDArray[np.int64]) -> _Figures:
        """Of matrices by person, and of their resamples."""
        people, classes, _ = matrices.shape
        summed = draws @ matrices.reshape(people, -1)
        every = np.concatenate([matrices.sum(axis=0)[None], summed.reshape(-1, classes, classes)]).astype(np.float64)
        hits, beats, called = np.einsum("rcc->rc", every), every.sum(axis=2), every.sum(axis=1)
        with np.errstate(invalid="ignore"):
            figures = np.stack([hits / beats, hits / called, 2 * hits / (beats + called)], axis=1)
            figures[:, 2][beats == 0] = np.nan
            accuracy = hits.sum(axis=1) / beats.sum(axis=1)
        return cls(figures[0], figures[1:], accuracy, beats[0] > 0)

    def of_class(self, label: int, of_what: str) -> TableRow:
        """Columns of one class."""
        columns: TableRow = {}
        for place, name in enumerate(("Se", "+P", "F1")):
            columns |= _interval(f"{of_what}{name}", self.whole[place, label], self.resampled[:, place, label])
        return columns

    def of_all(self, of_what: str) -> TableRow:
        """Columns of all classes together."""
        columns = _interval(f"{of_what}Se", self.accuracy[0], self.accuracy[1:])
        columns |= dict.fromkeys((f"{of_what}+P", f"{of_what}+P_low", f"{of_what}+P_high"))
        means = np.nanmean(self.resampled[:, 2, self.present], axis=1)
        return columns | _interval(f"{of_what}F1", float(np.nanmean(self.whole[2, self.present])), means)


def _interval(name: str, value: float, resampled: NDArray[np.float64]) -> TableRow:
    if np.isnan(value) or np.isnan(resampled).all():
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    interval = bootstrap.interval(value, resampled)
    return {
        name: round(interval.value, 4),
        f"{name}_low": round(interval.low, 4),
        f"{name}_high": round(interval.high, 4),
    }


def _majority_baseline(people: People, majority: int) -> TableRow:
    certain = np.zeros_like(people.probabilities)
    certain[:, majority] = 1
    *_, of_all = _rows(replace(people, probabilities=certain))
    of_all["class"] = MAJORITY_BASELINE
    return of_all
