"""Tables of results as CSV files that are stored in the repository."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any


def write_table(path: Path, rows: Sequence[Any], *, replacing: str) -> None:
    """Write dataclass instances of one kind, one a line.

    Lines of an earlier table stay, sorted among them, unless their column ``replacing`` has a value that ``rows`` has.
    """
    new: list[dict[str, Any]] = [asdict(row) for row in rows]
    measured = {str(row[replacing]) for row in new}
    earlier: list[dict[str, Any]] = []
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            earlier = [row for row in csv.DictReader(file) if row[replacing] not in measured]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(new[0]), lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(sorted(earlier + new, key=lambda row: str(row[replacing])))
