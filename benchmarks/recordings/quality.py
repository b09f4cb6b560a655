"""How much of recordings is called unreadable: the 2017 challenge's noisy ones, and all that should be readable."""

from __future__ import annotations

import numpy as np

from benchmarks.recordings.analysed import analysed, records
from benchmarks.recordings.table import show
from ecg.faults import Fault
from training.databases.challenge2017 import CHALLENGE2017
from training.databases.labels import Label
from training.databases.ludb import LUDB
from training.databases.mitdb import MITDB
from training.databases.qtdb import QTDB


def command() -> None:
    """Print which part of the time no lead is readable, by database, and by class of the 2017 challenge."""
    rows = []
    for database in (CHALLENGE2017, MITDB, QTDB, LUDB):
        if not database.is_set:
            show(f"{database.title}: left out, {database.setting} is not set.", [], [])
            continue
        parts: dict[str, list[tuple[float, ...]]] = {}
        for record in records(database):
            analysis = analysed(record.recording)
            name = _class(record.labels) if database is CHALLENGE2017 else ""
            faults = [float(((analysis.faults & int(fault)) != 0).mean()) for fault in Fault]
            parts.setdefault(name, []).append((1 - float(analysis.readable.mean()), *faults))
        for name, shares in sorted(parts.items()):
            table = np.array(shares)
            most = float((table[:, 0] > 0.5).mean())
            means = [f"{100 * value:.2f}" for value in (most, *table.mean(axis=0))]
            rows.append([f"{database.name} {name}".strip(), len(shares), *means])
    columns = [
        "recordings",
        "n",
        "mostly unreadable %",
        "of time %",
        *(fault.name.lower() for fault in Fault if fault.name),
    ]
    show("Unreadable in every lead, and faults by lead; percent", columns, rows)


def _class(labels: frozenset[Label]) -> str:
    return "noise" if Label.NOISE in labels else "the others"
