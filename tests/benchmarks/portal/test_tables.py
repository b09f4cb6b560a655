"""Tables of results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.portal.tables import write_table


@dataclass
class Result:
    database: str
    seconds: float


def test_a_new_measurement_replaces_the_earlier_one_of_its_kind_only(tmp_path: Path) -> None:
    path = tmp_path / "results" / "table.csv"
    write_table(path, [Result("sqlite", 3.0), Result("postgresql", 2.0)], replacing="database")
    write_table(path, [Result("postgresql", 1.5)], replacing="database")
    assert path.read_text() == "database,seconds\npostgresql,1.5\nsqlite,3.0\n"
