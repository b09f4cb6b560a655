"""Command line: ``python -m training COMMAND``; every command has ``--help``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from training import configuration, datasets, records, splits

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
console = Console(stderr=True)

RecordsOption = Annotated[
    Path | None,
    typer.Option(
        "--records", envvar="MITDB_DIR", help="Folder of the MIT-BIH Arrhythmia Database.", show_default=False
    ),
]
DataOption = Annotated[Path, typer.Option("--data", help="Folder of the prepared data set.")]
PREPARED = Path("var/prepared/mitdb")


@contextmanager
def _plain_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Expected errors are one line and exit code 1, not a traceback."""
    try:
        yield
    except kinds as error:
        console.print(f"[bold red]error:[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _records_folder(folder: Path | None) -> Path:
    if folder is None:
        raise records.RecordsError(
            "Where are the recordings? Set MITDB_DIR or give --records; `python -m training download` fetches them."
        )
    return folder


@app.command()
def prepare(
    records_folder: RecordsOption = None,
    data: DataOption = PREPARED,
    variants: Annotated[int, typer.Option(help="Augmented pictures beside the plain one of each beat.", min=0)] = 2,
    only: Annotated[str, typer.Option(help="Comma-separated record names; all by default.")] = "",
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = os.cpu_count() or 1,
) -> None:
    """Cut the beats out of the recordings and draw them. A stopped run continues where it was."""
    with _plain_errors(records.RecordsError, datasets.DatasetError):
        folder = _records_folder(records_folder)
        names = records.record_names(folder)
        if only:
            chosen = only.split(",")
            if unknown := sorted(set(chosen) - set(names)):
                raise records.RecordsError(f"{folder} has no record {', '.join(unknown)}.")
            names = chosen
        compared = records.verify_checksums(folder)
        console.print(f"{len(names)} records, {compared} files match their SHA-256")
        config = datasets.PreparationConfig(augmented_variants=variants)
        rows = 0
        with _progress() as progress:
            task = progress.add_task("records", total=len(names))
            for _, count in datasets.prepare(folder, names, data, config, workers=workers):
                rows += count
                progress.advance(task)
        console.print(f"{rows:,} beat pictures (each beat once per lead) in {data}")


@app.command()
def train(
    config_file: Annotated[Path, typer.Option("--config", help="YAML file of the run.", exists=True, dir_okay=False)],
    data: DataOption = PREPARED,
    runs: Annotated[Path, typer.Option(help="Folder of all runs.")] = Path("runs"),
    threads: Annotated[int, typer.Option(help="Threads of one operation; 0 lets TensorFlow choose.", min=0)] = 0,
) -> None:
    """Train one run; a stopped run continues after its last whole epoch."""
    import tensorflow as tf

    from training import fitting

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)

    with _plain_errors(
        configuration.ConfigurationError, datasets.DatasetError, fitting.FittingError, splits.SplitError
    ):
        config = configuration.read(config_file)
        dataset = datasets.load(data)
        run = runs / config.name
        with _progress() as progress:
            done = len(fitting.read_history(run))
            task = progress.add_task(config.name, total=config.epochs, completed=done)

            def report(line: fitting.Epoch) -> None:
                progress.advance(task)
                progress.console.print(
                    f"epoch {line.epoch}: loss {line.loss:.4f}, validation loss {line.validation_loss:.4f},"
                    f" accuracy {line.validation_accuracy:.4f}, macro-F1 {line.validation_macro_f1:.4f}"
                )

            best = fitting.fit(config, dataset, run, report)
        console.print(f"best weights: {best}")


if __name__ == "__main__":
    app()
