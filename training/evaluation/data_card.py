"""The data card: who and what the prepared recordings hold, and who is in which partition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from ecg.classes import BEAT_SYMBOLS, CLASS_SETS
from training.databases import divisions, people
from training.datasets import splits
from training.datasets.sources import DATABASES, SOURCES
from training.evaluation import markdown
from training.recipes.protocols import INTER_PATIENT

#: The class set whose partitions are counted.
CLASS_SET = "seven"

_PARTITIONS = ("train", "validation", "test")


def card(tables: Mapping[str, pd.DataFrame]) -> str:
    """Markdown about the beats of each source.

    Args:
        tables: by source, one row per beat and lead; see :class:`training.databases.marked.Beats`.
    """
    beats = {name: table[table["primary"].to_numpy(dtype=bool)] for name, table in tables.items()}
    by_database = _by_database(beats)
    compared = {name: table for name, table in tables.items() if name in DATABASES}
    parts = [
        "# Data card",
        "Made by `python -m training data-card --write` from the prepared recordings; no recording is part of this"
        " repository. For research and education only: a model made from these data is not a medical device.",
        "## Sources",
        _markdown(
            ["source", "database", "records", "people", "leads of a beat", "beats"],
            [
                [
                    name,
                    SOURCES[name].title,
                    _number(table["record"].nunique()),
                    _number(table["patient"].nunique()),
                    " and ".join(map(str, sorted(set(tables[name].groupby("record")["lead"].nunique())))),
                    _number(len(table)),
                ]
                for name, table in beats.items()
            ],
        ),
        *(f"- **{name}**: {SOURCES[name].notice}" for name in beats),
        "## People by class and database",
        _by_class(by_database, lambda own: own["patient"].nunique()),
        _scarce(by_database),
        "## Beats by class and database",
        _by_class(by_database, len),
        "Symbols are those of the MIT-BIH annotations. PTB-XL, CPSC 2018 and LUDB label records, not beats: each beat"
        " has its record's label, but for those that are odd, and premature beats are marked where it is certain which"
        " they are (docs/databases.md). ECG-ID's volunteers are taken for normal. VFDB marks rhythms: its beats are the"
        " crests of the waves in stretches of fibrillation or flutter.",
        *_folds(beats),
        *_partitions(compared),
        "## Held out in turn by `leave-one-patient-out`",
        _markdown(
            ["class", "people"], [[short, ", ".join(carriers)] for short, carriers in divisions.CARRIERS.items()]
        ),
    ]
    return markdown.wrapped(_joined(parts))


def _by_database(beats: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The beats of each database. Where several sources are of one, that with the most people has all of its people."""
    chosen: dict[str, pd.DataFrame] = {}
    for name, table in beats.items():
        title = SOURCES[name].database.name
        if title not in chosen or table["patient"].nunique() > chosen[title]["patient"].nunique():
            chosen[title] = table
    return chosen


def _by_class(beats: Mapping[str, pd.DataFrame], count: Callable[[pd.DataFrame], int]) -> str:
    """What there is of each kind of beat in each database, and in all of them."""
    named = {beat_class.symbol: f"{beat_class.name} ({beat_class.short})" for beat_class in CLASS_SETS["eight"]}
    rows = []
    for symbol in BEAT_SYMBOLS:
        counts = [count(table[table["symbol"] == symbol]) for table in beats.values()]
        if any(counts):
            label = named.get(symbol, "in no class set")
            rows.append([f"`{symbol}`", label, *map(_number, counts), _number(sum(counts))])
    return _markdown(["symbol", "class", *beats, "all"], rows)


def _folds(beats: Mapping[str, pd.DataFrame]) -> list[str]:
    """Who tests in which fold, where the sources tell who stays together; nothing where none does."""
    every = pd.concat(beats.values(), ignore_index=True)
    every = every[every["group"].astype(str) != ""]
    if every.empty:
        return []
    stored = people.stored_folds()
    fold_of = {group: people.fold_of(group, stored) for group in every["group"].unique()}
    every = every.assign(fold=every["group"].map(fold_of))
    rows = []
    for beat_class in CLASS_SETS[CLASS_SET]:
        own = every[every["symbol"] == beat_class.symbol]
        counts = [own[own["fold"] == fold]["patient"].nunique() for fold in range(people.FOLDS)]
        rows.append([beat_class.short, *map(_number, counts), _number(sum(counts))])
    return [
        "## People in the folds of `people-5fold`",
        _markdown(["class", *(f"fold {fold}" for fold in range(people.FOLDS)), "all"], rows),
        "Every person tests once, with a network that does not know them. Those of PTB-XL whom nobody can tell apart"
        " for certain stay together, so that folds differ in size.",
    ]


def _scarce(beats: Mapping[str, pd.DataFrame]) -> str:
    every = pd.concat(beats.values(), ignore_index=True)
    carriers = {
        beat_class.short: every[every["symbol"] == beat_class.symbol]["patient"].nunique()
        for beat_class in CLASS_SETS[CLASS_SET]
    }
    counts = ", ".join(f"{short} {count}" for short, count in sorted(carriers.items(), key=lambda item: item[1]))
    return f"People, not beats, are what is scarce. So many have beats of each class, all sources together: {counts}."


def _partitions(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Who is in which partition of ``inter-patient``, of the sources that version 4 learned from."""
    if not tables:
        return []
    table = pd.concat(tables.values(), ignore_index=True)
    classes = CLASS_SETS[CLASS_SET]
    labels = table["symbol"].map({beat_class.symbol: number for number, beat_class in enumerate(classes)}).fillna(-1)
    partitions = splits.split(table, labels.to_numpy(dtype=np.int64), INTER_PATIENT.name)
    primary = table["primary"].to_numpy(dtype=bool)
    rows = []
    for name in _PARTITIONS:
        chosen = getattr(partitions, name)
        own = table.iloc[chosen[primary[chosen]]]
        counts = [_number(int((own["symbol"] == beat_class.symbol).sum())) for beat_class in classes]
        rows.append([name, _number(own["record"].nunique()), _number(own["patient"].nunique()), *counts])
    return [
        "## Partitions of `inter-patient`",
        _markdown(["partition", "records", "people", *(beat_class.short for beat_class in classes)], rows),
        f"MIT-BIH follows de Chazal et al. 2004, with the paced records shared between the partitions. Record"
        f" {', '.join(divisions.LEFT_OUT_RECORDS)} is left out: it is the same man as 202. Validation people come"
        " out of the training partition; PTB-XL's folds 9 and 10 test and fold 8 validates. Nobody is in two of them."
        f" These are the partitions of {', '.join(tables)}, which version 4 learned from.",
    ]


def _number(value: int) -> str:
    return f"{value:,}" if value else "–"


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows))


def _joined(parts: Sequence[str]) -> str:
    """Blank lines between the parts, but not between the items of a list."""
    text = parts[0]
    for before, part in pairwise(parts):
        text += ("\n" if before.startswith("- ") and part.startswith("- ") else "\n\n") + part
    return text + "\n"
