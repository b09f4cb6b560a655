"""Named protocols: which beats train, which validate, which test. Never mix the numbers of two protocols."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold, train_test_split

#: Inter-patient division of de Chazal et al. 2004 (IEEE Trans. Biomed. Eng. 51:1196), and the paced records,
#: which that work left out, shared between the sides. Record 201 (DS1) and 202 (DS2) are one man: 201 is left out.
DS1 = "101 106 108 109 112 114 115 116 118 119 122 124 201 203 205 207 208 209 215 220 223 230"
DS2 = "100 103 105 111 113 117 121 123 200 202 210 212 213 214 219 221 222 228 231 232 233 234"
LEFT_OUT_RECORDS = ("201",)
TRAINING_RECORDS = (*(name for name in DS1.split() if name not in LEFT_OUT_RECORDS), "102", "107")
TEST_RECORDS = (*DS2.split(), "104", "217")

#: People of the training side who validate (early stopping, calibration): ordinary beats, PACs and PVCs in both leads.
#: The carriers of the rare classes stay in training; there are too few of them to give any away.
VALIDATION_RECORDS = ("112", "119", "209", "223", "230")

FOLDS = 10
PROTOCOLS = ("beats-10fold", "inter-patient", "as-given")


class SplitError(ValueError):
    """The protocol is unknown or does not fit the data."""


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers of a data set's table. Validation and test hold primary leads only, training all leads."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def split(table: pd.DataFrame, labels: NDArray[np.int64], protocol: str, *, fold: int = 0, seed: int = 0) -> Split:
    """Divide the labelled beats of ``table`` by ``protocol``.

    Args:
        table: see :class:`training.records.Beats`.
        labels: class index per row, −1 for beats that take no part; shape ``[N]``.
        fold: which tenth is the test side (``beats-10fold`` only).
        seed: of the shuffling.

    Raises:
        SplitError: unknown protocol or fold, or a side without beats.
    """
    if protocol == "beats-10fold":
        sides = _beats_tenfold(table, labels, fold, seed)
    elif protocol == "inter-patient":
        sides = _inter_patient(table)
    elif protocol == "as-given":
        sides = _as_given(table, labels, seed)
    else:
        raise SplitError(f"There is no protocol {protocol!r}; choose one of {', '.join(PROTOCOLS)}.")
    labelled = labels >= 0
    primary = table["primary"].to_numpy(dtype=bool)
    found = Split(
        train=np.flatnonzero((sides == "train") & labelled),
        validation=np.flatnonzero((sides == "validation") & labelled & primary),
        test=np.flatnonzero((sides == "test") & labelled & primary),
    )
    for name in ("train", "validation", "test"):
        if len(getattr(found, name)) == 0:
            raise SplitError(f"The {name} side of {protocol} has no beats in this data set.")
    return found


def _beats_tenfold(table: pd.DataFrame, labels: NDArray[np.int64], fold: int, seed: int) -> NDArray[np.str_]:
    """Stratified over beats. A beat's two leads lie on the same side; a patient's beats lie on both."""
    if not 0 <= fold < FOLDS:
        raise SplitError(f"Fold {fold} does not exist; folds are 0 to {FOLDS - 1}.")
    primary = table["primary"].to_numpy(dtype=bool)
    beats = np.flatnonzero(primary & (labels >= 0))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(beats, labels[beats])
    rest, _ = list(folds)[fold]
    train, validation = train_test_split(
        rest, test_size=1 / (FOLDS - 1), random_state=seed, stratify=labels[beats[rest]]
    )
    side = np.full(len(beats), "test", dtype="<U10")
    side[train], side[validation] = "train", "validation"
    by_beat = pd.Series(side, index=pd.MultiIndex.from_frame(table.loc[beats, ["record", "sample", "symbol"]]))
    every_row = pd.MultiIndex.from_frame(table[["record", "sample", "symbol"]])
    return by_beat.reindex(every_row, fill_value="none").to_numpy(dtype="<U10")


def _as_given(table: pd.DataFrame, labels: NDArray[np.int64], seed: int) -> NDArray[np.str_]:
    """The sides that the source prescribes; a stratified tenth of its training side validates."""
    sides = table["side"].to_numpy(dtype="<U10")
    if not {"train", "test"} <= set(sides):
        raise SplitError(
            "The protocol as-given needs a data set read from class folders; this one prescribes no sides."
        )
    rows = np.flatnonzero((sides == "train") & (labels >= 0))
    _, validation = train_test_split(rows, test_size=1 / FOLDS, random_state=seed, stratify=labels[rows])
    sides[validation] = "validation"
    return sides


def _inter_patient(table: pd.DataFrame) -> NDArray[np.str_]:
    """By person: nobody is on two sides."""
    side_of = dict.fromkeys(TRAINING_RECORDS, "train")
    side_of |= dict.fromkeys(VALIDATION_RECORDS, "validation")
    side_of |= dict.fromkeys(TEST_RECORDS, "test")
    side_of |= dict.fromkeys(LEFT_OUT_RECORDS, "none")
    return np.array([side_of.get(record, "none") for record in table["record"]], dtype="<U10")
