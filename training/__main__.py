"""Command line: ``python -m training COMMAND``; every command has ``--help``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# TensorFlow leaves oneDNN off on processors without AVX-512; it is faster with it there too.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from training.commands import import_keras
from training.commands.ec57 import ec57
from training.databases import checksums, marked
from training.databases.marked import mitdb
from training.datasets import prepared_data, splits
from training.datasets.prepared_data import Dataset
from training.datasets.sources import DATABASES, SOURCES, Source
from training.pictures.representations import REPRESENTATIONS, Surroundings
from training.recipes import recipe_files

if TYPE_CHECKING:
    import pandas as pd

    from training.learning import fitting
    from training.learning.predictions import Predictions

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
app.command(name="import-keras")(import_keras.import_keras)
console = Console(stderr=True)

RecordsOption = Annotated[
    Path | None,
    typer.Option(
        "--records", envvar="MITDB_DIR", help="Folder of the MIT-BIH Arrhythmia Database.", show_default=False
    ),
]
DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--data", help="Folder of a prepared data set; may be repeated. By default those that the configuration names."
    ),
]
RunsOption = Annotated[Path, typer.Option("--runs", help="Folder of all runs.")]
ThreadsOption = Annotated[
    int, typer.Option("--threads", help="Threads of one operation; 0 lets TensorFlow choose.", min=0)
]
ModelsOption = Annotated[Path, typer.Option("--models", help="The model repository.")]
VersionOption = Annotated[
    str, typer.Option("--version", help="Version of the served model; the newest by default.", show_default=False)
]
PREPARED = Path("var/prepared")
RUNS = Path("runs")
MODELS = Path("models")
CPUS = os.cpu_count() or 1

#: The same recipe trained without the test people, scored beside the served model.
COMPANION = "arrhythmia-inter-patient"


class Strategy(StrEnum):
    """How many machines one run is trained on."""

    SINGLE = "single"
    MULTIWORKER = "multiworker"


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


def prepared_folder(source: str, representation: str) -> Path:
    """Where ``prepare`` puts a source's beats."""
    return PREPARED / (source if representation == "trace" else f"{source}-{representation}")


def load_data(
    folders: Sequence[Path] | None, config: recipe_files.RunConfig | None = None, variants: int | None = None
) -> Dataset:
    """The given folders, or those that ``config`` names, as one data set; progress is shown."""
    config = config or recipe_files.RunConfig(name="default")
    named = [prepared_folder(source, config.representation) for source in config.sources]
    with _progress() as progress:
        task = progress.add_task("% of the data set loaded", total=100)
        return prepared_data.load(
            *(folders or named),
            variants=variants,
            progress=lambda fraction: progress.update(task, completed=100 * fraction),
        )


def _plain_folders(config: recipe_files.RunConfig) -> list[Path]:
    """The prepared folders of ``config``; where one is missing, its plain pictures are drawn into another now."""
    found = []
    for name in config.sources:
        folder = prepared_folder(name, config.representation)
        if not prepared_data.is_complete(folder):
            folder = folder.with_name(f"{folder.name}-plain")
            plain = prepared_data.PreparationConfig(representation=config.representation, augmented_variants=0)
            _draw(SOURCES[name], SOURCES[name].folder(), folder, plain)
        found.append(folder)
    return found


def _draw(
    source: Source,
    records_folder: Path,
    out: Path,
    config: prepared_data.PreparationConfig,
    *,
    only: str = "",
    workers: int = CPUS,
) -> None:
    """Draw the beats of a database into ``out``, with progress; what is already there is kept."""
    names = source.record_names(records_folder)
    if only:
        chosen = set(only.split(","))
        if unknown := sorted(chosen - set(names)):
            raise marked.RecordsError(f"{records_folder} has no record {', '.join(unknown)}.")
        names = [name for name in names if name in chosen]
    compared = checksums.verify(records_folder)
    console.print(
        f"{len(names)} records, {compared} files match their SHA-256"
        if compared
        else f"[yellow]{len(names)} records; {records_folder} has no SHA256SUMS.txt, so nothing could be compared[/]"
    )
    rows = 0
    with _progress() as progress:
        task = progress.add_task("records", total=len(names))
        for _, count in prepared_data.prepare(source, records_folder, names, out, config, workers=workers):
            rows += count
            progress.advance(task)
    console.print(f"{rows:,} beat pictures (each beat once per lead) in {out}")


