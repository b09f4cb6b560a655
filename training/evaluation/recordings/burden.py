"""How far the burden of premature beats that a model counts lies from the reference's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecg.ec57.mapping import DE_CHAZAL, NOT_A_BEAT, S, V
from training.evaluation.recordings.answers import Answered


def table(records: Sequence[Answered]) -> pd.DataFrame:
    """A row a record: ``database``, ``record``, ``beats`` of the reference, and of ventricular (``pvc``) and
    supraventricular (``pac``) ectopic beats the reference's burden, the model's, and the error, in percent of beats.
    """
    rows = []
    for item in records:
        reference, found = (DE_CHAZAL.of(symbols) for symbols in (item.reference.symbols, item.marks.symbols))
        reference, found = reference[reference != NOT_A_BEAT], found[found != NOT_A_BEAT]
        row = {"database": item.prepared.database, "record": item.prepared.record, "beats": len(reference)}
        for name, kind in (("pvc", V), ("pac", S)):
            burdens = [100 * float(np.mean(kinds == kind)) if len(kinds) else 0.0 for kinds in (reference, found)]
            row |= {f"{name}_reference": round(burdens[0], 3), f"{name}_found": round(burdens[1], 3)}
            row[f"{name}_error"] = round(abs(burdens[0] - burdens[1]), 3)
        rows.append(row)
    return pd.DataFrame(rows)


def summary(errors: pd.DataFrame) -> pd.DataFrame:
    """Median and largest error by database, points."""
    rows = []
    for database, own in errors.groupby("database"):
        for name in ("pvc", "pac"):
            column = own[f"{name}_error"]
            worst = own.loc[column.idxmax(), "record"]
            median = round(float(column.median()), 3)
            rows.append([database, name, len(own), median, float(column.max()), worst])
    return pd.DataFrame(rows, columns=["database", "kind", "records", "median_error", "largest_error", "of_record"])
