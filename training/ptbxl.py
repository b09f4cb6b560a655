"""PTB-XL: ten seconds of twelve leads, one label a record. Many people, which MIT-BIH lacks.

Records of complete bundle branch block, of pacemakers and of nothing but a normal ECG lend their label to each of
their beats. Beats are found in lead II.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import wfdb
import wfdb.processing
from numpy.typing import NDArray
from scipy.signal import resample_poly

from ecg.classes import LBBB, NORMAL, PACED, RBBB
from training import axes, conduction, made
from training.made import Made
from training.records import SAMPLING_RATE, Recording, RecordsError, generator_of

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

#: How many other views there are of a record with a bundle branch block or a pacemaker.
TURNS_OF_RARE_CLASSES = 12

#: How many beats of a normal record are made to look like those of a bundle branch block.
_BLOCKED_BEATS = 5

#: The R peak is the largest deflection of lead II this near to the detector's mark, seconds.
_NEAR = 0.05


def labelled_records(folder: Path) -> list[str]:
    """Names of the records whose every beat has one known class.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    return [f"{int(number):05d}" for number in _labels(folder)["ecg_id"]]


def read_recording(folder: Path, record: str) -> Recording:
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
    return Recording(
        name=f"ptbxl-{record}",
        patient=f"ptbxl-{int(row['patient_id'])}",
        leads=LEADS,
        primary=0,
        signal=signal,
        samples=samples,
        symbols=np.full(len(samples), row["symbol"]),
        side="test" if fold in TEST_FOLDS else "validation" if fold == VALIDATION_FOLD else "train",
    )


def turned_records(folder: Path) -> list[str]:
    """Records of people who train, to be seen along other axes: those of the rarer classes often, normal ones once.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    return [
        str(Made("turned", number, f"{int(row.ecg_id):05d}"))
        for row in _training_side(folder).itertuples()
        for number in range(1 if row.symbol == NORMAL.symbol else TURNS_OF_RARE_CLASSES)
    ]


def read_turned(folder: Path, name: str) -> Recording:
    """A record seen along other axes (:func:`training.axes.turned`); by chance, and the same for the same name.

    Raises:
        RecordsError: the record can't be read or has no label.
    """
    found = axes.turned(read_recording(folder, made.parse(name).origin), generator_of(name))
    return replace(found, name=f"ptbxl-{name}")


def blocked_records(folder: Path) -> list[str]:
    """Normal records of people who train, once for each branch of the bundle that may be blocked.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    table = _training_side(folder)
    normal = table.loc[table["symbol"] == NORMAL.symbol, "ecg_id"]
    return [str(Made(kind, 0, f"{int(number):05d}")) for kind in conduction.BLOCKS for number in normal]


def read_blocked(folder: Path, name: str) -> Recording:
    """A normal record with blocked beats (:mod:`training.conduction`); by chance, and the same for the same name.

    Raises:
        RecordsError: the record can't be read or has no label.
    """
    blocked = made.parse(name)
    recording = read_recording(folder, blocked.origin)
    found = conduction.block(recording, generator_of(name), *conduction.BLOCKS[blocked.kind], beats=_BLOCKED_BEATS)
    return replace(found, name=f"ptbxl-{name}")


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


def _training_side(folder: Path) -> pd.DataFrame:
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
