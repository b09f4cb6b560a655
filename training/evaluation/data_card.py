"""The data card: who and what the prepared recordings hold, and who is in which partition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from ecg.classes import BEAT_SYMBOLS, CLASS_SETS
from training.databases import divisions
from training.datasets import splits
from training.datasets.sources import DATABASES
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
                    DATABASES[name].title,
                    _number(table["record"].nunique()),
                    _number(table["patient"].nunique()),
                    " and ".join(map(str, sorted(set(tables[name].groupby("record")["lead"].nunique())))),
                    _number(len(table)),
                ]
                for name, table in beats.items()
            ],
        ),
        *(f"- **{name}**: {DATABASES[name].notice}" for name in beats),
        "## Beats and people by class",
        _by_class(beats),
        "Symbols are those of the MIT-BIH annotations. PTB-XL labels records, not beats: each beat has its record's"
        " label. VFDB marks rhythms: its beats are the crests of the waves in stretches of fibrillation or flutter.",
        _scarce(beats),
        "## Partitions of `inter-patient`",
        _partitions(pd.concat(tables.values(), ignore_index=True)),
        f"MIT-BIH follows de Chazal et al. 2004, with the paced records shared between the partitions. Record"
        f" {', '.join(divisions.LEFT_OUT_RECORDS)} is left out: it is the same man as 202. Validation people come"
        " out of the training partition; PTB-XL's folds 9 and 10 test and fold 8 validates. Nobody is in two of them.",
        "## Held out in turn by `leave-one-patient-out`",
        _markdown(
            ["class", "people"], [[short, ", ".join(carriers)] for short, carriers in divisions.CARRIERS.items()]
        ),
    ]
    return markdown.wrapped(_joined(parts))


def _by_class(beats: Mapping[str, pd.DataFrame]) -> str:
    named = {beat_class.symbol: f"{beat_class.name} ({beat_class.short})" for beat_class in CLASS_SETS["eight"]}
    heads = ["symbol", "class", *(f"{name}: {counted}" for name in beats for counted in ("beats", "people"))]
    rows = []
    for symbol in BEAT_SYMBOLS:
        cells = []
        for table in beats.values():
            own = table[table["symbol"] == symbol]
            cells += [_number(len(own)), _number(own["patient"].nunique())]
        if any(cell != "–" for cell in cells):
            rows.append([f"`{symbol}`", named.get(symbol, "in no class set"), *cells])
    return _markdown(heads, rows)


def _scarce(beats: Mapping[str, pd.DataFrame]) -> str:
    every = pd.concat(beats.values(), ignore_index=True)
    carriers = {
        beat_class.short: every[every["symbol"] == beat_class.symbol]["patient"].nunique()
        for beat_class in CLASS_SETS[CLASS_SET]
    }
    counts = ", ".join(f"{short} {count}" for short, count in sorted(carriers.items(), key=lambda item: item[1]))
    return f"People, not beats, are what is scarce. So many have beats of each class, all sources together: {counts}."


def _partitions(table: pd.DataFrame) -> str:
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
    return _markdown(["partition", "records", "people", *(beat_class.short for beat_class in classes)], rows)


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
