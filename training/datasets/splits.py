"""Named protocols: which beats train, which validate, which test. Never mix the numbers of two protocols."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold, train_test_split

from ecg.classes import CLASS_SETS
from training import TrainingError
from training.databases.divisions import (
    FIBRILLATION_TEST_RECORDS,
    FIBRILLATION_TRAINING_RECORDS,
    LEFT_OUT_RECORDS,
    OUT_OF_FOLD_GROUPS,
    TEST_RECORDS,
    TRAINING_RECORDS,
    VALIDATION_GROUPS,
    VALIDATION_RECORDS,
)
from training.datasets import lead_groups, people_folds
from training.datasets.prepared_data import Dataset
from training.recipes import protocols
from training.recipes.protocols import PROTOCOLS
from training.recipes.provenance import RunConfig
from training.synthetic import bundle_branch_block, names

#: Of ``beats-10fold``.
FOLDS = 10
#: Folds 0 to 4 and 5 to 9: what a half trains on, the folds of the other half have never seen.
HALF = FOLDS // 2
CHRONOLOGICAL_TRAINING = 0.7

#: A beat is at most so far from the one that it was computed from, samples: R peaks may be others, and marked with
#: jitter.
_FARTHEST = 32


class SplitError(TrainingError):
    """The protocol is unknown or does not fit the data."""


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers of a data set's table. Validation and test hold primary leads only, training all leads; where a
    protocol tests every lead, test holds all, too.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def split(
    table: pd.DataFrame,
    labels: NDArray[np.int64],
    protocol: str,
    *,
    fold: int = 0,
    held_out: str = "",
    seed: int = 0,
    member: int = 0,
    out_of_fold: bool = False,
) -> Split:
    """Divide the labelled beats of ``table`` by ``protocol``.

    Args:
        table: see :class:`training.databases.marked.Beats`.
        labels: class index per row, −1 for beats that take no part; shape ``[N]``.
        fold: which tenth is the test partition (``beats-10fold``), whose people test (``people-5fold``), or which half
            is not trained on (``beats-half``).
        held_out: the person who is the test partition (``leave-one-patient-out``).
        seed: of the shuffling.
        member: which network of an ensemble; each validates on another part of the training partition
            (``beats-10fold``, ``inter-patient``, ``people-5fold``).
        out_of_fold: whether each person of the training partition validates for one of them (``inter-patient``).

    Raises:
        SplitError: unknown protocol, fold or person, or a partition without beats.
    """
    if protocol not in _DIVISIONS:
        raise SplitError(f"There is no protocol {protocol!r}; choose one of {', '.join(_DIVISIONS)}.")
    partitions = _DIVISIONS[protocol](_Wish(table, labels, fold, held_out, seed, member, out_of_fold))
    labelled = labels >= 0
    primary = table["primary"].to_numpy(dtype=bool)
    partitioned = Split(
        train=np.flatnonzero((partitions == "train") & labelled),
        validation=np.flatnonzero((partitions == "validation") & labelled & primary),
        test=np.flatnonzero((partitions == "test") & labelled & (primary | PROTOCOLS[protocol].tests_every_lead)),
    )
    for name in ("train", "validation", "test"):
        if len(getattr(partitioned, name)) == 0:
            raise SplitError(f"The {name} partition of {protocol} has no beats in this data set.")
    return partitioned


def divide(data: Dataset, config: RunConfig) -> Split:
    """The partitions of ``data`` that a run trains, validates and tests on.

    Raises:
        SplitError: the protocol does not fit the data.
    """
    labels = data.labels(CLASS_SETS[config.class_set])
    partitioned = split(
        data.table,
        labels,
        config.protocol,
        fold=config.fold,
        held_out=config.held_out,
        seed=config.seed,
        member=0 if config.snapshot_ensemble else config.member,
        out_of_fold=config.out_of_fold,
    )
    if config.leads == "primary":
        primary = data.table["primary"].to_numpy(dtype=bool)
        return Split(partitioned.train[primary[partitioned.train]], partitioned.validation, partitioned.test)
    if config.leads == "alike":
        alike = lead_groups.look_alike(data.table["lead"].to_numpy(dtype=str))
        train, validation = (rows[alike[rows]] for rows in (partitioned.train, partitioned.validation))
        return Split(train, validation, partitioned.test)
    return partitioned


@dataclass(frozen=True, slots=True)
class _Wish:
    """What :func:`split` was asked for."""

    table: pd.DataFrame
    labels: NDArray[np.int64]
    fold: int
    held_out: str
    seed: int
    member: int
    out_of_fold: bool


def _folds(table: pd.DataFrame, labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Fold of every row, −1 for beats that take no part. A beat's leads lie in the same fold, whatever they are.

    Stratified over beats; a patient's beats lie in all folds. A synthetic beat lies where the one that it comes from
    does.
    """
    primary = table["primary"].to_numpy(dtype=bool)
    synthetic = names.rows(table["record"])
    beats = np.flatnonzero(primary & (labels >= 0) & ~synthetic)
    fold_of_beats = np.empty(len(beats), dtype=np.int64)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(beats, labels[beats])
    for number, (_, chosen) in enumerate(folds):
        fold_of_beats[chosen] = number
    by_beat = pd.Series(fold_of_beats, index=pd.MultiIndex.from_frame(table.loc[beats, ["record", "sample", "symbol"]]))
    every_row = pd.MultiIndex.from_frame(table[["record", "sample", "symbol"]])
    folds_of_rows = by_beat.reindex(every_row, fill_value=-1).to_numpy(dtype=np.int64, copy=True)
    nearest = _folds_of_origins(table[synthetic], table.loc[beats, ["record", "sample"]].assign(fold=fold_of_beats))
    folds_of_rows[synthetic] = nearest
    return folds_of_rows


