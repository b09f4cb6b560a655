"""Kept predictions to the tables of ``docs/results``: a row for each protocol, class set, representation and side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from training import evaluation
from training.classes import CLASS_SETS
from training.configuration import RunConfig
from training.evaluation import TableRow
from training.predictions import Predictions

#: Protocols in which no person is on two sides: their intervals resample people's records.
BY_PERSON = ("inter-patient", "leave-one-patient-out")

#: Where a record lies, by how its name begins; everything else is MIT-BIH.
_SIDES = (("ptbxl-", "PTB-XL"), ("4", "VFDB"), ("6", "VFDB"))


def score_rows(found: Sequence[Predictions], class_sets: Sequence[str] = ()) -> pd.DataFrame:
    """Rows for every run, and one for all the folds of a recipe together.

    Args:
        class_sets: parts of the runs' own class set that are scored as well (see :meth:`Predictions.within`).
    """
    rows: list[TableRow] = []
    recipes: dict[str, list[Predictions]] = defaultdict(list)
    for one in found:
        if one.config.protocol != "beats-half":
            recipes[_recipe(one.config)].append(one)
    for parts in recipes.values():
        for class_set in (parts[0].config.class_set, *class_sets):
            narrowed = [one.within(class_set) for one in parts]
            if narrowed[0].config.protocol == "beats-10fold":
                rows += [_row(one, f"fold {one.config.fold}") for one in narrowed]
                if len(narrowed) > 1:
                    rows.append(_row(joined(narrowed), f"{len(narrowed)} folds"))
            elif narrowed[0].config.protocol == "leave-one-patient-out":
                rows += [_row(one, f"without {one.config.held_out}") for one in narrowed]
                if len(narrowed) > 1:
                    rows.append(_row(joined(narrowed), f"{len(narrowed)} people"))
            else:
                rows += [row for one in narrowed for row in _by_source(one)]
        if parts[0].config.protocol == "inter-patient":
            rows += [_aami_row(one) for one in parts]
    return pd.DataFrame(rows)


def joined(parts: Sequence[Predictions]) -> Predictions:
    """The answers of several runs of one recipe, one after the other."""
    return replace(
        parts[0],
        records=np.concatenate([one.records for one in parts]),
        samples=np.concatenate([one.samples for one in parts]),
        symbols=np.concatenate([one.symbols for one in parts]),
        probabilities=np.concatenate([one.probabilities for one in parts]),
    )


def source_of(record: str) -> str:
    """The database that a record's name belongs to."""
    return next((source for start, source in _SIDES if record.startswith(start)), "MIT-BIH")


def _by_source(one: Predictions) -> list[TableRow]:
    sources = np.array([source_of(record) for record in one.records])
    rows = [_row(one.only(sources == source), f"test, {source}") for source in dict.fromkeys(sources.tolist())]
    return rows if len(rows) == 1 else [*rows, _row(one, "test, all")]


def _row(one: Predictions, side: str) -> TableRow:
    known = one.only(one.truth >= 0)
    names = [one.short for one in CLASS_SETS[known.config.class_set]]
    scores = evaluation.score(
        known.truth, known.probabilities, names, known.records, by_record=known.config.protocol in BY_PERSON
    )
    return evaluation.table_row(scores, **_identity(known.config, side))


def _aami_row(one: Predictions) -> TableRow:
    kept = one.only(np.array([source_of(record) == "MIT-BIH" for record in one.records]))
    truth = evaluation.aami_truth(kept.symbols, kept.records)
    kept, truth = kept.only(truth >= 0), truth[truth >= 0]
    names = [one.short for one in CLASS_SETS[kept.config.class_set]]
    answers = evaluation.aami_answers(kept.probabilities.argmax(axis=1), names)
    scores = evaluation.score_answers(truth, answers, evaluation.AAMI_CLASSES, kept.records, by_record=True)
    return evaluation.table_row(scores, **(_identity(kept.config, "test, MIT-BIH") | {"class_set": "aami"}))


def _identity(config: RunConfig, side: str) -> dict[str, str]:
    return {
        "protocol": config.protocol,
        "class_set": config.class_set,
        "representation": config.representation,
        "network": config.network,
        "sources": "+".join(config.sources),
        "recipe": _recipe(config),
        "side": side,
    }


def _recipe(config: RunConfig) -> str:
    """The run's name without the part that tells the fold or person."""
    for mark in (f".fold-{config.fold}", f".without-{config.held_out}"):
        if config.name.endswith(mark):
            return config.name.removesuffix(mark)
    return config.name
