"""Commands that score: stored predictions of any runs, and the served model on the recordings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.commands.ec57 import ec57
from training.commands.model_card import COMPANION, card_differences, print_and_compare
from training.commands.options import (
    MODELS,
    RESULTS,
    RUNS,
    DataOption,
    ModelsOption,
    RecordsOption,
    ResultsOption,
    RunsOption,
    TableOption,
    ThreadsOption,
    VersionOption,
    newest,
    served_folder,
)
from training.commands.people import people
from training.commands.prepared import load_data, load_plain, prepared_folder
from training.commands.stored import CheckOption, StoredArgument, require_reprinted, stored_predictions
from training.commands.terminal import console, print_table, progress_bar
from training.datasets import splits
from training.datasets.sources import DATABASES
from training.recipes import recipe_files
from training.recipes.provenance import RunConfig
from training.recipes.recipe import NAME

if TYPE_CHECKING:
    from training.learning.predictions import Predictions

app = typer.Typer()
PANEL = "Evaluation"


@app.command(rich_help_panel=PANEL)
def compare(
    stored: StoredArgument,
    out: TableOption = None,
    store: Annotated[
        Path | None, typer.Option("--store", "--keep", help="Folder to copy the predictions into.")
    ] = None,
    class_sets: Annotated[str, typer.Option(help="Smaller class sets to score as well, comma-separated.")] = "",
    prior_correction: Annotated[
        float,
        typer.Option(
            "--prior-correction",
            "--balance",
            help="Divide probabilities by the classes' shares of the training set to this power: towards equal"
            " sensitivity.",
            min=0,
            max=1,
        ),
    ] = 0,
    detect: Annotated[str, typer.Option(help="Instead: how well this class is told from all others, e.g. VF.")] = "",
    check: CheckOption = None,
) -> None:
    """Print one table of any scored runs, from their stored predictions: without training, without recordings."""
    from training.evaluation import tables

    predictions = stored_predictions(stored)
    scored = [of_run.prior_corrected(prior_correction) for of_run in predictions] if prior_correction else predictions
    if detect:
        table = tables.detection_rows(scored, detect)
    else:
        table = tables.score_rows(scored, [name for name in class_sets.split(",") if name])
    if store is not None:
        store.mkdir(parents=True, exist_ok=True)
        for of_run in predictions:
            of_run.save(store / f"{of_run.config.name}.npz")
    print_table(table, out)
    require_reprinted(table, check)


@app.command(rich_help_panel=PANEL)
def average(
    stored: StoredArgument,
    name: Annotated[str, typer.Option(help="What to call the averaged predictions.")],
    out: Annotated[Path, typer.Option(help="Folder to store them in.")],
) -> None:
    """Average the stored predictions of several recipes for the same beats; every network counts alike."""
    from training.learning import predictions

    of_recipes = stored_predictions(stored)
    if len(of_recipes) < 2 or not re.fullmatch(NAME, name):
        raise typer.BadParameter("Name two recipes or more, and the result with small letters, digits, . and -.")
    out.mkdir(parents=True, exist_ok=True)
    predictions.across_recipes(of_recipes, name).save(out / f"{name}.npz")
    console.print(f"wrote {out / f'{name}.npz'}")


@app.command("balance", hidden=True)
@app.command("prior-correction", rich_help_panel=PANEL)
def prior_correction_table(
    stored: Annotated[
        Path | None, typer.Argument(help="File that --store made; instead of a recipe's runs.", show_default=False)
    ] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="YAML file of the recipe.", exists=True, show_default=False)
    ] = None,
    data: DataOption = None,
    runs: RunsOption = RUNS,
    threads: ThreadsOption = 0,
    store: Annotated[
        Path | None,
        typer.Option("--store", "--keep", help="File to store the predictions for the validation partitions in."),
    ] = None,
    out: TableOption = None,
) -> None:
    """Print what each power of the prior correction costs in accuracy on a recipe's validation partitions."""
    from training.evaluation import tables
    from training.learning import predictions

    if stored is not None and config_file is None:
        validated = predictions.load(stored)
    elif config_file is not None and stored is None:
        validated = _validated(recipe_files.read_recipe(config_file), data, runs, threads)
    else:
        raise typer.BadParameter("Name either a recipe with --config or a file of stored predictions.")
    if store is not None:
        store.parent.mkdir(parents=True, exist_ok=True)
        validated.save(store)
        validated = predictions.load(store)  # in half precision, so that the file gives the same table again
    print_table(tables.prior_correction_rows(validated), out)


def _validated(recipe: RunConfig, data: Sequence[Path] | None, runs: Path, threads: int) -> Predictions:
    """Predictions of a recipe's runs for their validation sets."""
    from training.learning import cross_validation, fitting, predictions

    fitting.use_threads(threads)
    if recipe.divided_by.by_person and not recipe.out_of_fold:
        raise splits.SplitError(f"{recipe.protocol} divides by person: its classes' shares are those of others.")
    configs = cross_validation.runs_of(recipe)
    dataset = load_data(data, recipe, variants=0)
    with progress_bar() as progress:
        tracked = progress.track(configs, description="runs")
        return predictions.joined([cross_validation.validate(config, dataset, runs) for config in tracked])


@app.command(rich_help_panel=PANEL)
def report(
    runs: Annotated[list[Path], typer.Argument(help="Folders of the scored runs of one recipe.", exists=True)],
    out: Annotated[Path, typer.Option(help="HTML file to write.")] = Path("report.html"),
    data: DataOption = None,
) -> None:
    """Write one HTML page about a recipe: confusion, curves, reliability, learning, records and worst mistakes."""
    from training.evaluation import report as reporting

    reporting.write(runs, data or [prepared_folder(source, "trace") for source in DATABASES], out)
    console.print(f"wrote {out}")


