"""Tables as text and as CSV."""

from __future__ import annotations

import csv
import io

import pytest

from ecg.ec57.comparison import compare
from ecg.ec57.marks import Period
from ecg.ec57.tables import Table, beat_tables, episode_tables, matrix_table, pairings_table, write_csv
from tests.ecg.ec57.made import WHOLE, beats, marks, resume, rhythm, shutdown

LINES = [
    compare("one", marks(*beats("NNVVN")), marks(*beats("NNVNN"), shutdown(5000), resume(6600)), WHOLE),
    compare("two", marks(*beats("NNN")), marks(*beats("NN N")), WHOLE),
]


def cells(table: Table, record: str) -> dict[str, str]:
    return {column: row[place] for row in table.rows if row[0] == record for place, column in enumerate(table.columns)}


def named(tables: tuple[Table, ...]) -> dict[str, Table]:
    return {table.name: table for table in tables}


def test_a_row_for_each_record_and_those_for_all_together() -> None:
    for name, table in named((*beat_tables(LINES), *episode_tables(LINES))).items():
        together = ["Sum"] if name == "shutdown" else ["Sum", "Gross", "Average"]
        assert [row[0] for row in table.rows] == ["one", "two", *together]


def test_shares_that_are_not_defined_are_dashes_and_cells_that_are_not_there_are_empty() -> None:
    table = named(beat_tables(LINES))["beats"]
    assert cells(table, "two")["V Se"] == "-"
    assert cells(table, "Sum")["V Se"] == ""
    assert cells(table, "one")["V Se"] == "50.00"


def test_shutdown_in_whole_seconds() -> None:
    table = named(beat_tables(LINES))["shutdown"]
    assert (cells(table, "one")["Seconds"], cells(table, "Sum")["Seconds"]) == ("2", "2")


@pytest.mark.parametrize(
    ("seconds", "printed"),
    [(0, "0.000"), (59.9996, "1:00.000"), (75.5, "1:15.500"), (3600, "1:00:00.000"), (45_296.789, "12:34:56.789")],
)
def test_durations_are_hours_minutes_and_seconds(seconds: float, printed: str) -> None:
    end = round(seconds * 10_000)
    annotations = marks(rhythm(0, "(AFIB"))
    line = compare("1", annotations, annotations, Period(10_000.0, end, learning_seconds=0))
    assert cells(named(episode_tables([line]))["atrial_fibrillation"], "1")["Ref duration"] == printed


def test_columns_end_where_their_heads_do() -> None:
    table = named(beat_tables(LINES))["ventricular_runs"]
    title, *lines = table.text().splitlines()
    assert title == table.title
    assert [line[: lines[0].index("CFN") + 3].split()[-1] for line in lines[1:3]] == ["1", "0"]
    assert lines[-1] == table.note == "Total couplets: 1  Total short runs: 0  Total long runs: 0"


def test_a_matrix_has_no_cells_for_what_neither_file_has() -> None:
    table = matrix_table(LINES[0])
    assert cells(table, "V")["n"] == "1"
    assert cells(table, "O")["o"] == cells(table, "X")["o"] == ""
    assert "VEB sensitivity 50.00 % (1/2)" in table.note


def test_pairings_have_a_column_for_each_cell_of_the_matrix() -> None:
    table = pairings_table(LINES)
    assert len(table.columns) == 1 + 45
    assert cells(table, "one")["Vn"] == "1"


def test_csv_has_every_cell_with_its_place() -> None:
    file = io.StringIO()
    write_csv(file, [("ec57", named(beat_tables(LINES))["beats"])])
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert rows[0] == {"mapping": "ec57", "table": "beats", "record": "one", "column": "Nn'", "value": "3"}
    undefined = [row for row in rows if (row["record"], row["column"]) == ("two", "V Se")]
    assert undefined == [{"mapping": "ec57", "table": "beats", "record": "two", "column": "V Se", "value": ""}]
    assert not [row for row in rows if (row["record"], row["column"]) == ("Sum", "V Se")]
