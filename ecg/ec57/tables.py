"""The numbers laid out as the standard's tables are, as text and as CSV.

A table has one row for each record and then those for all of them together. Cells are text with as many digits as
``bxb``, ``rxr``, ``epicmp`` and ``sumstats`` print, ``-`` where a share is not defined, and empty where a row has no
such cell.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import TextIO

import numpy as np

from ecg.ec57.aggregates import (
    RunStatistics,
    Statistics,
    average,
    duration_sum,
    gross,
    line_sum,
    run_statistics,
    run_sum,
)
from ecg.ec57.beats import LINE, ROWS, BeatComparison, BeatStatistics, O
from ecg.ec57.comparison import RecordComparison
from ecg.ec57.episodes import EpisodeComparison, EpisodeStatistics
from ecg.ec57.mapping import CLASSES, F
from ecg.ec57.ratios import percent
from ecg.ec57.runs import RunComparison

SUM, GROSS, AVERAGE = "Sum", "Gross", "Average"
UNDEFINED = "-"

#: Shares, as the WFDB applications head them: Q, V, S: QRS complexes, VEB, SVEB; C, S, L: couplets, short and long
#: runs; E, D: episodes and their duration; +P: positive predictivity.
BEAT_SHARES = ("Q Se", "Q +P", "V Se", "V +P", "S Se", "S +P", "RR err")
FRACTIONS = {
    "qrs_sensitivity": "QRS sensitivity",
    "qrs_predictivity": "QRS positive predictivity",
    "veb_sensitivity": "VEB sensitivity",
    "veb_predictivity": "VEB positive predictivity",
    "veb_false_positive_rate": "VEB false positive rate",
    "sveb_sensitivity": "SVEB sensitivity",
    "sveb_predictivity": "SVEB positive predictivity",
    "sveb_false_positive_rate": "SVEB false positive rate",
}
RUN_COUNTS = ("CTs", "CFN", "CTp", "CFP", "STs", "SFN", "STp", "SFP", "LTs", "LFN", "LTp", "LFP")
RUN_SHARES = ("CSe", "C+P", "SSe", "S+P", "LSe", "L+P")
EPISODE_COUNTS = ("TPs", "FN", "TPp", "FP")
EPISODE_SHARES = ("ESe", "E+P", "DSe", "D+P")
EPISODE_DURATIONS = ("Ref duration", "Test duration")

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    name: str
    """Short, for files, e.g. ``beats``."""
    title: str
    columns: Row
    """The first one is the record's."""
    rows: tuple[Row, ...]
    note: str = ""
    """What stands below the table."""

    def text(self) -> str:
        """The table for people: title, heads, rows, note; columns end where their heads do."""
        lines = [self.columns, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        formatted = (" ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
        return "\n".join([self.title, *(line.rstrip() for line in formatted), *([self.note] if self.note else [])])


def beat_tables(records: Sequence[RecordComparison]) -> tuple[Table, ...]:
    """Beats, shutdown, ventricular and supraventricular runs: what depends on the mapping.

    Raises:
        ValueError: no records.
    """
    together, means = gross(records), average(records)
    return (
        _beat_table(records, together, means),
        _shutdown_table(records),
        _run_table(records, together, means, "ventricular_runs", "Runs of ventricular ectopic beats"),
        _run_table(records, together, means, "supraventricular_runs", "Runs of supraventricular ectopic beats"),
    )


def episode_tables(records: Sequence[RecordComparison]) -> tuple[Table, ...]:
    """Episodes of atrial fibrillation, and of ventricular fibrillation or flutter: the same by every mapping.

    Raises:
        ValueError: no records.
    """
    together, means = gross(records), average(records)
    return (
        _episode_table(records, together, means, "atrial_fibrillation", "Atrial fibrillation"),
        _episode_table(records, together, means, "ventricular_fibrillation", "Ventricular fibrillation or flutter"),
    )


def matrix_table(record: RecordComparison) -> Table:
    """Every pairing of one record's beats by class: rows are the reference's, columns the test file's."""
    rows = [
        (letter, *(str(count) if place < O or column < O else "" for column, count in enumerate(counts)))
        for place, (letter, counts) in enumerate(zip(ROWS, record.beats.matrix.tolist(), strict=True))
    ]
    fractions = record.beats.fractions
    notes = [
        f"{head} {_hundredths(percent(*fractions[name]))} % ({fractions[name][0]}/{fractions[name][1]})"
        for name, head in FRACTIONS.items()
    ]
    notes.append(f"RR err {_hundredths(record.beats.rr_error_ms)} ms")
    return Table("matrix", f"Beats of record {record.record}", ("", *ROWS.lower()), tuple(rows), "\n".join(notes))


def pairings_table(records: Sequence[RecordComparison]) -> Table:
    """The matrices of all records, a row for each: column ``Nv`` counts N of the reference that the test file calls V.

    Too wide to print.
    """
    cells = [(row, column) for row in range(len(ROWS)) for column in range(len(ROWS)) if row < O or column < O]
    columns = tuple(f"{ROWS[row]}{ROWS[column].lower()}" for row, column in cells)
    rows = [(record.record, *(str(record.beats.matrix[cell]) for cell in cells)) for record in records]
    return Table("pairings", "Pairings of beats", ("Record", *columns), tuple(rows))


def write_csv(file: TextIO, named: Iterable[tuple[str, Table]]) -> None:
    """Every cell of some tables, each with the name of its mapping: mapping, table, record, column, value.

    Shares that are not defined have an empty value.
    """
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("mapping", "table", "record", "column", "value"))
    for mapping, table in named:
        for row in table.rows:
            for column, value in zip(table.columns[1:], row[1:], strict=True):
                if value:
                    writer.writerow((mapping, table.name, row[0], column, "" if value == UNDEFINED else value))


def _beat_table(records: Sequence[RecordComparison], together: Statistics, means: Statistics) -> Table:
    rows = [
        (record.record, *map(str, record.beats.line.tolist()), *_beat_shares(record.beats.statistics))
        for record in records
    ]
    line = dict(zip(LINE, line_sum(records).tolist(), strict=True))
    no_counts, no_shares = ("",) * len(LINE), ("",) * len(BEAT_SHARES)
    rows += [
        (SUM, *map(str, line.values()), *no_shares),
        (GROSS, *no_counts, *_beat_shares(together.beats)[:-1], ""),
        (AVERAGE, *no_counts, *_beat_shares(means.beats)),
    ]
    qrs = sum(count for name, count in line.items() if not name.startswith("O"))
    veb = sum(line[name] for name in ("Vn'", "Vs", "Vv", "Vo'"))
    sveb = sum(line[name] for name in ("Sn'", "Ss", "Sv", "So'"))
    note = f"Total QRS complexes: {qrs}  Total VEBs: {veb}  Total SVEBs: {sveb}"
    return Table("beats", "Beats", ("Record", *LINE, *BEAT_SHARES), tuple(rows), note)


def _beat_shares(statistics: BeatStatistics) -> Row:
    shares = (
        statistics.qrs_sensitivity,
        statistics.qrs_predictivity,
        statistics.veb_sensitivity,
        statistics.veb_predictivity,
        statistics.sveb_sensitivity,
        statistics.sveb_predictivity,
        statistics.rr_error_ms,
    )
    return tuple(map(_hundredths, shares))


def _shutdown_table(records: Sequence[RecordComparison]) -> Table:
    missed = tuple(f"{letter}x" for letter in CLASSES)
    shares = ("% beats", *(f"% {letter}" for letter in CLASSES[: F + 1]))
    beats = tuple(f"{letter} beats" for letter in CLASSES)
    rows = [(record.record, *_shutdown_row(record.beats)) for record in records]
    lost = np.sum([record.beats.missed_in_shutdown for record in records], axis=0).tolist()
    seconds = sum(int(_whole(record.beats.shutdown_seconds)) for record in records)
    rows.append((SUM, *map(str, lost), *[""] * len(shares), str(seconds), *[""] * len(beats)))
    columns = ("Record", *missed, *shares, "Seconds", *beats)
    return Table("shutdown", "Beats missed in shutdown", columns, tuple(rows))


def _shutdown_row(comparison: BeatComparison) -> Row:
    lost, beats = comparison.missed_in_shutdown.tolist(), comparison.reference_beats.tolist()
    shares = [percent(sum(lost), sum(beats)), *(percent(lost[place], beats[place]) for place in range(F + 1))]
    return (*map(str, lost), *map(_hundredths, shares), _whole(comparison.shutdown_seconds), *map(str, beats))


def _run_table(
    records: Sequence[RecordComparison], together: Statistics, means: Statistics, name: str, title: str
) -> Table:
    comparisons: list[RunComparison] = [getattr(record, name) for record in records]
    total = run_sum(comparisons)
    rows = [
        (record.record, *_run_counts(comparison), *_run_shares(run_statistics(comparison)))
        for record, comparison in zip(records, comparisons, strict=True)
    ]
    rows += [
        (SUM, *_run_counts(total), *[""] * len(RUN_SHARES)),
        (GROSS, *[""] * len(RUN_COUNTS), *_run_shares(getattr(together, name))),
        (AVERAGE, *[""] * len(RUN_COUNTS), *_run_shares(getattr(means, name))),
    ]
    couplets, short, long = (counts.reference_found + counts.reference_missed for counts in total.lengths)
    note = f"Total couplets: {couplets}  Total short runs: {short}  Total long runs: {long}"
    return Table(name, title, ("Record", *RUN_COUNTS, *RUN_SHARES), tuple(rows), note)


def _run_counts(comparison: RunComparison) -> Row:
    return tuple(str(count) for counts in comparison.lengths for count in astuple(counts))


def _run_shares(statistics: RunStatistics) -> Row:
    return tuple(map(_whole, astuple(statistics)))


def _episode_table(
    records: Sequence[RecordComparison], together: Statistics, means: Statistics, name: str, title: str
) -> Table:
    comparisons: list[EpisodeComparison] = [getattr(record, name) for record in records]
    counts = [astuple(comparison)[: len(EPISODE_COUNTS)] for comparison in comparisons]
    rows = [
        (
            record.record,
            *map(str, count),
            *_episode_shares(comparison.statistics),
            _time(comparison.reference_seconds),
            _time(comparison.test_seconds),
        )
        for record, comparison, count in zip(records, comparisons, counts, strict=True)
    ]
    totals = [sum(column) for column in zip(*counts, strict=True)]
    reference = _time(duration_sum([comparison.reference_seconds for comparison in comparisons]))
    test = _time(duration_sum([comparison.test_seconds for comparison in comparisons]))
    rows += [
        (SUM, *map(str, totals), *[""] * len(EPISODE_SHARES), reference, test),
        (GROSS, *[""] * len(EPISODE_COUNTS), *_episode_shares(getattr(together, name)), "", ""),
        (AVERAGE, *[""] * len(EPISODE_COUNTS), *_episode_shares(getattr(means, name)), "", ""),
    ]
    return Table(name, title, ("Record", *EPISODE_COUNTS, *EPISODE_SHARES, *EPISODE_DURATIONS), tuple(rows))


def _episode_shares(statistics: EpisodeStatistics) -> Row:
    return tuple(map(_whole, astuple(statistics)))


def _hundredths(value: float | None) -> str:
    return UNDEFINED if value is None else f"{value:.2f}"


def _whole(value: float | None) -> str:
    return UNDEFINED if value is None else f"{value:.0f}"


def _time(seconds: float) -> str:
    """Hours, minutes and seconds with milliseconds, without what is nought in front: ``5:05.967``."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{rest / 1000:06.3f}"
    return f"{minutes}:{rest / 1000:06.3f}" if minutes else f"{rest / 1000:.3f}"
