"""Beats by EC57: sensitivity, positive predictivity and F1 of ventricular and supraventricular ectopic beats."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecg.ec57.beats import O
from ecg.ec57.mapping import MAPPINGS, F, N, S, V
from training.evaluation.recordings.answers import Answered


def scores(
    records: Sequence[Answered], starts: Sequence[float] = (0.0, 300.0), without: Collection[str] = ()
) -> pd.DataFrame:
    """Gross figures of records together, percent, a row for each way of counting.

    Columns: ``from_s`` (seconds left out at the beginning), ``mapping`` (what escape beats count as), ``records``,
    ``without``, QRS, VEB and SVEB with ``se``, ``ppv`` and ``f1``, and ``accuracy``: of the detected beats whose
    reference is N, S or V, those that are called so.

    Args:
        records: What is counted.
        starts: Seconds that are left out at the beginning.
        without: Records that are left out of a second row.
    """
    rows = []
    for start in starts:
        for mapping in MAPPINGS.values():
            matrices = {item.prepared.record: item.compared(start, mapping).beats.matrix for item in records}
            for left_out in dict.fromkeys(((), tuple(without))):
                counted = [matrix for name, matrix in matrices.items() if name not in left_out]
                if not counted:
                    continue
                about = {"from_s": f"{start:g}", "mapping": mapping.name, "records": len(counted)}
                total = np.sum(counted, axis=0)
                rows.append({**about, "without": " ".join(left_out), **figures(total)})
    return pd.DataFrame(rows)


def figures(matrix: NDArray[np.int64]) -> dict[str, Any]:
    """QRS, VEB and SVEB of a matrix of EC57, ``[7, 7]``, percent; what has nothing to take a share of is ``nan``."""
    paired = int(matrix[:O, :O].sum())
    row = _shares("qrs", paired, int(matrix[:O].sum()), int(matrix[:, :O].sum()))
    for name, kind, wrong in (("veb", V, [N, S, V, O, O + 1]), ("sveb", S, [N, S, V, F, O, O + 1])):
        row |= _shares(name, int(matrix[kind, kind]), int(matrix[kind].sum()), int(matrix[wrong, kind].sum()))
    own = matrix[[N, S, V]][:, :O]
    right = int(sum(matrix[kind, kind] for kind in (N, S, V)))
    return row | {"accuracy": _percent(right, int(own.sum()))}


def _shares(name: str, right: int, reference: int, called: int) -> dict[str, Any]:
    return {
        f"{name}_beats": reference,
        f"{name}_se": _percent(right, reference),
        f"{name}_ppv": _percent(right, called),
        f"{name}_f1": _percent(2 * right, reference + called),
    }


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else float("nan")


def by_record(records: Sequence[Answered], start: float = 0.0) -> pd.DataFrame:
    """The same, a row a record, escape beats as de Chazal has them."""
    return pd.DataFrame(
        [
            {
                "database": item.prepared.database,
                "record": item.prepared.record,
                **figures(item.compared(start, MAPPINGS["de-chazal"]).beats.matrix),
            }
            for item in records
        ]
    )
