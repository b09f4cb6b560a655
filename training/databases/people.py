"""Five folds by person over all databases: every person is predicted once, by a network that does not know them.

The rule. What is divided are groups (:attr:`Entry.group`): a person, or people whom nobody can tell apart for certain.

1. A group that stands in ``folds.csv`` has the fold that is written there, for good: neither a new database nor a
   missing folder moves anybody.
2. A group that doesn't goes by chance that its name decides: SHA-256 of the name, modulo five.
3. ``folds.csv`` grows by :func:`divided`: groups that stand in it stay; the others follow in the order of what they
   weigh, heaviest first (of equal weight by the SHA-256 of the name), each into the fold where the sum of squared
   shares grows least. Shares are counted of the carriers of each rare class over all databases, of the carriers in
   each database, and of each database's people; a group weighs the sum of its own shares.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.databases.database import Entry, RecordsError
from training.databases.labels import RARE, Label

FOLDS: Final = 5

_TABLE: Final = Path(__file__).with_name("folds.csv")

#: How much it counts that the carriers of a class are spread over all databases, within each database, and that a
#: database's people are.
_WEIGHTS: Final = (1.0, 0.25, 0.25)


def fold_of(group: str, table: Mapping[str, int] | None = None) -> int:
    """The fold, 0 to 4, in which a group is asked about."""
    folds = stored_folds() if table is None else table
    return folds[group] if group in folds else _hash(group) % FOLDS


def stored_folds() -> dict[str, int]:
    """The folds that are written down, by group.

    Raises:
        RecordsError: the table is damaged.
    """
    try:
        with _TABLE.open(encoding="utf-8", newline="") as file:
            folds = {row["group"]: int(row["fold"]) for row in csv.DictReader(file)}
    except (KeyError, TypeError, ValueError) as error:
        raise RecordsError(f"{_TABLE} is no table of groups and folds: {error!r}") from error
    if not set(folds.values()) <= set(range(FOLDS)):
        raise RecordsError(f"{_TABLE} has a fold beyond 0 to {FOLDS - 1}.")
    return folds


def store_folds(folds: Mapping[str, int]) -> None:
    """Write the table, in order of the groups' names."""
    with _TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["group", "fold"])
        writer.writerows(sorted(folds.items()))


def divided(entries: Iterable[Entry], stored: Mapping[str, int]) -> dict[str, int]:
    """A fold for every group of ``entries``: those of ``stored`` where there is one, else by rule 3 (see above)."""
    counts = _counts(entries)
    aspects = sorted({aspect for own in counts.values() for aspect in own})
    column = {aspect: number for number, aspect in enumerate(aspects)}
    weights = np.array([_weight(aspect) for aspect in aspects])
    amounts = {group: _row(own, column) for group, own in counts.items()}
    totals = np.sum(list(amounts.values()), axis=0)
    shares = {group: amount / totals for group, amount in amounts.items()}
    sums = np.zeros((FOLDS, len(aspects)))
    folds = {group: stored[group] for group in shares if group in stored}
    for group, fold in folds.items():
        sums[fold] += shares[group]
    free = [group for group in shares if group not in folds]
    for group in sorted(free, key=lambda name: (-float(weights @ shares[name]), _hash(name))):
        growth = (2 * sums * shares[group] + shares[group] ** 2) @ weights
        folds[group] = int(np.argmin(growth))
        sums[folds[group]] += shares[group]
    return folds


def carriers(entries: Iterable[Entry], labels: Sequence[Label] = RARE) -> dict[Label, dict[int, set[str]]]:
    """Who carries each label, by fold."""
    folds = stored_folds()
    people: dict[Label, dict[int, set[str]]] = {label: {fold: set() for fold in range(FOLDS)} for label in labels}
    for entry in entries:
        for label in entry.labels & set(labels):
            people[label][fold_of(entry.group, folds)].add(entry.person)
    return people


_Aspect = tuple[str, str]
"""Database and class; either may be empty: all databases, all people."""


def _counts(entries: Iterable[Entry]) -> dict[str, dict[_Aspect, int]]:
    """How many people each group adds to each aspect that is to be balanced."""
    people: dict[str, dict[_Aspect, set[str]]] = defaultdict(lambda: defaultdict(set))
    for entry in entries:
        own = people[entry.group]
        own[entry.database, ""].add(entry.person)
        for label in entry.labels & set(RARE):
            own["", label].add(entry.person)
            own[entry.database, label].add(entry.person)
    return {group: {aspect: len(who) for aspect, who in own.items()} for group, own in people.items()}


def _row(own: Mapping[_Aspect, int], column: Mapping[_Aspect, int]) -> NDArray[np.float64]:
    row = np.zeros(len(column))
    for aspect, amount in own.items():
        row[column[aspect]] = amount
    return row


def _weight(aspect: _Aspect) -> float:
    database, label = aspect
    over_all, within, people = _WEIGHTS
    return people if not label else within if database else over_all


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest())