def _newest(models: Path) -> str:
    """The newest version of the served model."""
    versions = [int(folder.name) for folder in (models / "arrhythmia").glob("[1-9]*") if folder.name.isdigit()]
    return str(max(versions, default=1))


def _epoch_line(line: fitting.Epoch) -> str:
    return (
        f"epoch {line.epoch}: loss {line.loss:.4f}, validation loss {line.validation_loss:.4f},"
        f" accuracy {line.validation_accuracy:.4f}, macro-F1 {line.validation_macro_f1:.4f}"
    )


def _records_folder(folder: Path | None) -> Path:
    if folder is None:
        raise marked.RecordsError(
            "Where are the recordings? Set MITDB_DIR or give --records; `python -m training download` fetches them."
        )
    return folder


@app.command()
def prepare(
    source: Annotated[str, typer.Option(help=f"Database: {', '.join(SOURCES)}.")] = "mitdb",
    records_folder: Annotated[
        Path | None,
        typer.Option("--records", help="Its folder; by default MITDB_DIR, VFDB_DIR or PTBXL_DIR.", show_default=False),
    ] = None,
    representation: Annotated[str, typer.Option(help=f"What to draw: {', '.join(REPRESENTATIONS)}.")] = "trace",
    data: Annotated[
        Path | None,
        typer.Option(help=f"Folder to write; by default below {PREPARED}.", show_default=False),
    ] = None,
    variants: Annotated[int, typer.Option(help="Augmented pictures beside the plain one of each beat.", min=0)] = 2,
    turned: Annotated[
        bool, typer.Option("--turned", help="Show most beats of the augmented pictures along other axes.")
    ] = False,
    from_folders: Annotated[
        Path | None, typer.Option(help="Read pictures in <side>/<Class name>/ here instead of recordings.")
    ] = None,
    mapped: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="'FOLDER=CLASS'",
            help="The class of a folder whose name is not known, or - to leave it out; may be repeated.",
        ),
    ] = None,
    models: ModelsOption = MODELS,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was read, left out and found in folders as one JSON object.")
    ] = False,
    only: Annotated[str, typer.Option(help="Comma-separated record names; all by default.")] = "",
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = CPUS,
) -> None:
    """Cut the beats out of the recordings and draw them. A stopped run continues where it was."""
    with _plain_errors(marked.RecordsError, prepared_data.DatasetError):
        if data is None and (from_folders is not None or only):
            raise prepared_data.DatasetError(f"{PREPARED} is for all the records; name another folder with --data.")
        if from_folders is not None and data is not None:
            _prepare_from_folders(from_folders, data, mapped or [], models, as_json=as_json)
            return
        if mapped or as_json:
            raise prepared_data.DatasetError("--map and --json are for --from-folders.")
        if source not in SOURCES:
            raise marked.RecordsError(f"There is no source {source!r}; choose one of {', '.join(SOURCES)}.")
        if representation not in REPRESENTATIONS:
            raise prepared_data.DatasetError(
                f"There is no representation {representation!r}; choose one of {', '.join(REPRESENTATIONS)}."
            )
        if turned and (not variants or isinstance(REPRESENTATIONS[representation], Surroundings)):
            raise prepared_data.DatasetError(
                "--turned is for augmented pictures of single beats: traces and spectrograms."
            )
        database = SOURCES[source]
        config = prepared_data.PreparationConfig(
            representation=representation, augmented_variants=variants, turned=turned
        )
        out = data or prepared_folder(source, representation)
        _draw(database, records_folder or database.folder(), out, config, only=only, workers=workers)


def _prepare_from_folders(source: Path, data: Path, mapped: Sequence[str], models: Path, *, as_json: bool) -> None:
    from inference_server.models.onnx_model import ModelError, OnnxModel
    from training.datasets import folder_preparation

    with _plain_errors(ModelError):
        served = models / "arrhythmia" / _newest(models)
        model = OnnxModel.load(served) if served.is_dir() else None
    with _progress() as progress:
        prepared = folder_preparation.prepare(source, data, mapped, model, progress)
    if model is None:
        console.print(f"{served} is not there, so no model was asked whether a whole folder looks like another class.")
    folder_preparation.say(prepared, console)
    if as_json:
        folder_preparation.print_json(prepared)


