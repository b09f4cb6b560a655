"""PTB-XL: ten seconds of twelve leads, one label a record. Many people, which MIT-BIH lacks.

Records of complete bundle branch block, of pacemakers and of nothing but a normal ECG lend their label to each of
their beats. Beats are found in lead II.
"""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import wfdb
import wfdb.processing
from numpy.typing import NDArray
from scipy.signal import resample_poly

from ecg.beats import SAMPLING_RATE
from ecg.classes import LBBB, NORMAL, PACED, RBBB
from training.databases.marked import MarkedRecording, RecordsError

_TABLE = "ptbxl_database.csv"
_RATE = 500

#: Leads that are drawn: II is nearest to the modified lead II of MIT-BIH, V1 and V5 are its second channels, I is
#: another view of the same beat.
LEADS = ("II", "V1", "V5", "I")

#: Label codes of a record (SCP-ECG) to annotation symbols; the first that fits counts.
SYMBOL_OF_CODE = {"PACE": PACED.symbol, "CLBBB": LBBB.symbol, "CRBBB": RBBB.symbol, "NORM": NORMAL.symbol}

#: Folds of the database's own division by patient (Wagner et al. 2020): 1-8 train (of them the eighth validates here),
#: 9 and 10 test.
VALIDATION_FOLD = 8
TEST_FOLDS = (9, 10)

#: The R peak is the largest deflection of lead II this near to the detector's mark, seconds.
_NEAR = 0.05


def labelled_records(folder: Path) -> list[str]:
    """Names of the records whose every beat has one known class.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    return [f"{int(number):05d}" for number in _labels(folder)["ecg_id"]]


def read_recording(folder: Path, record: str) -> MarkedRecording:
    """One record in :data:`LEADS` at 360 Hz with its beats found and labelled.

    Raises:
        RecordsError: the record can't be read or has no label.
    """
    table = _labels(folder)
    rows = table[table["ecg_id"] == int(record)]
    if rows.empty:
        raise RecordsError(f"Record {record} of {folder} has no label that holds for each of its beats.")
    row = rows.iloc[0]
    try:
        stored = wfdb.rdrecord(str(folder / row["filename_hr"]), channel_names=list(LEADS))
    except Exception as error:  # wfdb raises many kinds for damaged files; each means the same to the caller
        raise RecordsError(f"Record {record} in {folder} can't be read: {error}") from error
    if stored.fs != _RATE or set(stored.sig_name) != set(LEADS):
        raise RecordsError(f"Record {record} has {stored.sig_name} at {stored.fs} Hz, expected {LEADS} at {_RATE}.")
    order = [stored.sig_name.index(lead) for lead in LEADS]
    signal = resample_poly(np.nan_to_num(stored.p_signal[:, order]), SAMPLING_RATE, _RATE, axis=0).astype(np.float32)
    samples = _find_beats(signal[:, 0])
    fold = int(row["strat_fold"])
    return MarkedRecording(
        name=f"ptbxl-{record}",
        patient=f"ptbxl-{int(row['patient_id'])}",
        leads=LEADS,
        primary=0,
        signal=signal,
        samples=samples,
        symbols=np.full(len(samples), row["symbol"]),
        side="test" if fold in TEST_FOLDS else "validation" if fold == VALIDATION_FOLD else "train",
    )


def patients(folder: Path) -> dict[str, str]:
    """The person of each labelled record, as :func:`read_recording` names both.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    table = _labels(folder)
    return {
        f"ptbxl-{int(row.ecg_id):05d}": f"ptbxl-{int(row.patient_id)}"
        for row in table[["ecg_id", "patient_id"]].itertuples()
    }


def training_side(folder: Path) -> pd.DataFrame:
    """The labelled records that train: columns as in the database's table, and ``symbol``.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    table = _labels(folder)
    return table[~table["strat_fold"].isin((VALIDATION_FOLD, *TEST_FOLDS))]


def _labels(folder: Path) -> pd.DataFrame:
    path = folder / _TABLE
    if not path.is_file():
        raise RecordsError(f"{folder} has no {_TABLE}: it is not a copy of PTB-XL.")
    table = pd.read_csv(path, usecols=["ecg_id", "patient_id", "scp_codes", "strat_fold", "extra_beats", "filename_hr"])
    table = table[[(folder / f"{name}.hea").is_file() for name in table["filename_hr"]]]
    table["symbol"] = [_symbol(codes) for codes in table["scp_codes"]]
    # Extra beats would be labelled like their neighbours.
    return table[(table["symbol"] != "") & table["extra_beats"].isna()].reset_index(drop=True)


def _symbol(codes: str) -> str:
    stated = ast.literal_eval(codes)
    found = [symbol for code, symbol in SYMBOL_OF_CODE.items() if code in stated]
    if not found or {"PVC", "PAC"} & set(stated):
        return ""
    return found[0]


def _find_beats(lead: NDArray[np.float32]) -> NDArray[np.int64]:
    marks = np.asarray(wfdb.processing.xqrs_detect(lead.astype(np.float64), SAMPLING_RATE, verbose=False), dtype=int)
    reach = int(_NEAR * SAMPLING_RATE)
    found = []
    for mark in marks:
        start = max(0, int(mark) - reach)
        near = lead[start : int(mark) + reach]
        around = lead[max(0, int(mark) - SAMPLING_RATE // 4) : int(mark) + SAMPLING_RATE // 4]
        found.append(start + int(np.abs(near - np.median(around)).argmax()))
    return np.unique(np.array(found, dtype=np.int64))
