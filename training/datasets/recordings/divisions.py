"""Whose recordings train and who is asked about, by division.

``ds1-ds2`` is de Chazal's division: DS2 and the paced records beside it are asked about, all others of every
database trains. ``ds1-choice`` divides those who train there: two of the five folds are asked about, by
``ds1-choice-12`` and ``ds1-choice-0`` the other three, so that all is chosen and calibrated without DS2. ``fold-0`` to
``fold-4`` are the five folds by person over all people (:mod:`training.databases.people`), and ``all-people`` trains
what is served.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training import TrainingError
from training.databases import people
from training.databases.divisions import TEST_RECORDS
from training.databases.mitdb import MITDB, person_of
from training.datasets.recordings.beat_set import Prepared

DS2: Final = "ds1-ds2"
ALL_PEOPLE: Final = "all-people"
CHOICE: Final = "ds1-choice"
CHOICES: Final = {CHOICE: (3, 4), f"{CHOICE}-12": (1, 2), f"{CHOICE}-0": (0,)}
"""The divisions of those who train for DS2, and the folds that each asks about."""
FOLDS: Final = tuple(f"fold-{fold}" for fold in range(people.FOLDS))
DIVISIONS: Final = (*CHOICES, DS2, *FOLDS, ALL_PEOPLE)

_DS2_PEOPLE: Final = frozenset(person_of(record) for record in TEST_RECORDS)


class DivisionError(TrainingError):
    """There is no division of that name."""


def trains(records: Sequence[Prepared], division: str) -> NDArray[np.bool_]:
    """Which records train, ``[records]``.

    Raises:
        DivisionError: there is no such division.
    """
    if division not in DIVISIONS:
        raise DivisionError(f"There is no division {division!r}; there are {', '.join(DIVISIONS)}.")
    if division == ALL_PEOPLE:
        return np.ones(len(records), np.bool_)
    others = np.array([record.facts["person"] not in _DS2_PEOPLE for record in records])
    if division == DS2:
        return others
    folds = _folds(records)
    return others & ~np.isin(folds, CHOICES[division]) if division in CHOICES else folds != int(division[-1])


def tests(records: Sequence[Prepared], division: str) -> NDArray[np.bool_]:
    """Which records are asked about, ``[records]``: of people who don't train, as they are, not edited.

    Raises:
        DivisionError: there is no such division.
    """
    asked = ~trains(records, division) & np.array([not record.is_edited for record in records])
    if division == DS2:
        named = [record.database == MITDB.name and record.record in TEST_RECORDS for record in records]
        return asked & np.array(named)
    if division in CHOICES:
        asked &= np.array([record.facts["person"] not in _DS2_PEOPLE for record in records])
    return asked


def _folds(records: Sequence[Prepared]) -> NDArray[np.int64]:
    stored = people.stored_folds()
    return np.array([people.fold_of(record.facts["group"], stored) for record in records])
