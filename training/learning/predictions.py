"""Predictions of a trained run for its test beats: calibrated on its validation partition, stored beside the run.

Stored predictions are small enough for the repository, so every table can be reprinted from them without training
again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.special import softmax

from ecg.classes import CLASS_SETS, index_of_symbols
from training import TrainingError, packed
from training.datasets import people_folds
from training.datasets.prepared_data import Dataset
from training.datasets.splits import Split, simulated_block_rows
from training.learning import calibration
from training.learning.run import Run
from training.recipes.provenance import RunConfig

FILE = "predictions.npz"

#: What stored probabilities are multiples of: less than the last digit of a table.
STEP = 2.0**-14

#: Fields of :class:`Whose`, and what they are called in files.
_WHOSE = ("people", "databases", "leads")

#: A partition of a split that a network has not trained on.
Unseen = Literal["validation", "test"]


class PredictionsError(TrainingError):
    """A file of predictions can't be used."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose beats N predictions are for, and in which leads; rows correspond."""

    people: NDArray[np.str_]
    databases: NDArray[np.str_]
    """Names of :data:`training.databases.registry.DATABASES`."""
    leads: NDArray[np.str_]

    def only(self, chosen: NDArray[np.bool_]) -> Whose:
        """The chosen rows."""
        return Whose(self.people[chosen], self.databases[chosen], self.leads[chosen])


@dataclass(frozen=True, slots=True)
class Predictions:
    """Calibrated probabilities of N beats; rows of all arrays correspond."""

    config: RunConfig
    records: NDArray[np.str_]
    samples: NDArray[np.int64]
    symbols: NDArray[np.str_]
    probabilities: NDArray[np.float32]
    """``[N, C]``, classes of the run's class set."""
    majority: int
    """Class index that most training beats have: the majority baseline."""
    shares: NDArray[np.float64] | None = None
    """``[C]``: how much of the training partition each class is, by person counted by its carriers; None in files
    that were written before this was stored."""
    whose: Whose | None = None
    """Stored where a protocol tests every lead of people of many databases."""
    temperature: float | None = None
    """That the network's logits were divided by; None where it isn't known, or there is not one network behind them."""

    @property
    def truth(self) -> NDArray[np.int64]:
        """Class index of each beat, −1 for beats outside the class set: ``[N]``."""
        return label_indices(self.symbols, self.config.class_set)

    def only(self, chosen: NDArray[np.bool_]) -> Predictions:
        """The chosen beats."""
        return replace(
            self,
            records=self.records[chosen],
            samples=self.samples[chosen],
            symbols=self.symbols[chosen],
            probabilities=self.probabilities[chosen],
            whose=self.whose and self.whose.only(chosen),
        )

    def within(self, class_set: str) -> Predictions:
        """As a class set that is part of the run's own: other beats left out, probabilities given that it is one of it.

        Raises:
            ValueError: ``class_set`` has classes that the run does not know.
        """
        own = [beat_class.short for beat_class in CLASS_SETS[self.config.class_set]]
        wanted = [beat_class.short for beat_class in CLASS_SETS[class_set]]
        if not set(wanted) <= set(own):
            raise ValueError(f"Class set {class_set} is not part of {self.config.class_set}.")
        chosen = [own.index(short) for short in wanted]
        probabilities = self.probabilities[:, chosen]
        shares = None if self.shares is None else self.shares[chosen] / self.shares[chosen].sum()
        probabilities = probabilities / np.maximum(probabilities.sum(axis=1, keepdims=True), 1e-12)
        config = self.config.model_copy(update={"class_set": class_set})
        majority = wanted.index(own[self.majority]) if own[self.majority] in wanted else 0
        narrowed = replace(self, config=config, probabilities=probabilities, majority=majority, shares=shares)
        known = np.array([symbol not in _left_out(self.config.class_set, class_set) for symbol in self.symbols])
        return narrowed.only(known)

    def prior_corrected(self, power: float) -> Predictions:
        """Prior correction, towards equal sensitivity: probabilities over the classes' shares to ``power``, adding up
        to 1.

        Nothing changes at 0, which is most often right; at 1 every class is predicted as if it were as frequent as any.

        Raises:
            PredictionsError: the shares are not known, are not those of the people predicted for, or were corrected for
                before.
        """
        if self.shares is None:
            raise PredictionsError(f"The predictions of {self.config.name} were stored without the classes' shares.")
        by_others = self.config.divided_by.by_person and not self.config.out_of_fold
        if by_others or self.config.prior_correction:
            raise PredictionsError(f"The classes' shares say nothing more about the predictions of {self.config.name}.")
        weighed = self.probabilities / np.where(self.shares > 0, self.shares, 1.0) ** power
        probabilities = (weighed / weighed.sum(axis=1, keepdims=True)).astype(np.float32)
        config = self.config.model_copy(update={"prior_correction": power})
        return replace(self, config=config, probabilities=probabilities)

    def save(self, path: Path) -> None:
        """Write a file that :func:`numpy.load` reads; probabilities are stored as multiples of :data:`STEP`.

        Tables show four decimals, and what lies behind those would be most of the file. LZMA takes a tenth less than
        deflate, and a seventh less again where what is alike stands together: intervals instead of samples, and one
        class's probabilities after another's, their high bytes before their low ones.
        """
        arrays = {
            "config": np.array(json.dumps(self.config.model_dump())),
            "records": self.records,
            "intervals": np.diff(self.samples, prepend=0).astype(np.int32),
            "symbols": self.symbols,
            "multiples": _as_multiples(self.probabilities),
            "majority": np.array(self.majority),
        }
        if self.shares is not None:
            arrays["shares"] = self.shares
        if self.whose is not None:
            arrays |= {field: getattr(self.whose, field) for field in _WHOSE}
        if self.temperature is not None:
            arrays["temperature"] = np.array(self.temperature)
        packed.write(path, arrays)


