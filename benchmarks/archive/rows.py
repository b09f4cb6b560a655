"""What is in an archive in the end: how often files have rows, and whether they are those of an undisturbed process."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from archive.engine import engine
from archive.job import Job
from archive.tables import NAMES
from ecg.formats.answers import Answers


def counted(out: Path, good: dict[Path, int], broken: list[Path]) -> dict[str, int]:
    """How often files have rows."""
    recordings, _, failures = (Counter(pq.read_table(out / name).column("file").to_pylist()) for name in NAMES)
    return {
        "good once": sum(recordings[str(file)] == 1 and not failures[str(file)] for file in good),
        "broken once": sum(failures[str(file)] == 1 and not recordings[str(file)] for file in broken),
        "doubled": sum(count > 1 for count in (recordings + failures).values()),
    }


def differing(out: Path, good: dict[Path, int], models: Path) -> int:
    """Recordings of which a beat is not what one process says of it, undisturbed."""
    job = Job.with_models(models, Answers())
    right: dict[int, Any] = {}
    with engine(job) as undisturbed:
        for file, kind in good.items():
            if kind not in right:
                right[kind] = undisturbed.about(str(file), [file, file.with_suffix(".dat")]).beats.drop_columns("file")
    beats = pq.read_table(out / "beats").to_pandas()
    different = 0
    for file, rows in beats.groupby("file"):
        expected = right[good[Path(str(file))]].to_pandas()
        different += not rows.drop(columns="file").reset_index(drop=True).equals(expected)
    return different + len(good.keys() - {Path(file) for file in beats["file"].unique()})
