"""The page that lists all databases: people, records, beats, classes, licences, and how people are divided."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from training.databases import people
from training.databases.database import Database, Entry
from training.databases.labels import RARE

PAGE: Final = Path(__file__).with_name("README.md")

_HEAD: Final = """\
# Databases

Made by `python -m training.databases page` from the folders that the settings name. No recording is part of
the
project: fetch the databases from their addresses and set the variables to their folders (several folders of one
database are separated as in `PATH`).

*People* are those that a database tells apart; with "?" it tells nothing, so every record counts as a person. So do
PTB-XL's records whose patient an excerpt doesn't tell.
*Truth* is what is known for certain: of every beat, of rhythms, or only of a record as a whole.
"""

_FOLDS: Final = """
## Five folds by person

`training/databases/people.py` states the rule, `folds.csv` has the fold of every group of people, and
`python -m training.databases folds --write` adds those who are new without moving anybody. An excerpt of PTB-XL doesn't
tell all patients, only that those of one of its ten folds are in no other: so the people of such a fold and sex stay
together, and where an excerpt has one fold nearly whole, its carriers weigh on two of ours. People who carry each
class, by fold:
"""

_NOTICES: Final = """
## What must stand wherever something made from them ships
"""


def page(entries: Mapping[str, Sequence[Entry]], databases: Iterable[Database]) -> str:
    """The page, Markdown.

    Args:
        entries: The records of each database that is there, by its name.
        databases: All databases.
    """
    listed = list(databases)
    all_entries = [entry for database in listed for entry in entries.get(database.name, ())]
    return "\n".join(
        [
            _HEAD,
            *_table(
                ("database", "setting", "people", "records", "beats", "truth", "people who carry", "licence"),
                [_row(database, entries[database.name]) for database in listed if database.name in entries],
            ),
            _FOLDS,
            *_table(("class", *(f"fold {fold}" for fold in range(people.FOLDS)), "all"), _carriers(all_entries)),
            _NOTICES,
            *(_item(database.notice) for database in listed if database.name in entries),
            "",
        ]
    )


def _item(text: str) -> str:
    return textwrap.fill(
        text, 120, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def _row(database: Database, entries: Sequence[Entry]) -> tuple[str, ...]:
    persons = len({entry.person for entry in entries})
    beats = sum(sum(entry.beats.values()) for entry in entries)
    carriers = Counter({label: len({entry.person for entry in entries if label in entry.labels}) for label in RARE})
    return (
        f"[{database.title}]({database.address})",
        f"`{database.setting}`",
        f"{persons:,}{'' if database.people_known else ' ?'}",
        f"{len(entries):,}",
        f"{beats:,}" if beats else "–",
        database.truth.value,
        ", ".join(f"{label} {count}" for label, count in carriers.items() if count) or "–",
        database.licence,
    )


def _carriers(entries: Sequence[Entry]) -> list[tuple[str, ...]]:
    by_label = people.carriers(entries)
    rows = [(str(label), [len(by_fold[fold]) for fold in range(people.FOLDS)]) for label, by_fold in by_label.items()]
    folds = people.stored_folds()
    where: dict[int, set[str]] = {fold: set() for fold in range(people.FOLDS)}
    for entry in entries:
        where[people.fold_of(entry.group, folds)].add(entry.person)
    rows.append(("everybody", [len(where[fold]) for fold in range(people.FOLDS)]))
    return [(name, *map(str, counts), str(sum(counts))) for name, counts in rows]