@contextmanager
def _run_errors(*more: type[Exception]) -> Iterator[None]:
    """:func:`_plain_errors` of everything that works with runs; ``more`` are the command's own."""
    from training.learning import fitting, predictions

    with _plain_errors(
        recipe_files.ConfigurationError,
        prepared_data.DatasetError,
        fitting.FittingError,
        predictions.PredictionsError,
        splits.SplitError,
        *more,
    ):
        yield


def _single(config: recipe_files.RunConfig) -> recipe_files.RunConfig:
    """``config``, if it is one network."""
    if config.members > 1 or config.chained:
        raise splits.SplitError(f"{config.name} is several networks that answer together; `crossval` is its command.")
    return config


@app.command()
def train(
    config_file: Annotated[Path, typer.Option("--config", help="YAML file of the run.", exists=True, dir_okay=False)],
    data: DataOption = None,
    runs: RunsOption = RUNS,
    threads: ThreadsOption = 0,
    strategy: Annotated[
        Strategy, typer.Option(help="Train alone, or in step with the other workers that TF_CONFIG names.")
    ] = Strategy.SINGLE,
) -> None:
    """Train one run and keep its answers to its test side; a stopped run continues after its last whole epoch."""
    from training.learning import distributed, fitting, predictions

    fitting.use_threads(threads)
    with _run_errors(distributed.TeamError):
        team = distributed.Team.join() if strategy is Strategy.MULTIWORKER else None
        config = _single(recipe_files.read(config_file))
        dataset = load_data(data, config, variants=None if config.augmented_fraction else 0)
        run = runs / (config.name if team is None or team.index == 0 else f"{config.name}.worker-{team.index}")
        with _progress() as progress:
            done = len(fitting.read_history(run))
            task = progress.add_task(config.name, total=config.epochs, completed=done)

            def report(line: fitting.Epoch) -> None:
                progress.console.print(_epoch_line(line))

            best = fitting.fit(
                config, dataset, run, report, lambda epochs: progress.update(task, completed=epochs), team
            )
        console.print(f"best weights: {best}")
        if team and team.index:
            return  # the first worker keeps the answers
        predictions.predict(run, dataset)
        console.print(f"answers to its test side: {run / predictions.FILE}")


@app.command()
def crossval(
    config_file: Annotated[Path, typer.Option("--config", help="YAML file of the recipe.", exists=True)],
    start: Annotated[
        Path | None,
        typer.Option(help="YAML file of a longer run on half of the folds that each fold starts from.", exists=True),
    ] = None,
    only: Annotated[
        str, typer.Option(help="Comma-separated parts (half-0, fold-3, without-109, member-2); all by default.")
    ] = "",
    neighbours: Annotated[
        bool,
        typer.Option(
            "--neighbours",
            help="Then ask each fold's beats of the fold as well that validates on them; for beats-10fold.",
        ),
    ] = False,
    data: DataOption = None,
    runs: RunsOption = RUNS,
    threads: ThreadsOption = 0,
) -> None:
    """Train and score every fold, or every held-out person, of a recipe. What is finished is never done twice."""
    from training.evaluation import tables
    from training.learning import cross_validation as crossing
    from training.learning import fitting

    fitting.use_threads(threads)
    with _run_errors():
        recipe = recipe_files.read(config_file)
        if neighbours:
            crossing.require_neighbours(recipe)  # before hours of training, not after
        configs = crossing.runs_of(recipe, start=recipe_files.read(start) if start else None)
        parts = only.split(",") if only else []
        named = [re.fullmatch(r"member-([0-9])", part) for part in parts]
        members = [int(found[1]) for found in named if found] if configs == [recipe] and all(named) else []
        if members:
            crossing.require_members(recipe, members)  # before the data are loaded
        elif parts:
            configs = [config for config in configs if config.name.endswith(tuple(f".{part}" for part in parts))]
            if not configs:
                raise splits.SplitError(f"{recipe.name} has no part {only}.")
        dataset = load_data(data, recipe, variants=None if recipe.augmented_fraction else 0)
        with _progress() as progress:
            tasks = {
                config.name: progress.add_task(config.name, total=config.epochs * config.members, start=False)
                for config in configs
            }

            def report(config: recipe_files.RunConfig, line: fitting.Epoch | None, epochs: float) -> None:
                progress.start_task(tasks[config.name])
                progress.update(tasks[config.name], completed=epochs)
                if line is not None:
                    progress.console.print(f"{config.name} {_epoch_line(line)}")

            if members:
                crossing.run_members(recipe, members, dataset, runs, report)
                return
            found = crossing.run_all(configs, dataset, runs, report)
            if neighbours:
                folds = [config for config in configs if config.protocol != "beats-half"]
                tracked = progress.track(folds, description="neighbours")
                found = [crossing.with_neighbour(config, dataset, runs) for config in tracked]
        typer.echo(tables.score_rows(found).to_csv(index=False))


