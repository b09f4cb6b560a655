"""Every number that bxb, rxr, epicmp and sumstats print for the disturbed annotations, cell by cell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecg.ec57.comparison import RecordComparison
from ecg.ec57.tables import AVERAGE, GROSS, SUM, Table, beat_tables, episode_tables, matrix_table

#: Our table to the name of the printed one.
FILES = {
    "beats": "bxb",
    "shutdown": "shutdown",
    "ventricular_runs": "vruns",
    "supraventricular_runs": "sruns",
    "atrial_fibrillation": "af",
    "ventricular_fibrillation": "vf",
}


def printed_rows(path: Path) -> dict[str, list[str]]:
    """Cells by the first word of a line, for records and for all together."""
    lines = [line.replace("seconds", "").split() for line in path.read_text().splitlines()]
    return {
        words[0]: words[1:] for words in lines if words and (words[0].isdigit() or words[0] in (SUM, GROSS, AVERAGE))
    }


def our_rows(table: Table, *, together: bool) -> dict[str, list[str]]:
    rows = {row[0]: [cell for cell in row[1:] if cell] for row in table.rows}
    return {name: cells for name, cells in rows.items() if together or name not in (SUM, GROSS, AVERAGE)}


def all_tables(records: list[RecordComparison]) -> dict[str, Table]:
    return {table.name: table for table in (*beat_tables(records), *episode_tables(records))}


@pytest.mark.parametrize("name", FILES)
def test_every_record(name: str, after_five_minutes: list[RecordComparison], printed: Path) -> None:
    ours = our_rows(all_tables(after_five_minutes)[name], together=False)
    assert len(ours) == 16
    assert ours == printed_rows(printed / f"{FILES[name]}.txt")


@pytest.mark.parametrize("name", FILES)
def test_gross_and_average(name: str, after_five_minutes: list[RecordComparison], printed: Path) -> None:
    table = all_tables(after_five_minutes)[name]
    file = printed / f"{FILES[name]}.sums.txt"
    assert our_rows(table, together=True) == printed_rows(file)
    totals = [line for line in file.read_text().splitlines() if line.startswith("Total")]
    assert totals == ([table.note] if table.note else [])


@pytest.mark.parametrize("name", ["beats", "shutdown"])
def test_from_the_start_of_the_record(name: str, from_the_start: list[RecordComparison], printed: Path) -> None:
    ours = our_rows(all_tables(from_the_start)[name], together=False)
    assert ours == printed_rows(printed / f"{FILES[name]}_from_0.txt")


def test_every_matrix(after_five_minutes: list[RecordComparison], printed: Path) -> None:
    reports = re.split(r"Beat-by-beat comparison results for record ", (printed / "matrices.txt").read_text())[1:]
    assert len(reports) == len(after_five_minutes) == 16
    for report, record in zip(reports, after_five_minutes, strict=True):
        assert report.split()[0] == record.record
        table = matrix_table(record)
        rows = dict(re.findall(r"^ ([NSVFQOX]) \|(.*)$", report, re.MULTILINE))
        assert {row[0]: [cell for cell in row[1:] if cell] for row in table.rows} == {
            letter: cells.split() for letter, cells in rows.items()
        }
        ours = table.note.splitlines()
        shares = re.findall(r"^ *(\S.*): +(\S+)%? +\((\d+/\d+)\)$", report, re.MULTILINE)
        assert len(shares) == 6
        for head, share, fraction in shares:
            assert f"{head} {share.rstrip('%')} % ({fraction})" in ours
        error = re.search(r"RMS RR interval error: (\S+) ms", report)
        assert error is not None
        assert f"RR err {error[1]} ms" in ours
