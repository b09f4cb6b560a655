"""``python -m training ec57``: annotations compared as ANSI/AAMI EC57 has it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.progress import track

from ecg.ec57.aggregates import average, gross
from ecg.ec57.beats import ROWS
from ecg.ec57.comparison import RecordComparison, compare
from ecg.ec57.mapping import MAPPINGS, BeatMapping
from ecg.ec57.tables import beat_tables, episode_tables, matrix_table, pairings_table, write_csv
from training.commands.terminal import console
from training.evaluation.ec57_files import AnnotationFileError, Pair, read_pair, record_names

#: Records compared by each mapping, under its name.
Compared = dict[str, list[RecordComparison]]


class MappingChoice(StrEnum):
    """What escape beats count as."""

    EC57 = "ec57"
    DE_CHAZAL = "de-chazal"
    BOTH = "both"

    @property
    def mappings(self) -> list[BeatMapping]:
        """What is meant."""
        return list(MAPPINGS.values()) if self is MappingChoice.BOTH else [MAPPINGS[self.value]]


def _finite(value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a number to count with.")
    return value


FolderArgument = Annotated[
    Path, typer.Argument(help="Folder with NAME.<test> and NAME.<reference>; headers NAME.hea tell rate and length.")
]
RecordsOption = Annotated[
    Path | None,
    typer.Option(
        "--records", envvar="MITDB_DIR", help="Where to look for what the folder lacks: NAME.<reference>, NAME.hea."
    ),
]
StartOption = Annotated[
    float, typer.Option(help="Seconds left out at the beginning; EC57 leaves out 300.", min=0, callback=_finite)
]
RateOption = Annotated[
    float | None, typer.Option(help="Samples a second, where no file tells.", min=1, callback=_finite)
]


def ec57(
    folder: FolderArgument,
    reference: Annotated[
        str, typer.Option(help="Annotator that is taken as the reference: the suffix of its files.")
    ] = "atr",
    test: Annotated[str, typer.Option(help="Annotator to compare with it: the suffix of its files.")] = "tst",
    records: RecordsOption = None,
    start: StartOption = 300.0,
    mapping: Annotated[
        MappingChoice, typer.Option(help="Escape beats (e, j, n) are S as in EC57, or N as de Chazal has them.")
    ] = MappingChoice.BOTH,
    rate: RateOption = None,
    matrices: Annotated[bool, typer.Option("--matrices", help="Print each record's matrix of beats as well.")] = False,
    out: Annotated[Path | None, typer.Option(help="CSV file to write every cell into.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")] = False,
) -> None:
    """Compare annotations beat by beat, run by run and episode by episode, as ANSI/AAMI EC57 has it.

    Prints the tables of bxb, rxr and epicmp with gross and average values.

    Beats: Nv are N of the reference called v; o is missed, O is extra, x and X are in shutdown.

    Se is sensitivity, +P positive predictivity: of QRS complexes (Q), VEB (V) and SVEB (S);

    of couplets (C), short (S) and long runs (L); of episodes (E) and their duration (D).
    """
    try:
        pairs = _read(folder, records, reference, test, rate)
        compared = _compare(pairs, start, mapping.mappings)
        if out:
            _write(out, compared)
    except OSError as error:
        raise AnnotationFileError(str(error)) from error
    if as_json:
        about = {
            "reference": reference,
            "test": test,
            "start_s": start,
            "match_window_s": pairs[0].period(start).match_seconds,
        }
        typer.echo(json.dumps({**about, "mappings": _document(compared)}, indent=1))
    else:
        typer.echo(f"{len(pairs)} records of {folder}, {test} against {reference}, from {start:g} s.")
        typer.echo(_text(compared, matrices=matrices))


def _read(folder: Path, records: Path | None, reference: str, test: str, rate: float | None) -> list[Pair]:
    """All records, or an error that names each one that can't be compared: figures for some would pass as for all."""
    folders = [folder, *([records] if records else [])]
    pairs, faults = [], []
    for name in track(record_names(folder, test), "records", console=console, transient=True):
        try:
            pairs.append(read_pair(name, folders, reference, test, rate))
        except AnnotationFileError as error:
            faults.append(str(error))
    if faults:
        raise AnnotationFileError("\n".join(faults))
    return pairs


def _compare(pairs: Sequence[Pair], start: float, mappings: Sequence[BeatMapping]) -> Compared:
    return {
        mapping.name: [compare(pair.record, pair.reference, pair.test, pair.period(start), mapping) for pair in pairs]
        for mapping in mappings
    }


def _text(compared: Compared, *, matrices: bool) -> str:
    blocks = []
    for name, records in compared.items():
        blocks.append(f"Mapping {name}: {MAPPINGS[name].description}")
        blocks += [matrix_table(record).text() for record in records if matrices]
        blocks += [table.text() for table in beat_tables(records)]
    blocks += [table.text() for table in episode_tables(next(iter(compared.values())))]
    return "\n" + "\n\n".join(blocks)


def _write(path: Path, compared: Compared) -> None:
    named = [
        (name, table)
        for name, records in compared.items()
        for table in (*beat_tables(records), pairings_table(records))
    ]
    named += [("", table) for table in episode_tables(next(iter(compared.values())))]
    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(file, named)


def _document(compared: Compared) -> dict[str, Any]:
    return {
        name: {
            "description": MAPPINGS[name].description,
            "records": [_record(record) for record in records],
            "gross": asdict(gross(records)),
            "average": asdict(average(records)),
        }
        for name, records in compared.items()
    }


def _record(record: RecordComparison) -> dict[str, Any]:
    """Counts and, beside them, what is derived from them."""
    document = asdict(record)
    document["beats"]["matrix"] = _matrix(record.beats.matrix)
    for name in ("beats", "atrial_fibrillation", "ventricular_fibrillation"):
        document[name]["statistics"] = asdict(getattr(record, name).statistics)
    for name in ("ventricular_runs", "supraventricular_runs"):
        for length, counts in zip(document[name].values(), getattr(record, name).lengths, strict=True):
            length |= {"sensitivity": counts.sensitivity, "predictivity": counts.predictivity}
    return document


def _matrix(matrix: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, dict[str, int]]:
    return {
        row: dict(zip(ROWS.lower(), counts, strict=True)) for row, counts in zip(ROWS, matrix.tolist(), strict=True)
    }