@app.command()
def balance(
    answers: Annotated[Path | None, typer.Argument(help="File that --keep made; instead of a recipe's runs.")] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="YAML file of the recipe.", exists=True, show_default=False)
    ] = None,
    data: DataOption = None,
    runs: RunsOption = RUNS,
    threads: ThreadsOption = 0,
    keep: Annotated[Path | None, typer.Option(help="File to keep the answers to the validation sides in.")] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file to write; otherwise it is only printed.")] = None,
) -> None:
    """What deciding towards equal sensitivity would cost in accuracy, on the validation sides of a recipe's runs."""
    from training.evaluation import tables
    from training.learning import predictions

    with _run_errors():
        if answers is not None and config_file is None:
            found = predictions.load(answers)
        elif config_file is not None and answers is None:
            found = _validated(recipe_files.read(config_file), data, runs, threads)
        else:
            raise typer.BadParameter("Name either a recipe with --config or a file of kept answers.")
        if keep is not None:
            keep.parent.mkdir(parents=True, exist_ok=True)
            found.save(keep)
            found = predictions.load(keep)  # in half precision, so that the file gives the same table again
        table = tables.balance_rows(found)
    _print_table(table, out)


def _validated(recipe: recipe_files.RunConfig, data: Sequence[Path] | None, runs: Path, threads: int) -> Predictions:
    """Answers of a recipe's runs to their validation sides."""
    from training.learning import cross_validation as crossing
    from training.learning import fitting, predictions

    fitting.use_threads(threads)
    if recipe.protocol in splits.BY_PERSON and recipe.validation != "everybody":
        raise splits.SplitError(f"{recipe.protocol} divides by person: its classes' shares are those of others.")
    configs = crossing.runs_of(recipe)
    dataset = load_data(data, recipe, variants=0)
    with _progress() as progress:
        tracked = progress.track(configs, description="runs")
        return predictions.joined([crossing.validate(config, dataset, runs) for config in tracked])


@app.command()
def average(
    found: Annotated[list[Path], typer.Argument(help="Folders of runs or files of kept predictions.")],
    name: Annotated[str, typer.Option(help="What to call the answers.")],
    out: Annotated[Path, typer.Option(help="Folder to keep them in.")],
) -> None:
    """The mean answer of all networks of several recipes to the same beats, from their kept answers."""
    from training.learning import predictions

    with _plain_errors(predictions.PredictionsError):
        kept = [predictions.load(file) for path in found for file in _kept_answers(path)]
        if len(kept) < 2 or not re.fullmatch(recipe_files.NAME, name):
            raise typer.BadParameter("Name two recipes or more, and the answers with small letters, digits, . and -.")
        out.mkdir(parents=True, exist_ok=True)
        predictions.across_recipes(kept, name).save(out / f"{name}.npz")
    console.print(f"wrote {out / f'{name}.npz'}")


def _print_table(table: pd.DataFrame, out: Path | None) -> None:
    typer.echo(table.to_csv(index=False))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(out, index=False)
        console.print(f"wrote {out}")


