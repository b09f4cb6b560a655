"""``people-5fold``: five folds by person over all databases, everybody asked once by a network that doesn't know them.

Who is in which fold stands in :mod:`training.databases.people`. Of those who don't test, some validate: by chance,
until each class has enough people there, and never so many of a class that training lacks them.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.databases import people
from training.databases.marked import spread_evenly
from training.synthetic import names

#: At most so many beats of one person, class and lead take part; people, not beats, are what is scarce.
BEATS: Final = 200

#: Of the people of a class who don't test, so many validate: at least, where there are enough, and at most.
_LEAST_VALIDATING: Final = 0.1
_MOST_VALIDATING: Final = 0.2

#: Classes with fewer people may have one who validates.
_FEW_PEOPLE: Final = 5


def divide(table: pd.DataFrame, labels: NDArray[np.int64], fold: int, member: int) -> NDArray[np.str_]:
    """The partition of each row: ``train``, ``validation``, ``test``, or ``none`` beyond :data:`BEATS`.

    Args:
        table: see :class:`training.databases.marked.Beats`.
        labels: class index per row, −1 for beats that take no part; shape ``[N]``.
        fold: whose people test, 0 to 4.
        member: which network of an ensemble; each validates on other people.

    Raises:
        ValueError: the table doesn't tell which people stay together, or there is no such fold.
    """
    if not 0 <= fold < people.FOLDS:
        raise ValueError(f"Fold {fold} does not exist; folds are 0 to {people.FOLDS - 1}.")
    groups = table["group"].to_numpy(dtype=str)
    if (groups == "").any():
        raise ValueError("This data set doesn't tell which people stay together. Prepare it once more.")
    different, place = np.unique(groups, return_inverse=True)
    stored = people.stored_folds()
    folds = np.array([people.fold_of(group, stored) for group in different.tolist()])
    partitions = np.where(folds[place] == fold, "test", "train").astype("<U10")
    learning = pd.DataFrame({"group": groups, "person": table["patient"].to_numpy(dtype=str), "label": labels})
    learning = learning[(partitions == "train") & (labels >= 0)].drop_duplicates()
    partitions[np.isin(groups, _validating(learning, member))] = "validation"
    partitions[~within_cap(table, labels)] = "none"
    return partitions


def within_cap(table: pd.DataFrame, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rows are among the :data:`BEATS` of their person, class and lead, spread evenly over that person's beats.

    Synthetic beats are counted by themselves: they don't crowd out real ones.
    """
    synthetic = names.rows(table["record"])
    kinds = pd.MultiIndex.from_arrays([table["patient"], labels, table["lead"], synthetic])
    return spread_evenly(pd.factorize(kinds)[0], BEATS)


def database_of(groups: NDArray[np.str_]) -> NDArray[np.str_]:
    """The database that each group of people, ``[N]``, is of."""
    return np.array([group.partition("-")[0] for group in groups.tolist()], dtype=np.str_)


def _validating(learning: pd.DataFrame, member: int) -> list[str]:
    """Groups who validate.

    Args:
        learning: ``group``, ``person``, ``label`` of everybody who doesn't test, each once.
    """
    counts = learning.groupby(["group", "label"])["person"].nunique().unstack(fill_value=0)
    everybody = counts.sum()
    wanted = everybody * _LEAST_VALIDATING
    most = np.maximum(everybody * _MOST_VALIDATING, everybody >= _FEW_PEOPLE)
    chosen: list[str] = []
    validating = everybody * 0
    for group in sorted(counts.index, key=lambda group: hashlib.sha256(f"{member}/{group}".encode()).digest()):
        together = validating + counts.loc[group]
        lacking = (counts.loc[group] > 0) & (validating < wanted)
        if lacking.any() and (together <= most).all():
            chosen.append(group)
            validating = together
    return chosen
