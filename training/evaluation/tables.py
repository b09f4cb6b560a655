"""Kept predictions to the tables of ``results``: a row for each protocol, class set, representation and side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import auc, f1_score, recall_score, roc_curve

from ecg.classes import CLASS_SETS
from training.evaluation import metrics
from training.evaluation.metrics import TableRow
from training.learning import predictions
from training.learning.predictions import Predictions
from training.recipes.protocols import Parts
from training.recipes.provenance import RunConfig

#: The network of the rows that always answer the class that most training beats have.
NAIVE = "naive majority"

#: What networks were called in tables that earlier versions wrote.
_FORMER_NETWORKS = {"seed": "course_cnn"}

#: Powers of the classes' shares that :func:`balance_rows` tries.
BALANCES = tuple(round(0.05 * step, 2) for step in range(21))

#: Where a record lies, by how its name begins; everything else is MIT-BIH.
_SIDES = (("ptbxl-", "PTB-XL"), ("4", "VFDB"), ("6", "VFDB"))


def score_rows(found: Sequence[Predictions], class_sets: Sequence[str] = ()) -> pd.DataFrame:
    """Rows for every run, one for all the parts of a recipe together, and the naive majority on the same beats.

    Args:
        class_sets: parts of the runs' own class set that are scored as well (see :meth:`Predictions.within`).
    """
    rows: list[TableRow] = []
    recipes: dict[str, list[Predictions]] = defaultdict(list)
    for one in found:
        if not one.config.divided_by.is_start:
            recipes[_recipe(one.config)].append(one)
    for parts in recipes.values():
        protocol, own_set = parts[0].config.divided_by, parts[0].config.class_set
        by_aami_alone = protocol.tests_whole_records and own_set == "aami"
        for class_set in () if by_aami_alone else (own_set, *class_sets):
            narrowed = [one.within(class_set) for one in parts]
            if protocol.parts is None:
                for one in narrowed:
                    rows += _by_source(one)
            elif len(narrowed) == 1:
                rows += _with_naive(_row, narrowed[0], _part_of(narrowed[0].config))
            else:
                rows += [_row(one, _part_of(one.config)) for one in narrowed]
                rows += _with_naive(_row, predictions.joined(narrowed), f"{len(narrowed)} {protocol.parts}")
        if protocol.tests_whole_records:
            for one in parts:
                rows += _with_naive(_aami_row, one, "test, MIT-BIH")
    return pd.DataFrame(_without_repetition(rows))


def detection_rows(found: Sequence[Predictions], short: str = "VF") -> pd.DataFrame:
    """How well one class is told from all others in people that a run has never seen.

    ``sensitivity`` and ``called`` (the share of other beats that were answered ``short``) are those of the most
    probable class. ``sensitivity_at_1_percent`` is read off the ROC curve where 1 % of the other beats are called, so
    its threshold is chosen on the beats that it is scored on.
    """
    rows: list[TableRow] = []
    for one in found:
        names = [each.short for each in CLASS_SETS[one.config.class_set]]
        positive = one.truth == (names.index(short) if short in names else -2)
        if not one.config.divided_by.by_person or not positive.any():
            continue
        probability = one.probabilities[:, names.index(short)]
        answered = one.probabilities.argmax(axis=1) == names.index(short)
        called, caught, _ = roc_curve(positive, probability)
        row: TableRow = {
            "recipe": _recipe(one.config),
            "class": short,
            "beats": int(positive.sum()),
            "records": len(np.unique(one.records[positive])),
            "others": int((~positive).sum()),
            "sensitivity": round(float(answered[positive].mean()), 4),
            "called": round(float(answered[~positive].mean()), 4),
            "auroc": round(float(auc(called, caught)), 4),
            "sensitivity_at_1_percent": round(float(caught[called <= 0.01].max()), 4),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def balance_rows(one: Predictions) -> pd.DataFrame:
    """Accuracy, macro-F1, mean sensitivity and each class's for each of :data:`BALANCES`."""
    rows = []
    names = [each.short for each in CLASS_SETS[one.config.class_set]]
    known = np.unique(one.truth)
    for power in BALANCES:
        answered = one.balanced(power).probabilities.argmax(axis=1)
        sensitivity = recall_score(one.truth, answered, average=None, labels=known)
        row: TableRow = {
            "balance": power,
            "beats": len(answered),
            "accuracy": round(float((answered == one.truth).mean()), 4),
            "macro_f1": round(float(f1_score(one.truth, answered, average="macro", labels=known)), 4),
            "mean_Se": round(float(sensitivity.mean()), 4),
        }
        rows.append(
            row | {f"{names[label]}_Se": round(float(se), 4) for label, se in zip(known, sensitivity, strict=True)}
        )
    return pd.DataFrame(rows)