@app.command()
def tune(
    config_file: Annotated[Path, typer.Option("--config", help="YAML file of the recipe.", exists=True)],
    trials: Annotated[int, typer.Option(help="Trials of the whole search, finished ones included.", min=1)] = 30,
    data: DataOption = None,
    runs: RunsOption = RUNS,
    threads: ThreadsOption = 0,
    out: Annotated[Path | None, typer.Option(help="YAML file to write the best recipe into.")] = None,
) -> None:
    """Search for the settings of a recipe, scored on its validation side; a stopped search goes on where it was."""
    from training.learning import fitting, tuning

    fitting.use_threads(threads)
    with _run_errors(tuning.TuningError):
        recipe = _single(recipe_files.read(config_file))
        dataset = load_data(data, recipe)
        folder = runs / f"{recipe.name}.tune"
        with _progress() as progress:
            task = progress.add_task("trials", total=trials)

            def report(trial: tuning.Trial) -> None:
                progress.advance(task)
                end = "stopped at" if trial.pruned else "macro-F1"
                settings = ", ".join(f"{name} {value:.4g}" for name, value in trial.settings.items())
                progress.console.print(f"trial {trial.number}: {end} {trial.score:.4f} with {settings}")

            best = tuning.tune(recipe, dataset, folder, trials, report)
        console.print(f"best of {best.trials} trials: macro-F1 {best.score:.4f} on the validation side")
        if out is not None:
            recipe_files.write(best.config, out)
            console.print(f"wrote {out}")


def _kept_answers(path: Path) -> list[Path]:
    """The file itself, that of a run's folder, or all files of a folder that ``compare --keep`` made."""
    from training.learning.predictions import FILE

    if not path.is_dir():
        return [path]
    return [path / FILE] if (path / FILE).is_file() else sorted(path.glob("*.npz")) or [path / FILE]


@app.command()
def compare(
    found: Annotated[list[Path], typer.Argument(help="Folders of runs, or files or folders of kept predictions.")],
    out: Annotated[Path | None, typer.Option(help="CSV file to write; otherwise it is only printed.")] = None,
    keep: Annotated[Path | None, typer.Option(help="Folder to copy the runs' predictions into.")] = None,
    class_sets: Annotated[str, typer.Option(help="Smaller class sets to score as well, comma-separated.")] = "",
    balance: Annotated[
        float,
        typer.Option(
            help="Decide towards equal sensitivity: probabilities over class shares to this power.", min=0, max=1
        ),
    ] = 0,
    detect: Annotated[str, typer.Option(help="Instead: how well this class is told from all others, e.g. VF.")] = "",
    check: Annotated[Path | None, typer.Option(help="CSV file that must be reprinted; exit code 1 if not.")] = None,
) -> None:
    """One table of any runs that have been scored: from their kept answers, without training or recordings."""
    from training.evaluation import served_model, tables
    from training.learning import predictions

    with _plain_errors(predictions.PredictionsError):
        kept = [file for path in found for file in _kept_answers(path)]
        answers = [predictions.load(path) for path in kept]
        scored = [one.balanced(balance) for one in answers] if balance else answers
    if detect:
        table = tables.detection_rows(scored, detect)
    else:
        table = tables.score_rows(scored, [name for name in class_sets.split(",") if name])
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        for one in answers:
            one.save(keep / f"{one.config.name}.npz")
    _print_table(table, out)
    if check is not None:
        wrong = served_model.differences(table, check)
        console.print(f"{check}: " + ("; ".join(wrong[:10]) if wrong else "every figure reprinted"), soft_wrap=True)
        if wrong:
            raise typer.Exit(1)


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.", exists=True, file_okay=False)],
    name: Annotated[str, typer.Option(help="Name of the model in the repository.")] = "arrhythmia",
    version: Annotated[str, typer.Option(help="Version to write: a positive whole number.")] = "1",
    data: DataOption = None,
    models: ModelsOption = MODELS,
    scores_from: Annotated[
        list[Path] | None, typer.Option(help="metadata.json of another export whose scores are told beside its own.")
    ] = None,
    decide_as: Annotated[
        Path | None,
        typer.Option(help="metadata.json of the export by person whose scaling and thresholds it takes over."),
    ] = None,
) -> None:
    """Calibrate a run and write it into the model repository as ONNX, held against Keras on real pictures."""
    from training.export import exporting as exporting

    with _plain_errors(
        recipe_files.ConfigurationError, prepared_data.DatasetError, exporting.ExportError, splits.SplitError
    ):
        dataset = load_data(data, recipe_files.read(run / "config.yaml"))
        console.print("calibrating and converting")
        written = exporting.export(
            run, dataset, models, name=name, version=version, scores_from=list(scores_from or []), decide_as=decide_as
        )
        console.print(
            f"{written.model}: {written.bytes:,} bytes, temperature {written.temperature:.3f}, largest difference"
            f" between Keras and onnxruntime {written.parity:.1e} on {exporting.PARITY_PICTURES} pictures"
        )


