"""Every table of the model for recordings, from what its networks said of those whom they don't know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.databases.database import Truth
from training.databases.registry import DATABASES
from training.datasets.recordings import divisions
from training.datasets.recordings.beat_set import Prepared
from training.evaluation.recordings import beat_scores, burden, expert, twelve_leads
from training.evaluation.recordings.answers import Answered, answered
from training.learning.recordings import calibrating
from training.learning.recordings.calibrating import Calibration
from training.learning.recordings.runs import key, said

#: Holds three quarters of DS2's early atrial beats.
_APART: Final = ("232",)
_PACED: Final = ("104", "217")
"""Asked about beside DS2, which has no paced records."""

Probabilities = Mapping[str, NDArray[np.float32]]


def inter_patient(records: Sequence[Prepared], runs: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """DS1 to DS2: beats gross and by record, with an expert's hand, and burden; with names of files.

    Raises:
        NothingPreparedError: a network wasn't trained.
    """
    calibration = Calibration.of(tuple(records), said(runs, tuple(divisions.CHOICES)))
    logits = said(runs, (divisions.DS2,))
    probabilities = calibration.of_recordings(tuple(records), logits)
    asked = [record for record in records if key(record) in probabilities and not record.is_edited]
    items = answered([record for record in asked if record.record not in _PACED], _classes(probabilities))
    yield "ds2", beat_scores.scores(items, without=_APART)
    yield "ds2-by-record", beat_scores.by_record(items)
    yield "ds2-burden", burden.table(items)
    yield "ds2-expert", with_expert(items, probabilities)


def with_expert(items: Sequence[Answered], probabilities: Probabilities) -> pd.DataFrame:
    """Beats with an expert's hand, by how many families are judged, and the median accuracy of records."""
    rows = []
    for most in (0, 4, 8, expert.JUDGED):
        judged = expert.judged(items, probabilities, most)
        gross = beat_scores.scores(judged, without=_APART)
        median = beat_scores.by_record(judged)["accuracy"].median()
        rows.append(gross.assign(families=most, median_accuracy=round(float(median), 3)))
    return pd.concat(rows, ignore_index=True)


def by_person(
    records: Sequence[Prepared], runs: Path, named: Sequence[str] = divisions.FOLDS
) -> Iterator[tuple[str, pd.DataFrame]]:
    """The same by five folds over all people, by database; and records of twelve leads.

    Args:
        records: Everything that is prepared.
        runs: The networks and what they said.
        named: The folds whose people are asked about, two or more.

    Raises:
        NothingPreparedError: a network wasn't trained.
    """
    folds = {name: said(runs, (name,)) for name in named}
    probabilities = calibrating.cross_fitted(tuple(records), folds)
    asked = [record for record in records if key(record) in probabilities and not record.is_edited]
    items = answered([record for record in asked if _marks_beats(record)], _classes(probabilities))
    parts = []
    for database in sorted({item.prepared.database for item in items}):
        own = [item for item in items if item.prepared.database == database]
        left_out = _APART if any(item.prepared.record in _APART for item in own) else ()
        parts.append(beat_scores.scores(own, without=left_out).assign(database=database))
    yield "people-5fold", pd.concat(parts, ignore_index=True)
    yield "people-5fold-by-record", beat_scores.by_record(items)
    errors = burden.table(items)
    yield "burden", errors
    yield "burden-summary", burden.summary(errors)
    yield "twelve-leads", twelve_leads.table(asked, probabilities)


def _marks_beats(record: Prepared) -> bool:
    return DATABASES[record.database].truth is Truth.BEATS


def _classes(probabilities: Probabilities) -> dict[str, NDArray[np.int64]]:
    return {name: np.argmax(values, axis=1) for name, values in probabilities.items()}
