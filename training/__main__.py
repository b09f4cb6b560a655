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
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from training import configuration, datasets, records, splits
from training.datasets import Dataset

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
console = Console(stderr=True)

RecordsOption = Annotated[
    Path | None,
    typer.Option(
        "--records", envvar="MITDB_DIR", help="Folder of the MIT-BIH Arrhythmia Database.", show_default=False
    ),
]
DataOption = Annotated[Path, typer.Option("--data", help="Folder of the prepared data set.")]
ModelsOption = Annotated[Path, typer.Option("--models", help="The model repository.")]
PREPARED = Path("var/prepared/mitdb")
MODELS = Path("models")
CPUS = os.cpu_count() or 1

#: The same recipe trained without the test people, scored beside the served model.
COMPANION = "arrhythmia-inter-patient"


@contextmanager
def _plain_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Expected errors are one line and exit code 1, not a traceback."""
    try:
        yield
    except kinds as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
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


def _load(data: Path, variants: int | None = None) -> Dataset:
    with _progress() as progress:
        task = progress.add_task("% of the data set loaded", total=100)
        return datasets.load(
            data, variants=variants, progress=lambda fraction: progress.update(task, completed=100 * fraction)
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
    from_folders: Annotated[
        Path | None, typer.Option(help="Read <split>/<Class name>/*.png here instead of recordings.")
    ] = None,
    only: Annotated[str, typer.Option(help="Comma-separated record names; all by default.")] = "",
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = CPUS,
) -> None:
    """Cut the beats out of the recordings and draw them. A stopped run continues where it was."""
    with _plain_errors(records.RecordsError, datasets.DatasetError):
        if data == PREPARED and (from_folders is not None or only):
            raise datasets.DatasetError(f"{PREPARED} is for all the records; name another folder with --data.")
        if from_folders is not None:
            _prepare_from_folders(from_folders, data)
            return
        folder = _records_folder(records_folder)
        names = records.record_names(folder)
        if only:
            chosen = set(only.split(","))
            if unknown := sorted(chosen - set(names)):
                raise records.RecordsError(f"{folder} has no record {', '.join(unknown)}.")
            names = [name for name in names if name in chosen]
        compared = records.verify_checksums(folder)
        console.print(
            f"{len(names)} records, {compared} files match their SHA-256"
            if compared
            else f"[yellow]{len(names)} records; {folder} has no SHA256SUMS.txt, so nothing could be compared[/]"
        )
        config = datasets.PreparationConfig(augmented_variants=variants)
        rows = 0
        with _progress() as progress:
            task = progress.add_task("records", total=len(names))
            for _, count in datasets.prepare(folder, names, data, config, workers=workers):
                rows += count
                progress.advance(task)
        console.print(f"{rows:,} beat pictures (each beat once per lead) in {data}")


def _prepare_from_folders(source: Path, data: Path) -> None:
    from training import folders as layout
    from training.classes import CLASS_SETS

    for name, count, refused in layout.read_folders(source, CLASS_SETS["eight"], data):
        console.print(f"{name}: {count:,} pictures")
        for sentence in refused:
            console.print(f"  left out {escape(sentence)}")
    shared = layout.shared_pictures(datasets.load(data, variants=0))
    if shared:
        console.print(f"[yellow]{shared:,} test pictures are also on the training side[/]")


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

    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)

    with _plain_errors(
        configuration.ConfigurationError, datasets.DatasetError, fitting.FittingError, splits.SplitError
    ):
        config = configuration.read(config_file)
        dataset = _load(data)
        run = runs / config.name
        with _progress() as progress:
            done = len(fitting.read_history(run))
            task = progress.add_task(config.name, total=config.epochs, completed=done)

            def report(line: fitting.Epoch) -> None:
                progress.console.print(
                    f"epoch {line.epoch}: loss {line.loss:.4f}, validation loss {line.validation_loss:.4f},"
                    f" accuracy {line.validation_accuracy:.4f}, macro-F1 {line.validation_macro_f1:.4f}"
                )

            best = fitting.fit(config, dataset, run, report, lambda epochs: progress.update(task, completed=epochs))
        console.print(f"best weights: {best}")


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.", exists=True, file_okay=False)],
    name: Annotated[str, typer.Option(help="Name of the model in the repository.")] = "arrhythmia",
    version: Annotated[str, typer.Option(help="Version to write: a positive whole number.")] = "1",
    data: DataOption = PREPARED,
    models: ModelsOption = MODELS,
    scores_from: Annotated[
        list[Path] | None, typer.Option(help="metadata.json of another export whose scores are told beside its own.")
    ] = None,
) -> None:
    """Calibrate a run and write it into the model repository as ONNX, held against Keras on real pictures."""
    from training import export as exporting

    with _plain_errors(
        configuration.ConfigurationError, datasets.DatasetError, exporting.ExportError, splits.SplitError
    ):
        dataset = _load(data, variants=0)
        console.print("calibrating and converting")
        written = exporting.export(
            run, dataset, models, name=name, version=version, scores_from=list(scores_from or [])
        )
        console.print(
            f"{written.model}: {written.bytes:,} bytes, temperature {written.temperature:.3f}, largest difference"
            f" between Keras and onnxruntime {written.parity:.1e} on {exporting.PARITY_PICTURES} pictures"
        )


@app.command()
def evaluate(
    records_folder: RecordsOption = None,
    data: DataOption = PREPARED,
    models: ModelsOption = MODELS,
    version: Annotated[str, typer.Option(help="Version of the served model.")] = "1",
    results: Annotated[Path, typer.Option(help="Folder of the stored tables.")] = Path("docs/results"),
    write: Annotated[bool, typer.Option("--write", help="Store the tables and the model card.")] = False,
) -> None:
    """Print every figure of the model card from the committed models and the recordings.

    Exit code 1 when a stored figure can't be reprinted. Without a prepared data set, plain pictures are drawn first.
    """
    import pandas as pd

    from inference_server.onnx_model import ModelError
    from training import model_card, scoring

    served, companion = models / "arrhythmia" / version, models / COMPANION / version
    with _plain_errors(records.RecordsError, datasets.DatasetError, ModelError, splits.SplitError):
        if not (data / "complete.json").is_file():
            data = data.with_name(data.name + "-plain")
        if not (data / "complete.json").is_file():
            prepare(records_folder, data, variants=0, from_folders=None, only="", workers=CPUS)
        dataset = _load(data, variants=0)
        with _progress() as progress:
            task = progress.add_task("models scored", total=2)
            tables = dict(
                scoring.tables_of(
                    [served, companion], dataset, lambda fraction: progress.update(task, completed=2 * fraction)
                )
            )
    for kind, table in tables.items():
        typer.echo(f"# {kind}")
        typer.echo(table.to_csv(index=False))
    stored = {kind: results / f"arrhythmia-{version}.{kind}.csv" for kind in tables}
    if write:
        results.mkdir(parents=True, exist_ok=True)
        for kind, path in stored.items():
            tables[kind].to_csv(path, index=False)
            console.print(f"wrote {path}")
    wrong = []
    for kind, path in stored.items():
        found = scoring.differences(tables[kind], path) if path.is_file() else ["there is no stored table"]
        console.print(f"{path}: " + ("; ".join(found[:10]) if found else "every figure reprinted"), soft_wrap=True)
        wrong += found
    card_path = models / "MODEL_CARD.md"
    if not wrong:
        # From the stored tables, so that a close call on another processor does not change the card.
        read = {kind: pd.read_csv(path) for kind, path in stored.items()}
        card = model_card.card(read["scores"], read["verdicts"], served, f"{COMPANION}/{version}")
        if write:
            card_path.write_text(card)
            console.print(f"wrote {card_path}")
        elif not card_path.is_file() or card_path.read_text() != card:
            wrong.append("the card")
            console.print(f"{card_path} is not what the tables say", soft_wrap=True)
    if wrong:
        raise typer.Exit(1)


@app.command()
def pictures(
    records_folder: RecordsOption = None,
    data: DataOption = PREPARED,
    models: ModelsOption = MODELS,
    version: Annotated[str, typer.Option(help="Version of the served model.")] = "1",
    samples_out: Annotated[Path, typer.Option("--samples", help="Folder of sample pictures.")] = Path("samples"),
    examples_out: Annotated[Path, typer.Option("--examples", help="Folder of the info pages' pictures.")] = Path(
        "webportal/pages/static/pages/classes"
    ),
) -> None:
    """Draw the pictures that ship: samples from beats that the served model never saw, and an example of each class."""
    from inference_server.onnx_model import ModelError
    from training import samples, scoring

    with _plain_errors(records.RecordsError, datasets.DatasetError, ModelError, splits.SplitError):
        folder = _records_folder(records_folder)
        records.record_names(folder)
        config = scoring.Subject.load(models / "arrhythmia" / version).config
        dataset = datasets.load(data, variants=0)
        for path in samples.write_samples(dataset, config, samples_out):
            console.print(str(path))
        for path in samples.write_examples(dataset, config, folder, examples_out):
            console.print(str(path))


@app.command()
def folders(
    out: Annotated[Path, typer.Argument(help="Folder to write <split>/<Class name>/<record>_<sample>.png into.")],
    data: DataOption = PREPARED,
    protocol: Annotated[str, typer.Option(help="Protocol that divides train from test.")] = "beats-10fold",
    class_set: Annotated[str, typer.Option(help="Class set: six, seven or eight.")] = "seven",
    seed: Annotated[int, typer.Option(help="Seed of the division.")] = 20_260,
) -> None:
    """Write a prepared data set as PNG files in class folders."""
    from training import folders as layout
    from training.classes import CLASS_SETS

    with _plain_errors(datasets.DatasetError, splits.SplitError):
        if class_set not in CLASS_SETS:
            raise splits.SplitError(f"There is no class set {class_set!r}; choose one of {', '.join(CLASS_SETS)}.")
        dataset = datasets.load(data, variants=0)
        classes = CLASS_SETS[class_set]
        sides = splits.split(dataset.table, dataset.labels(classes), protocol, seed=seed)
        with _progress() as progress:
            task = progress.add_task("pictures", total=None)
            for done, total in layout.write_folders(dataset, sides, classes, out):
                progress.update(task, completed=done, total=total)


@app.command()
def download(
    out: Annotated[Path, typer.Argument(help="Folder to fetch the recordings into.")] = Path("var/mitdb"),
) -> None:
    """Fetch the MIT-BIH Arrhythmia Database from PhysioNet (about 100 MB), every file checked against its SHA-256."""
    from training import download as fetching

    with _plain_errors(records.RecordsError), _progress() as progress:
        task = progress.add_task("files", total=None)
        for _, done, total in fetching.download(out):
            progress.update(task, completed=done, total=total)
    console.print(f"Now set MITDB_DIR={out}")


if __name__ == "__main__":
    app()
