"""``python -m archive INPUT… OUT``."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from archive import cluster, written
from archive.items import Item, Part, parts_of
from archive.job import Job
from archive.listing import NothingThereError, items_in
from archive.parts import PartResult
from archive.storage import Folder
from ecg.formats.answers import Answers
from ecg.recording_errors import RecordingError
from inference_server.classification import DISCLAIMER
from inference_server.commands.options import LeadsOption, RateOption, UnitOption
from inference_server.runtime.settings import SettingsError, available_cpus

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

#: Items of a part; fewer where there are so few that workers would have none.
_MOST_ITEMS: Final = 16
_PARTS_A_WORKER: Final = 8


@app.command()
def archive(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Folders that are looked through for recordings and pictures, or single files: paths, or addresses"
            " that fsspec knows (s3://bucket/folder; its package for that storage must be installed).",
        ),
    ],
    out: Annotated[
        str,
        typer.Argument(
            metavar="OUT", help="The folder of the tables, a path or an address. One that has some goes on."
        ),
    ],
    address: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="A Ray cluster (or ray://HOST:PORT), instead of this machine."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="On this machine; default: one a CPU.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Ask once more about what has failed before.")] = False,
    rate: RateOption = None,
    unit: UnitOption = None,
    leads: LeadsOption = None,
    models: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The model repository; default: BEATLENS_MODELS.")
    ] = None,
) -> None:
    """Analyze archives into Parquet: a row for each recording, for each beat, and for each failure with its reason.

    Stopped or broken off, it goes on when it is started again: what is written is not done twice. Exit code 1 when
    something that is a recording or picture got no answer; the others still get theirs.
    """
    errors = Console(stderr=True)
    try:
        job = Job.with_models(models, Answers(rate, unit, tuple(leads) if leads else None))
        folder = Folder(out)
        with written.held(folder):
            written.describe(folder, job)
            reasons = _archive(job, inputs, folder, address, workers or available_cpus(), errors, again=again)
    except (RecordingError, SettingsError) as error:
        raise _ended(errors, error, 2) from None
    except (NothingThereError, written.NotThisArchive, cluster.ClusterError, OSError, ValueError) as error:
        raise _ended(errors, error, 1) from None
    errors.print(DISCLAIMER, style="dim")
    if reasons:
        raise typer.Exit(1)


def _archive(
    job: Job, inputs: list[str], out: Folder, address: str | None, workers: int, errors: Console, *, again: bool
) -> Counter[str]:
    """Do what is not done; how many failures there are of each reason."""
    run = written.begin(out)
    done = written.files_in(out, again=again)
    items: dict[str, Item] = {}
    known = 0
    for source in inputs:
        for item in items_in(source):
            known += item.file in done
            if item.file not in done and not out.holds(item.file):
                items.setdefault(item.file, item)
    if known:
        errors.print(f"{known:,} of what was found is in {escape(out.address)} already.", highlight=False)
    if not items:
        if not known:
            errors.print("No files were found.")
        return Counter()
    begun = time.monotonic()
    with cluster.connected(address, workers) as at_once:
        most = max(1, min(_MOST_ITEMS, len(items) // (_PARTS_A_WORKER * at_once)))
        parts = list(parts_of(items.values(), most))
        total = _watched(job, parts, out, run, errors)
    _say(total, time.monotonic() - begun, errors)
    return Counter(total.reasons)


def _watched(job: Job, parts: list[Part], out: Folder, run: str, errors: Console) -> PartResult:
    """Have the parts written, with a bar; what they say together."""
    sums: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("Analysing", total=sum(len(part.items) for part in parts))
        for part in cluster.write(job, parts, out.address, run):
            reasons.update(part.reasons)
            sums.update(recordings=part.recordings, beats=part.beats, left_out=part.left_out)
            bar.advance(task, part.recordings + sum(part.reasons.values()) + part.left_out)
    return PartResult(sums["recordings"], sums["beats"], dict(reasons), sums["left_out"])


def _say(total: PartResult, seconds: float, errors: Console) -> None:
    errors.print(
        f"{total.recordings:,} recordings and pictures with {total.beats:,} beats, {sum(total.reasons.values()):,}"
        f" failures, {total.left_out:,} files that are neither, in {seconds:,.0f} s.",
        highlight=False,
        soft_wrap=True,
    )
    for reason, count in sorted(total.reasons.items()):
        errors.print(f"  {reason}: {count:,}", highlight=False)


def _ended(errors: Console, error: Exception, code: int) -> typer.Exit:
    errors.print(escape(str(error)), style="red", highlight=False, soft_wrap=True)
    return typer.Exit(code)