def _folds_of_origins(table: pd.DataFrame, beats: pd.DataFrame) -> NDArray[np.int64]:
    """The fold of the beat nearest to each synthetic one in the recording that it comes from; −1 where none is near."""
    rows = pd.DataFrame({"record": names.origins(table["record"]), "sample": table["sample"]})
    rows["place"] = np.arange(len(rows))
    nearest = pd.merge_asof(
        rows.sort_values("sample"),
        beats.astype({"record": str}).sort_values("sample"),
        on="sample",
        by="record",
        direction="nearest",
        tolerance=_FARTHEST,
    )
    folds = nearest.sort_values("place")["fold"].to_numpy(dtype=np.float64)
    return np.where(np.isnan(folds), -1, folds).astype(np.int64)


def _beats_tenfold(
    table: pd.DataFrame, labels: NDArray[np.int64], fold: int, seed: int, member: int
) -> NDArray[np.str_]:
    """One fold tests, the next one of the same half validates (the next but one for the second member), eight train."""
    if not 0 <= fold < FOLDS:
        raise SplitError(f"Fold {fold} does not exist; folds are 0 to {FOLDS - 1}.")
    folds = _folds(table, labels, seed)
    partitions = np.full(len(table), "train", dtype="<U10")
    partitions[folds == -1] = "none"
    partitions[folds == fold] = "test"
    partitions[folds == _next_in_half(fold, member)] = "validation"
    return _training_only(table, partitions)


def _beats_half(table: pd.DataFrame, labels: NDArray[np.int64], half: int, seed: int) -> NDArray[np.str_]:
    """The five folds of one half train, but for one that validates; the first fold of the other half is the test
    partition.

    A start for the folds of half ``half``: it has seen none of their test or validation beats.
    """
    if half not in (0, 1):
        raise SplitError(f"Half {half} does not exist; halves are 0 and 1.")
    folds = _folds(table, labels, seed)
    trained = (1 - half) * HALF
    partitions = np.full(len(table), "none", dtype="<U10")
    partitions[(folds >= trained) & (folds < trained + HALF - 1)] = "train"
    partitions[folds == trained + HALF - 1] = "validation"
    partitions[folds == half * HALF] = "test"
    return _training_only(table, partitions)


def _training_only(table: pd.DataFrame, partitions: NDArray[np.str_]) -> NDArray[np.str_]:
    """Partitions, where synthetic beats of others that do not train take no part."""
    return np.where(names.rows(table["record"]) & (partitions != "train"), "none", partitions)


def _next_in_half(fold: int, member: int) -> int:
    return fold // HALF * HALF + (fold + 1 + member) % HALF


def validator_of(fold: int) -> int:
    """The fold of ``beats-10fold`` whose validation partition is the test partition of ``fold``: it has not trained on
    it.
    """
    return fold // HALF * HALF + (fold - 1) % HALF


def _chronological(table: pd.DataFrame, labels: NDArray[np.int64]) -> NDArray[np.str_]:
    """Each class of each record in order: the first 70 % train, of which the last seventh validates."""
    primary = table["primary"].to_numpy(dtype=bool)
    beats = np.flatnonzero(primary & (labels >= 0))
    ordered = table.loc[beats, ["record", "sample", "symbol"]].sort_values(["record", "sample"])
    groups = ordered.groupby(["record", "symbol"])
    place = (groups.cumcount() + 1) / groups["sample"].transform("size")
    partitions = np.where(
        place > CHRONOLOGICAL_TRAINING, "test", np.where(place > CHRONOLOGICAL_TRAINING * 6 / 7, "validation", "train")
    )
    by_beat = pd.Series(partitions, index=pd.MultiIndex.from_frame(ordered))
    every_row = pd.MultiIndex.from_frame(table[["record", "sample", "symbol"]])
    return by_beat.reindex(every_row, fill_value="none").to_numpy(dtype="<U10")


def _as_given(table: pd.DataFrame, labels: NDArray[np.int64], seed: int) -> NDArray[np.str_]:
    """The partitions that the source prescribes; without a validation partition, a stratified tenth of its training
    partition.
    """
    partitions = table["partition"].to_numpy(dtype="<U10")
    if not {"train", "test"} <= set(partitions):
        raise SplitError(
            "The protocol as-given needs a data set read from class folders; this one prescribes no partitions."
        )
    if "validation" in partitions:
        return partitions
    rows = np.flatnonzero((partitions == "train") & (labels >= 0))
    _, validation = train_test_split(rows, test_size=1 / FOLDS, random_state=seed, stratify=labels[rows])
    partitions[validation] = "validation"
    return partitions


