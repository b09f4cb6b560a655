"""Stored predictions to the tables of ``results``: a row for each protocol, class set, representation and partition."""

from __future__ import annotations

import re
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

#: The network of the rows that always name the class that most training beats have.
MAJORITY_BASELINE = "majority baseline"

#: What columns, networks and ends of recipes' names were called in tables that earlier versions wrote.
_FORMER_COLUMNS = {"side": "partition", "balance": "prior_correction", "answer": "predicted"}
_FORMER_NETWORKS = {"seed": "course_cnn", "naive majority": MAJORITY_BASELINE}
_FORMER_CORRECTION = re.compile(r" balanced (?=[0-9.]+$)")

#: What stands in a recipe's name before the power that its probabilities were corrected with.
_CORRECTION = " prior correction "

#: Powers of the classes' shares that :func:`prior_correction_rows` tries.
PRIOR_CORRECTION_POWERS = tuple(round(0.05 * step, 2) for step in range(21))

#: Where a record lies, by how its name begins; everything else is MIT-BIH.
_SOURCES = (
    *(("ptbxl-", "PTB-XL"), ("4", "VFDB"), ("6", "VFDB")),
    *(("cpsc2018-", "CPSC 2018"), ("ludb-", "LUDB"), ("qtdb-", "QT database"), ("ecgiddb-", "ECG-ID")),
)


def score_rows(stored: Sequence[Predictions], class_sets: Sequence[str] = ()) -> pd.DataFrame:
    """Rows for every run, one for all the parts of a recipe together, and the majority baseline on the same beats.

    Args:
        class_sets: parts of the runs' own class set that are scored as well (see :meth:`Predictions.within`).
    """
    rows: list[TableRow] = []
    recipes: dict[str, list[Predictions]] = defaultdict(list)
    for of_run in stored:
        if not of_run.config.divided_by.is_start:
            recipes[_recipe(of_run.config)].append(of_run)
    for parts in recipes.values():
        protocol, own_set = parts[0].config.divided_by, parts[0].config.class_set
        by_aami_alone = protocol.tests_whole_records and own_set == "aami"
        for class_set in () if by_aami_alone else (own_set, *class_sets):
            narrowed = [of_run.within(class_set) for of_run in parts]
            if protocol.parts is None:
                for of_run in narrowed:
                    rows += _by_source(of_run)
            elif len(narrowed) == 1:
                rows += _with_majority_baseline(_row, narrowed[0], _part_of(narrowed[0].config))
            else:
                rows += [_row(of_run, _part_of(of_run.config)) for of_run in narrowed]
                rows += _with_majority_baseline(_row, predictions.joined(narrowed), f"{len(narrowed)} {protocol.parts}")
        if protocol.tests_whole_records:
            for of_run in parts:
                rows += _with_majority_baseline(_aami_row, of_run, "test, MIT-BIH")
    return pd.DataFrame(_without_repetition(rows))