def read(path: Path) -> pd.DataFrame:
    """A stored table, with the names of today for what earlier versions called otherwise."""
    table = pd.read_csv(path)
    if "network" in table:
        table["network"] = table["network"].replace(_FORMER_NETWORKS)
    return table


def source_of(record: str) -> str:
    """The database that a record's name belongs to."""
    return next((source for start, source in _SIDES if record.startswith(start)), "MIT-BIH")


def _part_of(config: RunConfig) -> str:
    return f"fold {config.fold}" if config.divided_by.parts is Parts.FOLDS else f"without {config.held_out}"


def _by_source(one: Predictions) -> list[TableRow]:
    sources = np.array([source_of(record) for record in one.records])
    names = list(dict.fromkeys(sources.tolist()))
    parts = [(one.only(sources == source), f"test, {source}") for source in names]
    if len(parts) > 1:
        parts.append((one, "test, all"))
    return [row for part, side in parts for row in _with_naive(_row, part, side)]


def _with_naive(score: Callable[[Predictions, str], TableRow], one: Predictions, side: str) -> list[TableRow]:
    certain = np.zeros_like(one.probabilities)
    certain[:, one.majority] = 1
    naive = score(replace(one, probabilities=certain), side)
    return [score(one, side), naive | {"network": NAIVE, "representation": "", "sources": "", "recipe": ""}]


def _without_repetition(rows: list[TableRow]) -> list[TableRow]:
    """The naive majority is the same for every recipe that is scored on the same beats: it stays once."""
    seen: list[TableRow] = []
    for row in rows:
        if row["network"] != NAIVE or row not in seen:
            seen.append(row)
    return seen


def _row(one: Predictions, side: str) -> TableRow:
    known = one.only(one.truth >= 0)
    names = [each.short for each in CLASS_SETS[known.config.class_set]]
    by_record = known.config.divided_by.by_person
    scores = metrics.score(known.truth, known.probabilities, names, known.records, by_record=by_record)
    return metrics.table_row(scores, **_identity(known.config, side))


def _aami_row(one: Predictions, side: str) -> TableRow:
    kept = one.only(np.array([source_of(record) == "MIT-BIH" for record in one.records]))
    truth = metrics.aami_truth(kept.symbols, kept.records)
    kept, truth = kept.only(truth >= 0), truth[truth >= 0]
    names = [each.short for each in CLASS_SETS[kept.config.class_set]]
    answers = metrics.aami_answers(kept.probabilities.argmax(axis=1), names)
    scores = metrics.score_answers(truth, answers, metrics.AAMI_CLASSES, kept.records, by_record=True)
    return metrics.table_row(scores, **(_identity(kept.config, side) | {"class_set": "aami"}))


def _identity(config: RunConfig, side: str) -> dict[str, str]:
    return {
        "protocol": config.protocol,
        "class_set": config.class_set,
        "representation": config.representation,
        "network": _network(config),
        "sources": "+".join(config.sources),
        "recipe": _recipe(config),
        "side": side,
    }


def _network(config: RunConfig) -> str:
    return config.network if config.networks == 1 else f"{config.networks} x {config.network}"


def _recipe(config: RunConfig) -> str:
    """The run's name without the part that tells the fold or person, and with the balance of its decision."""
    return _name(config) + (f" balanced {config.prior_correction:g}" if config.prior_correction else "")


def _name(config: RunConfig) -> str:
    for mark in (f".fold-{config.fold}", f".without-{config.held_out}"):
        if config.name.endswith(mark):
            return config.name.removesuffix(mark)
    return config.name