@app.command()
def recalibrate(
    served: Annotated[Path, typer.Argument(help="Version of the served model.", exists=True, file_okay=False)],
    companion: Annotated[
        Path,
        typer.Argument(
            help="Its companion, trained without the people it is asked about.", exists=True, file_okay=False
        ),
    ],
    version: Annotated[str, typer.Option(help="Version to write of both: a positive whole number.")],
    data: DataOption = None,
    models: ModelsOption = MODELS,
) -> None:
    """Write both as another version that decides as the companion does about people whom neither knows."""
    from inference_server.models.onnx_model import ModelError
    from training.evaluation import served_model
    from training.export import recalibration
    from training.export.exporting import ExportError

    with _plain_errors(marked.RecordsError, prepared_data.DatasetError, ModelError, ExportError, splits.SplitError):
        dataset = load_data(data, served_model.Subject.load(served).config, variants=0)
        for path in recalibration.recalibrate(served, companion, dataset, models, version=version):
            console.print(f"wrote {path}")


@app.command()
def promote(
    candidate: Annotated[
        Path, typer.Argument(help="Exported version: <repository>/<name>/<version>.", exists=True, file_okay=False)
    ],
    served: Annotated[
        Path,
        typer.Argument(help="Version that is served now: models/<name>/<version>.", exists=True, file_okay=False),
    ],
    force: Annotated[bool, typer.Option("--force", help="Although a figure says no.")] = False,
) -> None:
    """Put an exported version beside the served one if it is not larger, slower or worse for new patients."""
    from inference_server.models.onnx_model import ModelError
    from training.export import promotion

    with _plain_errors(promotion.PromotionError, ModelError):
        target, found = promotion.promote(candidate, served, force=force)
    console.print(
        f"{target}: {found.bytes:,} bytes, {found.time_ratio:.2f} times the time of {served} on one thread,"
        f" {promotion.SCORE} {found.score} (before {found.served_score})",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def saliency(
    data: DataOption = None,
    models: ModelsOption = MODELS,
    version: VersionOption = "",
    beats: Annotated[int, typer.Option(help="Held-out beats to mask.", min=1)] = 4000,
    out: Annotated[Path | None, typer.Option(help="CSV file to write; otherwise it is only printed.")] = None,
) -> None:
    """Check the served model's evidence: masking the most salient tenth must cost more than masking a random tenth."""
    import pandas as pd

    from inference_server.models.onnx_model import ModelError
    from training.evaluation import saliency as deletion
    from training.evaluation import served_model

    with _plain_errors(marked.RecordsError, prepared_data.DatasetError, ModelError, splits.SplitError):
        subject = served_model.Subject.load(models / "arrhythmia" / (version or _newest(models)))
        dataset = load_data(data or _plain_folders(subject.config), subject.config, variants=0)
        table = pd.DataFrame(deletion.deletion_rows(subject, dataset, beats))
    _print_table(table, out)
    if table["difference_low"].iloc[0] <= 0:
        console.print("[red]The most salient tenth does not cost more than a random one.[/]")
        raise typer.Exit(1)


@app.command(name="data-card")
def data_card(
    prepared: Annotated[Path, typer.Option(help="Folder with the prepared data of each source.")] = PREPARED,
    card: Annotated[Path, typer.Option(help="The data card.")] = Path("docs/data.md"),
    write: Annotated[bool, typer.Option("--write", help="Store it; otherwise it is printed and compared.")] = False,
) -> None:
    """Tell who and what the prepared recordings hold. Exit code 1 when the stored card says something else."""
    from training.evaluation import data_card as telling

    with _plain_errors(prepared_data.DatasetError, splits.SplitError):
        tables = {
            name: prepared_data.read_table(prepared / name)
            for name in DATABASES
            if prepared_data.is_complete(prepared / name)
        }
        if not tables:
            raise prepared_data.DatasetError(
                f"{prepared} has no prepared source. Run `python -m training prepare` first."
            )
        text = telling.card(tables)
    if write:
        card.write_text(text)
        console.print(f"wrote {card}")
        return
    typer.echo(text)
    if not card.is_file() or card.read_text() != text:
        console.print(f"[red]{card} says something else.[/]")
        raise typer.Exit(1)


@app.command()
def report(
    runs: Annotated[list[Path], typer.Argument(help="Folders of the scored runs of one recipe.", exists=True)],
    out: Annotated[Path, typer.Option(help="HTML file to write.")] = Path("report.html"),
    data: DataOption = None,
) -> None:
    """One HTML page about a recipe: confusion, curves, reliability, learning, records and worst mistakes."""
    from training.evaluation import report as reporting
    from training.learning import predictions

    with _plain_errors(predictions.PredictionsError, reporting.ReportError):
        reporting.write(runs, data or [prepared_folder(source, "trace") for source in DATABASES], out)
    console.print(f"wrote {out}")


@app.command()
def evaluate(
    data: DataOption = None,
    models: ModelsOption = MODELS,
    version: VersionOption = "",
    results: Annotated[Path, typer.Option(help="Folder of the stored tables.")] = Path("results"),
    write: Annotated[bool, typer.Option("--write", help="Store the tables and the model card.")] = False,
) -> None:
    """Print every figure of the model card from the committed models and the recordings.

    Exit code 1 when a stored figure can't be reprinted. Without a prepared data set, plain pictures are drawn first.
    """

    from inference_server.models.onnx_model import ModelError
    from training.evaluation import served_model

    version = version or _newest(models)
    served, companion = models / "arrhythmia" / version, models / COMPANION / version
    with _plain_errors(marked.RecordsError, prepared_data.DatasetError, ModelError, splits.SplitError):
        config = served_model.Subject.load(served).config
        dataset = load_data(data or _plain_folders(config), config, variants=0)
        with _progress() as progress:
            task = progress.add_task("models scored", total=2)
            tables = dict(
                served_model.tables_of(
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
        found = served_model.differences(tables[kind], path) if path.is_file() else ["there is no stored table"]
        console.print(f"{path}: " + ("; ".join(found[:10]) if found else "every figure reprinted"), soft_wrap=True)
        wrong += found
    if not wrong:
        wrong += _told_card(models, results, version, write=write)
    if wrong:
        raise typer.Exit(1)


def _told_card(models: Path, results: Path, version: str, *, write: bool) -> list[str]:
    """Store the model card, or say that the stored one is not what the tables and the model's file say."""
    import pandas as pd

    from training.evaluation import model_card

    # From the stored tables, so that a close call on another processor does not change the card.
    read = {kind: pd.read_csv(results / f"arrhythmia-{version}.{kind}.csv") for kind in ("scores", "verdicts")}
    drawn = results / f"arrhythmia-{version}.robustness.csv"
    styles = pd.read_csv(drawn) if drawn.is_file() else None
    served = models / "arrhythmia" / version
    card = model_card.card(read["scores"], read["verdicts"], styles, served, f"{COMPANION}/{version}")
    path = models / "MODEL_CARD.md"
    if write:
        path.write_text(card)
        console.print(f"wrote {path}")
    elif not path.is_file() or path.read_text() != card:
        console.print(f"{path} is not what the tables say", soft_wrap=True)
        return ["the card"]
    return []


@app.command()
def describe(
    models: ModelsOption = MODELS,
    version: VersionOption = "",
    results: Annotated[Path, typer.Option(help="Folder of the stored tables.")] = Path("results"),
    write: Annotated[bool, typer.Option("--write", help="Write them into the files, and the model card.")] = False,
) -> None:
    """Hold what both files tell of each class in new people against the stored table and the kept answers.

    Exit code 1 when a file says something else. Needs no prepared data; PTBXL_DIR tells whose records PTB-XL's are.
    """
    import pandas as pd

    from inference_server.models.onnx_model import ModelError
    from training.evaluation import served_model
    from training.export import describing
    from training.learning import predictions

    version = version or _newest(models)
    served, companion = models / "arrhythmia" / version, models / COMPANION / version
    with _plain_errors(marked.RecordsError, ModelError, describing.DescribingError, predictions.PredictionsError):
        run = served_model.Subject.load(companion).config.name
        answers = predictions.load(results / "predictions" / "inter-patient" / f"{run}.npz")
        table = pd.read_csv(results / f"arrhythmia-{version}.scores.csv")
        told = describing.class_scores(table, answers, describing.people_behind(answers.records))
        wrong = []
        for folder in (served, companion):
            found = describing.differences(folder, told)
            if found and write:
                console.print(f"wrote {describing.describe(folder, told)}")
            else:
                console.print(f"{folder}: " + ("; ".join(found) if found else "tells every figure"), soft_wrap=True)
                wrong += found
    if wrong or _told_card(models, results, version, write=write):
        raise typer.Exit(1)


@app.command()
def robustness(
    data: DataOption = None,
    models: ModelsOption = MODELS,
    version: VersionOption = "",
    beats: Annotated[int, typer.Option(help="Held-out beats drawn in each style.", min=1)] = 2000,
    out: Annotated[Path | None, typer.Option(help="CSV file to write; otherwise it is only printed.")] = None,
) -> None:
    """Score the served model on held-out beats drawn in each named style: paper, screens, cameras, compression."""
    import pandas as pd

    from inference_server.models.onnx_model import ModelError
    from training.evaluation import robustness as styles_table
    from training.evaluation import served_model
    from training.pictures.styles import NAMED

    with _plain_errors(marked.RecordsError, prepared_data.DatasetError, ModelError, splits.SplitError):
        subject = served_model.Subject.load(models / "arrhythmia" / (version or _newest(models)))
        dataset = load_data(data or _plain_folders(subject.config), subject.config, variants=0)
        rows = []
        with _progress() as progress:
            task = progress.add_task("styles", total=len(NAMED))
            for row in styles_table.style_rows(subject, dataset, beats):
                rows.append(row)
                progress.advance(task)
    table = pd.DataFrame(rows)
    _print_table(table, out)


@app.command()
def pictures(
    records_folder: RecordsOption = None,
    data: DataOption = None,
    models: ModelsOption = MODELS,
    version: VersionOption = "",
    samples_out: Annotated[Path, typer.Option("--samples", help="Folder of sample pictures.")] = Path("samples"),
    examples_out: Annotated[Path, typer.Option("--examples", help="Folder of the info pages' pictures.")] = Path(
        "webportal/pages/static/pages/classes"
    ),
    references_out: Annotated[Path, typer.Option("--references", help="Folder of the result page's pictures.")] = Path(
        "webportal/pages/static/pages/references"
    ),
) -> None:
    """Draw the pictures that ship: samples that the served model never saw, references, an example of each class."""
    from inference_server.models.onnx_model import ModelError
    from training.evaluation import samples, served_model

    with _plain_errors(marked.RecordsError, prepared_data.DatasetError, ModelError, splits.SplitError):
        folder = _records_folder(records_folder)
        mitdb.record_names(folder)
        config = served_model.Subject.load(models / "arrhythmia" / (version or _newest(models))).config
        dataset = load_data(data, config, variants=0)
        for path in samples.write_samples(dataset, config, samples_out):
            console.print(str(path))
        for path in samples.write_references(dataset, config, references_out):
            console.print(str(path))
        for path in samples.write_examples(dataset, config, folder, examples_out):
            console.print(str(path))


@app.command()
def folders(
    out: Annotated[Path, typer.Argument(help="Folder to write <split>/<Class name>/<record>_<sample>.png into.")],
    data: DataOption = None,
    protocol: Annotated[str, typer.Option(help="Protocol that divides train from test.")] = "beats-10fold",
    class_set: Annotated[str, typer.Option(help="Class set: six, seven or eight.")] = "seven",
    seed: Annotated[int, typer.Option(help="Seed of the division.")] = 20_260,
) -> None:
    """Write a prepared data set as PNG files in class folders."""
    from ecg.classes import CLASS_SETS
    from training.datasets import folders as layout

    with _plain_errors(prepared_data.DatasetError, splits.SplitError):
        if class_set not in CLASS_SETS:
            raise splits.SplitError(f"There is no class set {class_set!r}; choose one of {', '.join(CLASS_SETS)}.")
        dataset = load_data(data, variants=0)
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
    from training.databases import download as fetching

    with _plain_errors(marked.RecordsError), _progress() as progress:
        task = progress.add_task("files", total=None)
        for _, done, total in fetching.download(out):
            progress.update(task, completed=done, total=total)
    console.print(f"Now set MITDB_DIR={out}")


app.command()(ec57)

if __name__ == "__main__":
    app()
