"""``python -m inference_server analyze``: recordings, from a file to every beat and the rhythm."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ecg.formats.answers import Answers
from ecg.pictures.files import LeftOut, shown
from ecg.recording_errors import RecordingError
from inference_server.commands.answering import NoAnswer
from inference_server.commands.options import (
    AddressOption,
    LeadsOption,
    ModelsOption,
    RateOption,
    TlsOption,
    TokenOption,
    UnitOption,
    made_folder,
    settings_with,
)
from inference_server.commands.printing import end
from inference_server.commands.recording_answering import Answering, answer_about, by_running_server, in_process
from inference_server.commands.recording_files import Given, given
from inference_server.commands.recording_outputs import names_of
from inference_server.commands.recording_printing import Answer, ResultTable, line_of


def analyze(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Recordings (WFDB, EDF, BDF, CSV, DICOM, SCP-ECG, aECG, ISHNE, ...), a zip of one, or folders that are"
            " looked through for them. Files of one WFDB record may be named in any order, or its .hea alone. A picture"
            " of a strip or page is digitised first.",
        ),
    ],
    address: AddressOption = None,
    token: TokenOption = None,
    tls_ca: TlsOption = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write NAME.atr, NAME.beats.csv, NAME.json and NAME.pdf of each into DIR."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, as recordings end.")] = False,
    rate: RateOption = None,
    unit: UnitOption = None,
    leads: LeadsOption = None,
    models: ModelsOption = None,
) -> None:
    """Analyze recordings. Exit code 1 when any of them got no answer; the others still get theirs.

    Nothing is written over: with --out, a recording whose files are in DIR already is refused.
    """
    settings = settings_with(models)
    try:
        answers = Answers(rate, unit, tuple(leads) if leads else None)
    except RecordingError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(2) from None
    made_folder(out)
    errors = Console(stderr=True)
    items = given(files)
    with by_running_server(address, token, tls_ca, settings.image_limits) if address else in_process(settings) as ask:
        failed = _analyze_all(items, ask, answers, out, errors, as_json=as_json)
    end(items, _without_recordings(files, items), "recordings", errors, as_json=as_json, failed=failed)


def _without_recordings(files: list[Path], items: list[Given | LeftOut]) -> list[Path]:
    """The folders among what was named in which there is none."""
    with_recordings = {parent for item in items if isinstance(item, Given) for parent in item.file.parents}
    return [path for path in files if path.is_dir() and path not in with_recordings]


def _analyze_all(
    items: list[Given | LeftOut], ask: Answering, answers: Answers, out: Path | None, errors: Console, *, as_json: bool
) -> bool:
    """One recording after the other; whether any got no answer."""
    names = iter(names_of([item.file for item in items if isinstance(item, Given)]))
    table = ResultTable()
    failed = False
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        for item in items:
            answer: Answer
            if isinstance(item, LeftOut):
                answer = item
            else:
                output = (out, next(names)) if out is not None else None
                answer = answer_about(item, ask, answers, _shown_by(bar, item), output)
            failed |= isinstance(answer, NoAnswer)
            file = str(item.path if isinstance(item, LeftOut) else item.file)
            if as_json:
                sys.stdout.write(line_of(file, answer) + "\n")
                sys.stdout.flush()
            else:
                table.add(file, answer)
    if not as_json:
        table.print()
    return failed


def _shown_by(bar: Progress, item: Given) -> Callable[[float], None]:
    """Draws how much of a recording is done, in the place of the one before."""
    for task in bar.task_ids:
        bar.remove_task(task)
    task = bar.add_task(escape(shown(item.file.name)), total=1.0)
    return lambda done: bar.update(task, completed=done)