def load(path: Path) -> Predictions:
    """Read stored predictions.

    Raises:
        PredictionsError: missing, damaged or of another kind.
    """
    try:
        with path.open("rb") as file, np.load(file) as stored:
            return Predictions(
                RunConfig.model_validate_json(str(stored["config"])),
                stored["records"],
                _samples(stored),
                stored["symbols"],
                _probabilities(stored),
                int(stored["majority"]),
                stored.get("shares"),
                Whose(*(stored[field] for field in _WHOSE)) if set(_WHOSE) <= set(stored) else None,
                float(stored["temperature"]) if "temperature" in stored else None,
            )
    except (OSError, EOFError, BadZipFile, KeyError, ValueError, ValidationError) as error:
        raise PredictionsError(f"{path} holds no predictions: {error}") from error


def _as_multiples(probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """How many :data:`STEP` each probability is, with the eleven bits of half precision: ``[2, C, N]``.

    High bytes come first, low bytes second.
    """
    rounded = (np.round(probabilities / STEP) * STEP).astype(np.float16)
    multiples = (rounded.T.astype(np.float32) / STEP).astype(np.uint16)
    return np.stack([multiples >> 8, multiples & 0xFF]).astype(np.uint8)


def _probabilities(stored: NpzFile) -> NDArray[np.float32]:
    """``[N, C]``, whichever way the file has them: up to version 0.5 in half precision."""
    if "multiples" not in stored:
        return stored["probabilities"].astype(np.float32)
    high, low = stored["multiples"].astype(np.float32)
    return np.ascontiguousarray((high * 256 + low).T * np.float32(STEP))


def _samples(stored: NpzFile) -> NDArray[np.int64]:
    """``[N]``, whichever way the file has them: up to version 0.5 as they are."""
    if "intervals" not in stored:
        return stored["samples"].astype(np.int64)
    return np.cumsum(stored["intervals"], dtype=np.int64)


def label_indices(symbols: NDArray[np.str_], class_set: str) -> NDArray[np.int64]:
    """Class index of each symbol in a class set, −1 for others."""
    index = index_of_symbols(CLASS_SETS[class_set])
    return np.array([index.get(symbol, -1) for symbol in symbols], dtype=np.int64)


def predict(run: Path, data: Dataset) -> Predictions:
    """Predictions of the run's best weights for its test partition, stored in the run's folder.

    Protocols by person also predict the beats outside the class set in the test partition, for the AAMI collapse.
    Predictions that are already there are read, not computed again.

    Raises:
        RunError: the run has no weights, or was not trained on ``data``.
    """
    file = run / FILE
    if file.is_file():
        return load(file)
    predicted = predict_partition(run, data, "test")
    predicted.save(file)
    return predicted


def predict_partition(
    run: Path, data: Dataset, partition: Unseen, *, calibrated_on: Unseen = "validation"
) -> Predictions:
    """Predictions of the run's best weights for one partition, calibrated on a partition that it has not learned.

    Args:
        calibrated_on: the test partition where another run tests on this one's validation partition.

    Raises:
        RunError: the run has no weights, or was not trained on ``data``.
    """
    from training.learning import fitting  # TensorFlow is loaded only where a network runs

    opened = Run.open(run, data)
    config, labels, partitions = opened.config, opened.labels, opened.partitions
    rows = {"validation": partitions.validation, "test": tested_rows(data, partitions, config)}
    asked = sorted({partition, calibrated_on})
    said = fitting.run_logits(opened, np.concatenate([rows[name] for name in asked]))
    ends = np.cumsum([len(rows[name]) for name in asked])[:-1]
    logits = dict(zip(asked, np.split(said, ends), strict=True))
    known = labels[rows[calibrated_on]] >= 0
    scaling = calibration.fit_scaling(
        logits[calibrated_on][known], labels[rows[calibrated_on]][known], biases=not config.divided_by.by_person
    )
    table = data.table.iloc[rows[partition]]
    trained = np.bincount(labels[partitions.train], minlength=len(opened.classes))
    shares = _carriers(data, labels, partitions, len(opened.classes)) if config.divided_by.by_person else trained
    return Predictions(
        config,
        table["record"].to_numpy(dtype=str),
        table["sample"].to_numpy(dtype=np.int64),
        table["symbol"].to_numpy(dtype=str),
        softmax(logits[partition] / scaling.temperature + np.array(scaling.bias), axis=1).astype(np.float32),
        int(trained.argmax()),
        shares / shares.sum(),
        _whose(table) if config.divided_by.tests_every_lead else None,
        scaling.temperature,
    )


def _whose(table: pd.DataFrame) -> Whose:
    return Whose(
        table["patient"].to_numpy(dtype=str),
        people_folds.database_of(table["group"].to_numpy(dtype=str)),
        table["lead"].to_numpy(dtype=str),
    )


def _carriers(data: Dataset, labels: NDArray[np.int64], partitions: Split, classes: int) -> NDArray[np.int64]:
    """How many people who do not test carry each class: ``[classes]``. Nobody has a simulated block."""
    rows = np.concatenate([partitions.train, partitions.validation])
    rows = rows[~simulated_block_rows(data.table)[rows]]
    people = pd.DataFrame({"person": data.table["patient"].to_numpy()[rows], "label": labels[rows]}).drop_duplicates()
    return np.bincount(people["label"], minlength=classes)


def averaged(members: Sequence[Predictions]) -> Predictions:
    """The mean of the calibrated probabilities of several networks for the same beats.

    Raises:
        PredictionsError: they are for different beats.
    """
    first = members[0]
    for member in members[1:]:
        if not (np.array_equal(member.records, first.records) and np.array_equal(member.samples, first.samples)):
            raise PredictionsError("These networks did not predict the same beats.")
    mean = np.stack([member.probabilities for member in members]).mean(axis=0)
    return replace(first, probabilities=mean)


def across_recipes(recipes: Sequence[Predictions], name: str) -> Predictions:
    """The mean of the predictions of several recipes' networks for the same beats, each network counting alike.

    Args:
        name: of the mean; everything else is as the first recipe has it.

    Raises:
        PredictionsError: they are for different beats or classes, were not trained on the same people, or were
            corrected before.
    """
    first, *further = recipes
    for recipe in further:
        alike = ("class_set", "protocol", "network", "representation", "validation")
        if any(getattr(recipe.config, field) != getattr(first.config, field) for field in alike):
            raise PredictionsError(f"{recipe.config.name} and {first.config.name} do not predict the same.")
        if not _same_shares(recipe, first):
            raise PredictionsError(f"{recipe.config.name} and {first.config.name} were not trained on the same people.")
    if any(recipe.config.prior_correction for recipe in recipes):
        raise PredictionsError("Average first, then correct: some of these predictions were corrected before.")
    counts = [recipe.config.networks for recipe in recipes]
    weighed = [
        replace(recipe, probabilities=recipe.probabilities * count)
        for recipe, count in zip(recipes, counts, strict=True)
    ]
    mean = averaged(weighed).probabilities * (len(recipes) / sum(counts))
    other_networks = first.config.other_networks + sum(counts[1:])
    config = first.config.model_copy(update={"name": name, "other_networks": other_networks})
    return replace(first, config=config, probabilities=mean.astype(np.float32))


def _same_shares(first: Predictions, second: Predictions) -> bool:
    if first.shares is None or second.shares is None:
        return first.shares is second.shares
    return bool(np.allclose(first.shares, second.shares))


def joined(parts: Sequence[Predictions]) -> Predictions:
    """The predictions of several runs of one recipe, one after the other."""
    whose = [part.whose for part in parts if part.whose is not None]
    return replace(
        parts[0],
        whose=Whose(*(np.concatenate([getattr(part, field) for part in whose]) for field in _WHOSE))
        if len(whose) == len(parts)
        else None,
        records=np.concatenate([part.records for part in parts]),
        samples=np.concatenate([part.samples for part in parts]),
        symbols=np.concatenate([part.symbols for part in parts]),
        probabilities=np.concatenate([part.probabilities for part in parts]),
    )


def tested_rows(data: Dataset, partitions: Split, config: RunConfig) -> NDArray[np.int64]:
    """The test beats; in protocols by person also the test people's beats outside the class set, where the primary lead
    alone is tested.
    """
    if not config.divided_by.by_person or config.divided_by.tests_every_lead:
        return partitions.test
    primary = data.table["primary"].to_numpy(dtype=bool)
    of_no_class = primary & (data.labels(CLASS_SETS[config.class_set]) < 0)
    records = data.table["record"].to_numpy(dtype=str)
    of_no_class &= np.isin(records, np.unique(records[partitions.test]))
    return np.sort(np.concatenate([partitions.test, np.flatnonzero(of_no_class)]))


def _left_out(wide: str, narrow: str) -> set[str]:
    return set(index_of_symbols(CLASS_SETS[wide])) - set(index_of_symbols(CLASS_SETS[narrow]))