def detection_rows(stored: Sequence[Predictions], short: str = "VF") -> pd.DataFrame:
    """How well one class is told from all others in people that a run has never seen.

    ``sensitivity`` and ``called`` (the share of other beats that were predicted as ``short``) are those of the most
    probable class. ``sensitivity_at_1_percent`` is read off the ROC curve where 1 % of the other beats are called, so
    its threshold is chosen on the beats that it is scored on.
    """
    rows: list[TableRow] = []
    for of_run in stored:
        names = [beat_class.short for beat_class in CLASS_SETS[of_run.config.class_set]]
        positive = of_run.truth == (names.index(short) if short in names else -2)
        if not of_run.config.divided_by.by_person or not positive.any():
            continue
        probability = of_run.probabilities[:, names.index(short)]
        predicted = of_run.probabilities.argmax(axis=1) == names.index(short)
        false_rates, true_rates, _ = roc_curve(positive, probability)
        row: TableRow = {
            "recipe": _recipe(of_run.config),
            "class": short,
            "beats": int(positive.sum()),
            "records": len(np.unique(of_run.records[positive])),
            "others": int((~positive).sum()),
            "sensitivity": round(float(predicted[positive].mean()), 4),
            "called": round(float(predicted[~positive].mean()), 4),
            "auroc": round(float(auc(false_rates, true_rates)), 4),
            "sensitivity_at_1_percent": round(float(true_rates[false_rates <= 0.01].max()), 4),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def prior_correction_rows(validated: Predictions) -> pd.DataFrame:
    """Accuracy, macro-F1, mean sensitivity and each class's for each of :data:`PRIOR_CORRECTION_POWERS`."""
    rows = []
    names = [beat_class.short for beat_class in CLASS_SETS[validated.config.class_set]]
    known = np.unique(validated.truth)
    for power in PRIOR_CORRECTION_POWERS:
        predicted = validated.prior_corrected(power).probabilities.argmax(axis=1)
        sensitivity = recall_score(validated.truth, predicted, average=None, labels=known)
        row: TableRow = {
            "prior_correction": power,
            "beats": len(predicted),
            "accuracy": round(float((predicted == validated.truth).mean()), 4),
            "macro_f1": round(float(f1_score(validated.truth, predicted, average="macro", labels=known)), 4),
            "mean_Se": round(float(sensitivity.mean()), 4),
        }
        rows.append(
            row | {f"{names[label]}_Se": round(float(se), 4) for label, se in zip(known, sensitivity, strict=True)}
        )
    return pd.DataFrame(rows)


def read(path: Path) -> pd.DataFrame:
    """A stored table, with the names of today for what earlier versions called otherwise."""
    table = pd.read_csv(path).rename(columns=_FORMER_COLUMNS)
    if "recipe" in table:
        table["recipe"] = table["recipe"].str.replace(_FORMER_CORRECTION, _CORRECTION, regex=True)
    if "network" in table:
        table["network"] = table["network"].replace(_FORMER_NETWORKS)
    return table


def source_of(record: str) -> str:
    """The database that a record's name belongs to."""
    return next((source for start, source in _SOURCES if record.startswith(start)), "MIT-BIH")


def _part_of(config: RunConfig) -> str:
    return f"fold {config.fold}" if config.divided_by.parts is Parts.FOLDS else f"without {config.held_out}"


def _by_source(of_run: Predictions) -> list[TableRow]:
    sources = np.array([source_of(record) for record in of_run.records])
    names = list(dict.fromkeys(sources.tolist()))
    parts = [(of_run.only(sources == source), f"test, {source}") for source in names]
    if len(parts) > 1:
        parts.append((of_run, "test, all"))
    return [row for part, partition in parts for row in _with_majority_baseline(_row, part, partition)]


def _with_majority_baseline(
    score: Callable[[Predictions, str], TableRow], of_run: Predictions, partition: str
) -> list[TableRow]:
    certain = np.zeros_like(of_run.probabilities)
    certain[:, of_run.majority] = 1
    baseline = score(replace(of_run, probabilities=certain), partition)
    return [
        score(of_run, partition),
        baseline | {"network": MAJORITY_BASELINE, "representation": "", "sources": "", "recipe": ""},
    ]


def _without_repetition(rows: list[TableRow]) -> list[TableRow]:
    """The majority baseline is the same for every recipe that is scored on the same beats: it stays once."""
    unique: list[TableRow] = []
    for row in rows:
        if row["network"] != MAJORITY_BASELINE or row not in unique:
            unique.append(row)
    return unique


def _row(of_run: Predictions, partition: str) -> TableRow:
    known = of_run.only(of_run.truth >= 0)
    names = [beat_class.short for beat_class in CLASS_SETS[known.config.class_set]]
    by_record = known.config.divided_by.by_person
    scores = metrics.score(known.truth, known.probabilities, names, known.records, by_record=by_record)
    return metrics.table_row(scores, **_identity(known.config, partition))


def _aami_row(of_run: Predictions, partition: str) -> TableRow:
    of_mitdb = of_run.only(np.array([source_of(record) == "MIT-BIH" for record in of_run.records]))
    truth = metrics.aami_truth(of_mitdb.symbols, of_mitdb.records)
    of_mitdb, truth = of_mitdb.only(truth >= 0), truth[truth >= 0]
    names = [beat_class.short for beat_class in CLASS_SETS[of_mitdb.config.class_set]]
    predicted = metrics.aami_classes_of(of_mitdb.probabilities.argmax(axis=1), names)
    scores = metrics.score_classes(truth, predicted, metrics.AAMI_CLASSES, of_mitdb.records, by_record=True)
    return metrics.table_row(scores, **(_identity(of_mitdb.config, partition) | {"class_set": "aami"}))


def _identity(config: RunConfig, partition: str) -> dict[str, str]:
    return {
        "protocol": config.protocol,
        "class_set": config.class_set,
        "representation": config.representation,
        "network": _network(config),
        "sources": "+".join(config.sources),
        "recipe": _recipe(config),
        "partition": partition,
    }


def _network(config: RunConfig) -> str:
    return config.network if config.networks == 1 else f"{config.networks} x {config.network}"


def _recipe(config: RunConfig) -> str:
    """The run's name without the part that tells the fold or person, and with the prior correction of its decision."""
    return _name(config) + (f"{_CORRECTION}{config.prior_correction:g}" if config.prior_correction else "")


def _name(config: RunConfig) -> str:
    for mark in (f".fold-{config.fold}", f".without-{config.held_out}"):
        if config.name.endswith(mark):
            return config.name.removesuffix(mark)
    return config.name
