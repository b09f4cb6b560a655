"""``python -m training recordings``: the model for whole recordings, from databases to tables and the model file."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TaskID

from training.commands.options import MODELS, PREPARED, RESULTS, RUNS, ModelsOption, ResultsOption, ThreadsOption
from training.commands.terminal import console, print_table, progress_bar

app = typer.Typer(no_args_is_help=True, help=__doc__)

DataOption = Annotated[Path, typer.Option("--data", help="Folder of the prepared recordings.")]
RunsOption = Annotated[Path, typer.Option("--runs", help="Folder of the networks and what they said.")]
FoldsOption = Annotated[
    str, typer.Option("--folds", help="Comma-separated: only the people of these folds; by default of all five.")
]
_DATA = PREPARED / "recordings"
_RUNS = RUNS / "arrhythmia-recording"


@app.command()
def prepare(
    databases: Annotated[
        str, typer.Option(help="Comma-separated databases; by default those whose settings name a folder.")
    ] = "",
    data: DataOption = _DATA,
) -> None:
    """Find and cut the beats of every record, and label them; a stopped run goes on where it was."""
    from training.databases.database import RecordsError
    from training.databases.registry import DATABASES
    from training.datasets.recordings import preparation

    named = [name for name in databases.split(",") if name]
    if unknown := set(named) - set(preparation.NAMES):
        raise RecordsError(f"No beats are prepared of {', '.join(sorted(unknown))}.")
    chosen = [DATABASES[name] for name in (named or preparation.NAMES)]
    tasks = preparation.tasks([database for database in chosen if named or database.is_set])
    with progress_bar() as progress:
        bar = progress.add_task("records", total=len(tasks))
        for task in tasks:
            try:
                preparation.prepare(task, data)
            except preparation.NoBeatsError as error:
                console.print(f"left out: {error}", highlight=False)
            progress.advance(bar)
    console.print(f"prepared: {data}")


@app.command()
def train(
    named: Annotated[
        list[str],
        typer.Argument(
            metavar="DIVISION…",
            help="Divisions to train: ds1-choice, ds1-choice-12, ds1-choice-0, ds1-ds2, fold-0 to fold-4, all-people.",
        ),
    ],
    data: DataOption = _DATA,
    runs: RunsOption = _RUNS,
    steps: Annotated[int, typer.Option(help="Batches to train on.", min=1)] = 1200,
    seed: Annotated[
        int, typer.Option(help="Seed of the random numbers: runs with other seeds join the division's ensemble.", min=0)
    ] = 0,
    plain: Annotated[
        float, typer.Option(help="Share of conducted beats that don't come early and look as usual.", min=0, max=1)
    ] = 0.65,
    threads: ThreadsOption = 1,
) -> None:
    """Train a network for each division and store its predictions for the people it was not trained on."""
    from training.datasets.recordings import beat_set
    from training.learning import fitting as pictures
    from training.learning.recordings import fitting
    from training.learning.recordings import runs as finished

    pictures.use_threads(threads)
    beats = beat_set.load(data, beat_set.stored(data))
    with progress_bar() as progress:
        for division in named:
            bar = progress.add_task(division, total=steps)

            def report(done: int, loss: float, bar: TaskID = bar, division: str = division) -> None:
                progress.update(bar, completed=done, description=f"{division}, loss {loss:.4f}")

            finished.run(beats, division, fitting.Fit(steps=steps, seed=seed, plain=plain), runs, report)
            progress.update(bar, completed=steps)
    console.print(f"stored: {runs}")


@app.command()
def tables(
    data: DataOption = _DATA, runs: RunsOption = _RUNS, results: ResultsOption = RESULTS, folds: FoldsOption = ""
) -> None:
    """Print every table of trained networks and write each into the folder of results."""
    from training.datasets.recordings import beat_set
    from training.evaluation.recordings import tables as measured

    records = beat_set.records(data, beat_set.stored(data, edited=False))
    by_person = measured.by_person(records, runs, _folds(folds))
    for name, table in chain(measured.inter_patient(records, runs), by_person):
        console.print(f"[bold]{name}[/]")
        print_table(table, results / f"arrhythmia-recording.{name}.csv")


@app.command()
def export(
    data: DataOption = _DATA,
    runs: RunsOption = _RUNS,
    models: ModelsOption = MODELS,
    version: Annotated[str, typer.Option("--version", help="Version to write: a positive whole number.")] = "3",
    folds: FoldsOption = "",
    threads: ThreadsOption = 1,
) -> None:
    """Write the network trained on all people as a model file, calibrated and scored by out-of-fold predictions."""
    from training.export import recording_export
    from training.learning import fitting as pictures

    pictures.use_threads(threads)
    written = recording_export.export_run(data, runs, models, version, _folds(folds))
    console.print(f"wrote {written}, {written.stat().st_size / 1e6:.1f} MB")


@app.command()
def card(
    models: ModelsOption = MODELS,
    results: ResultsOption = RESULTS,
    version: Annotated[str, typer.Option("--version", help="Version that the card is of.")] = "3",
) -> None:
    """Write the card of the model from its metadata and the stored tables."""
    from training.evaluation.recordings import card as made

    folder = models / "arrhythmia-recording"
    (folder / "MODEL_CARD.md").write_text(made.card(folder / version, results), encoding="utf-8")
    console.print(f"wrote {folder / 'MODEL_CARD.md'}")


def _folds(named: str) -> tuple[str, ...]:
    from training.datasets.recordings.divisions import FOLDS

    return tuple(name for name in named.split(",") if name) or FOLDS