def _inter_patient(table: pd.DataFrame, member: int, *, out_of_fold: bool) -> NDArray[np.str_]:
    """By person: nobody is in two partitions. PTB-XL prescribes its own partitions, by person too.

    Synthetic recordings of the people who validate take no part.
    """
    validate = OUT_OF_FOLD_GROUPS[member % len(OUT_OF_FOLD_GROUPS)] if out_of_fold else VALIDATION_GROUPS[member]
    partition_of = dict.fromkeys((*TRAINING_RECORDS, *FIBRILLATION_TRAINING_RECORDS, *VALIDATION_RECORDS), "train")
    partition_of |= dict.fromkeys(validate, "validation")
    partition_of |= dict.fromkeys((*TEST_RECORDS, *FIBRILLATION_TEST_RECORDS), "test")
    partition_of |= dict.fromkeys(LEFT_OUT_RECORDS, "none")
    prescribed = table["partition"].to_numpy(dtype="<U10")
    if out_of_fold:
        prescribed = _quarter(table, prescribed, member)
    by_record = np.array([partition_of.get(record, "none") for record in table["record"]], dtype="<U10")
    return _without_synthetic_of_others(table, np.where(prescribed == "", by_record, prescribed))


def _quarter(table: pd.DataFrame, prescribed: NDArray[np.str_], member: int) -> NDArray[np.str_]:
    """Prescribed partitions, where a quarter of PTB-XL's people who do not test validates, of each class as many."""
    patients = table["patient"].to_numpy(dtype=str)
    eligible = np.char.startswith(patients, "ptbxl-") & np.isin(prescribed, ("train", "validation"))
    people = table.loc[eligible & ~names.rows(table["record"]), ["symbol", "patient"]].sort_values(
        ["symbol", "patient"]
    )
    people = people.drop_duplicates("patient")
    chosen = people["patient"].to_numpy(dtype=str)[member % len(OUT_OF_FOLD_GROUPS) :: len(OUT_OF_FOLD_GROUPS)]
    partitions = np.where(eligible, "train", prescribed)
    partitions[eligible & np.isin(patients, chosen)] = "validation"
    return partitions


def _people_fivefold(table: pd.DataFrame, labels: NDArray[np.int64], fold: int, member: int) -> NDArray[np.str_]:
    """By person, each fold's in turn. Synthetic recordings of the people who do not train take no part."""
    try:
        partitions = people_folds.divide(table, labels, fold, member)
    except ValueError as error:
        raise SplitError(str(error)) from error
    return _without_synthetic_of_others(table, partitions)


def _leave_one_out(table: pd.DataFrame, person: str) -> NDArray[np.str_]:
    """All of one person's beats test; the validation people of ``inter-patient`` validate, everyone else trains.

    Synthetic recordings of the people who do not train take no part.
    """
    patients = table["patient"].to_numpy(dtype=str)
    if person not in patients:
        raise SplitError(f"The data set has no person {person!r} to hold out.")
    validates = np.isin(table["record"].to_numpy(dtype=str), VALIDATION_RECORDS)
    validates |= table["partition"].to_numpy(dtype=str) == "validation"
    partitions = np.where(validates, "validation", "train").astype("<U10")
    partitions[patients == person] = "test"
    return _without_synthetic_of_others(table, partitions)


def _without_synthetic_of_others(table: pd.DataFrame, partitions: NDArray[np.str_]) -> NDArray[np.str_]:
    """Partitions, where synthetic recordings train, but for those of people who do not: these take no part."""
    synthetic = names.rows(table["record"])
    patients = table["patient"].to_numpy(dtype=str)
    kept_out = np.isin(patients, np.unique(patients[(partitions != "train") & ~synthetic]))
    return np.where(synthetic & kept_out, "none", partitions)


def simulated_block_rows(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows show a simulated bundle branch block."""
    return names.rows(table["record"], bundle_branch_block.BLOCKS)


#: How each protocol divides: one partition for each row, ``train``, ``validation``, ``test`` or ``none``.
_DIVISIONS: dict[str, Callable[[_Wish], NDArray[np.str_]]] = {
    protocols.BEATS_10FOLD.name: lambda wish: _beats_tenfold(
        wish.table, wish.labels, wish.fold, wish.seed, wish.member
    ),
    protocols.BEATS_HALF.name: lambda wish: _beats_half(wish.table, wish.labels, wish.fold, wish.seed),
    protocols.CHRONOLOGICAL.name: lambda wish: _chronological(wish.table, wish.labels),
    protocols.INTER_PATIENT.name: lambda wish: _inter_patient(wish.table, wish.member, out_of_fold=wish.out_of_fold),
    protocols.PEOPLE_5FOLD.name: lambda wish: _people_fivefold(wish.table, wish.labels, wish.fold, wish.member),
    protocols.LEAVE_ONE_OUT.name: lambda wish: _leave_one_out(wish.table, wish.held_out),
    protocols.AS_GIVEN.name: lambda wish: _as_given(wish.table, wish.labels, wish.seed),
}
