"""Records of twelve leads that are labelled as a whole: whether there is such a beat, by what is said of its beats.

Of bundle branch blocks and pacing the mean probability of the beats decides, of premature beats the greatest.
The bound of each class is the best for the people of the other folds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.databases import people
from training.databases.labels import Label
from training.datasets.recordings.beat_set import Prepared
from training.datasets.recordings.labelling import CLASSES
from training.learning.recordings.runs import key

DATABASES: Final = ("ptbxl", "cpsc2018", "ludb")
_PREMATURE: Final = (Label.PVC, Label.PAC)
_ASKED: Final = (Label.LBBB, Label.RBBB, Label.PACED, *_PREMATURE)
ALL: Final = "all"

_PLACE: Final = {kind.short: place for place, kind in enumerate(CLASSES)}


def table(records: Sequence[Prepared], probabilities: Mapping[str, NDArray[np.float32]]) -> pd.DataFrame:
    """A row for each class and database, and for all together.

    Columns: ``class``, ``database``, ``records``, ``with`` (records that are labelled so), ``se``, ``ppv`` and ``f1``,
    percent. Records that state extra beats of an unknown kind take no part in premature beats.

    Args:
        records: Those that were asked about.
        probabilities: Of their beats, by :func:`~training.learning.recordings.runs.key`, by networks that don't know
            their people.
    """
    asked = [record for record in records if record.database in DATABASES and key(record) in probabilities]
    stored = people.stored_folds()
    rows = []
    for label in _ASKED:
        own = [record for record in asked if _is_known(record, label)]
        if not own:
            continue
        values = np.array([_value(probabilities[key(record)], label) for record in own])
        truth = np.array([label in record.facts["labels"] for record in own])
        folds = np.array([people.fold_of(record.facts["group"], stored) for record in own])
        called = np.zeros(len(own), np.bool_)
        for fold in np.unique(folds):
            called[folds == fold] = values[folds == fold] >= best_bound(values[folds != fold], truth[folds != fold])
        of_database = np.array([record.database for record in own])
        for name in (*DATABASES, ALL):
            chosen = (of_database == name) | (name == ALL)
            if chosen.any():
                rows.append({"class": str(label), "database": name} | _row(called[chosen], truth[chosen]))
    return pd.DataFrame(rows)


def best_bound(values: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """The bound from which on calling records so gives the best F1, in the middle between two records; infinite where
    none is labelled so.
    """
    order = np.argsort(-values, kind="stable")
    right = np.cumsum(truth[order])
    scores = 2 * right / (np.arange(1, len(order) + 1) + max(int(truth.sum()), 1))
    if not truth.any():
        return float("inf")
    last = int(np.argmax(scores))
    return float(values[order][last : last + 2].mean())


def _is_known(record: Prepared, label: Label) -> bool:
    labels = record.facts["labels"]
    return label not in _PREMATURE or label in labels or Label.ECTOPY not in labels


def _value(probabilities: NDArray[np.float32], label: Label) -> float:
    own = probabilities[:, _PLACE[label]]
    return float(own.max() if label in _PREMATURE else own.mean())


def _row(called: NDArray[np.bool_], truth: NDArray[np.bool_]) -> dict[str, float | int]:
    right, with_it, said = int((called & truth).sum()), int(truth.sum()), int(called.sum())
    shares = {"se": (right, with_it), "ppv": (right, said), "f1": (2 * right, with_it + said)}
    return {"records": len(truth), "with": with_it} | {
        name: round(100 * part / whole, 2) if whole else float("nan") for name, (part, whole) in shares.items()
    }