@app.command(rich_help_panel=PANEL)
def evaluate(
    data: DataOption = None,
    models: ModelsOption = MODELS,
    version: VersionOption = "",
    results: ResultsOption = RESULTS,
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Store the tables, the model card and the companion's predictions for people it has not seen.",
        ),
    ] = False,
) -> None:
    """Print the scores and verdicts of the model card, from the committed models and the recordings.

    Its table of styles is that of `robustness`. Exit code 1 when a stored figure can't be reprinted. Without a prepared
    data set, plain pictures are drawn first.
    """
    from training.evaluation import served_model

    version = version or newest(models)
    served, companion = models / "arrhythmia" / version, models / COMPANION / version
    config = served_model.Subject.load(served).config
    dataset = load_plain(data, config)
    with progress_bar() as progress:
        task = progress.add_task("models scored", total=2)
        tables = dict(
            served_model.tables_of(
                [served, companion], dataset, lambda fraction: progress.update(task, completed=2 * fraction)
            )
        )
    if write:
        as_served = served_model.stored_predictions(served_model.Subject.load(companion), dataset)
        folder = results / "predictions" / as_served.config.protocol
        folder.mkdir(parents=True, exist_ok=True)
        as_served.save(folder / f"{as_served.config.name}.npz")
    differences = print_and_compare(tables, results, version, write=write)
    if not differences:
        differences = card_differences(models, results, version, write=write)
    if differences:
        raise typer.Exit(1)


@app.command(rich_help_panel=PANEL)
def robustness(
    data: DataOption = None,
    models: ModelsOption = MODELS,
    version: VersionOption = "",
    beats: Annotated[int, typer.Option(help="Test beats drawn in each style.", min=1)] = 2000,
    out: TableOption = None,
    check: CheckOption = None,
) -> None:
    """Score the served model on test beats drawn in each named style: paper, screens, cameras, compression."""
    import pandas as pd

    from training.evaluation import robustness as by_style
    from training.evaluation import served_model
    from training.pictures.styles import NAMED

    subject = served_model.Subject.load(served_folder(models, version))
    dataset = load_plain(data, subject.config)
    rows = []
    with progress_bar() as progress:
        task = progress.add_task("styles", total=len(NAMED))
        for row in by_style.style_rows(subject, dataset, beats):
            rows.append(row)
            progress.advance(task)
    table = pd.DataFrame(rows)
    print_table(table, out)
    require_reprinted(table, check)


@app.command(rich_help_panel=PANEL)
def saliency(
    data: DataOption = None,
    models: ModelsOption = MODELS,
    version: VersionOption = "",
    beats: Annotated[int, typer.Option(help="Test beats to mask.", min=1)] = 4000,
    out: TableOption = None,
    check: CheckOption = None,
) -> None:
    """Check the served model's heat maps: masking the most salient tenth must cost more than masking a random tenth."""
    import pandas as pd

    from training.evaluation import saliency as deletion
    from training.evaluation import served_model

    subject = served_model.Subject.load(served_folder(models, version))
    dataset = load_plain(data, subject.config)
    table = pd.DataFrame(deletion.deletion_rows(subject, dataset, beats))
    print_table(table, out)
    if table["difference_low"].iloc[0] <= 0:
        console.print("[red]The most salient tenth does not cost more than a random one.[/]")
        raise typer.Exit(1)
    require_reprinted(table, check)


@app.command(rich_help_panel=PANEL)
def geometry(
    records: RecordsOption = None,
    models: ModelsOption = MODELS,
    version: VersionOption = "",
    beats: Annotated[int, typer.Option(help="Beats of MIT-BIH drawn in each layout.", min=7)] = 420,
    pictures: Annotated[int, typer.Option(help="Pictures of each kind that is no beat.", min=1)] = 60,
    out: Annotated[Path | None, typer.Option(help="Folder to write both tables to.", file_okay=False)] = None,
) -> None:
    """Measure what is read by the ink: beats in every layout against what was drawn, and pictures that are no beat.

    The served model answers for the canonical pixels and for the redrawn ones; it may know these people.
    """
    import pandas as pd

    from training.datasets.sources import MITDB
    from training.evaluation import geometry as layouts
    from training.evaluation import served_model
    from training.pictures.layout_kinds import KINDS
    from training.pictures.nonbeats.groups import FITTING, TESTING

    folder = records or MITDB.folder()
    subject = served_model.Subject.load(served_folder(models, version))
    stretches = layouts.stretches_of(folder, subject.config.class_set, beats)
    kinds = len(FITTING) + len(TESTING)
    with progress_bar() as progress:
        rows = progress.track(layouts.layout_rows(subject, stretches), total=len(KINDS), description="layouts")
        drawn = pd.DataFrame(rows)
        others = layouts.nonbeat_rows(subject, layouts.leads_of(folder), pictures)
        nonbeats = pd.DataFrame(progress.track(others, total=kinds, description="no beats"))
    name = f"{subject.model.info.name}-{subject.model.info.version}"
    print_table(drawn, out and out / f"{name}.geometry.csv")
    print_table(nonbeats, out and out / f"{name}.nonbeats.csv")


app.command(rich_help_panel=PANEL)(ec57)
app.command(rich_help_panel=PANEL)(people)
