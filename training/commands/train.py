"""Commands that train: one run, all parts of a recipe, a search for its settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.commands.options import RUNS, DataOption, RecipeOption, RunsOption, ThreadsOption
from training.commands.prepared import load_data
from training.commands.terminal import console, print_table, progress_bar
from training.datasets.splits import SplitError
from training.recipes import recipe_files
from training.recipes.provenance import RunConfig

if TYPE_CHECKING:
    from training.learning import fitting

app = typer.Typer()
PANEL = "Training"


class Strategy(StrEnum):
    """How many machines one run is trained on."""

    SINGLE = "single"
    MULTIWORKER = "multiworker"


def _epoch_line(epoch: fitting.Epoch) -> str:
    return (
        f"epoch {epoch.epoch}: loss {epoch.loss:.4f}, validation loss {epoch.validation_loss:.4f},"
        f" accuracy {epoch.validation_accuracy:.4f}, macro-F1 {epoch.validation_macro_f1:.4f}"
    )


def _single(config: RunConfig) -> RunConfig:
    """``config``, if it is one network."""
    if config.members > 1 or config.snapshot_ensemble:
        raise SplitError(f"{config.name} is an ensemble of several networks; `crossval` is its command.")
    return config


@app.command(rich_help_panel=PANEL)
def train(
    config_file: RecipeOption,
    data: DataOption = None,
    runs: RunsOption = RUNS,
    threads: ThreadsOption = 0,
    strategy: Annotated[
        Strategy, typer.Option(help="Train alone, or in step with the other workers that TF_CONFIG names.")
    ] = Strategy.SINGLE,
) -> None:
    """Train one run and store its predictions of the test partition; a stopped run continues after its last epoch."""
    from training.learning import distributed, fitting, predictions

    fitting.use_threads(threads)
    team = distributed.Team.join() if strategy is Strategy.MULTIWORKER else None
    config = _single(recipe_files.read_recipe(config_file))
    dataset = load_data(data, config, variants=None if config.augmented_fraction else 0)
    run = runs / (config.name if team is None or team.index == 0 else f"{config.name}.worker-{team.index}")
    with progress_bar() as progress:
        done = fitting.finished_epochs(config, run)
        task = progress.add_task(config.name, total=config.epochs_of_all, completed=done)

        def report(epoch: fitting.Epoch) -> None:
            progress.console.print(_epoch_line(epoch))

        best = fitting.fit(config, dataset, run, report, lambda epochs: progress.update(task, completed=epochs), team)
    console.print(f"best weights: {best}")
    if team and team.index:
        return  # the first worker stores the predictions
    predictions.predict(run, dataset)
    console.print(f"predictions for the test set: {run / predictions.FILE}")


@app.command(rich_help_panel=PANEL)
def crossval(
    config_file: RecipeOption,
    start: Annotated[
        Path | None,
        typer.Option(help="YAML file of a longer run on half of the folds that each fold starts from.", exists=True),
    ] = None,
    only: Annotated[
        str, typer.Option(help="Comma-separated parts (half-0, fold-3, without-109, member-2); all by default.")
    ] = "",
    cross_fold: Annotated[
        bool,
        typer.Option(
            "--cross-fold-ensemble",
            "--neighbours",
            help="For beats-10fold: average each fold's predictions with those of the fold whose networks did not learn"
            " from its test beats either.",
        ),
    ] = False,
    data: DataOption = None,
    runs: RunsOption = RUNS,
    threads: ThreadsOption = 0,
) -> None:
    """Train and score every fold, or every held-out person, of a recipe. What is finished is never trained again."""
    from training.learning import cross_validation, fitting

    fitting.use_threads(threads)
    recipe = recipe_files.read_recipe(config_file)
    if cross_fold:
        cross_validation.require_cross_fold_ensemble(recipe)  # before hours of training, not after
    configs = cross_validation.runs_of(recipe, start=recipe_files.read_recipe(start) if start else None)
    configs, members = _chosen_parts(recipe, configs, only.split(",") if only else [])
    _cross_validate(recipe, configs, members, data, runs, cross_fold=cross_fold)


def _chosen_parts(
    recipe: RunConfig, configs: list[RunConfig], parts: Sequence[str]
) -> tuple[list[RunConfig], list[int]]:
    """The runs among ``configs`` that ``parts`` name, all without any; or numbers of members of the one run."""
    from training.learning import cross_validation

    matches = [re.fullmatch(r"member-([0-9])", part) for part in parts]
    members = [int(match[1]) for match in matches if match] if configs == [recipe] and all(matches) else []
    if members:
        cross_validation.require_members(recipe, members)  # before the data are loaded
    elif parts:
        configs = [config for config in configs if config.name.endswith(tuple(f".{part}" for part in parts))]
        if not configs:
            raise SplitError(f"{recipe.name} has no part {','.join(parts)}.")
    return configs, members


def _cross_validate(
    recipe: RunConfig,
    configs: list[RunConfig],
    members: list[int],
    data: Sequence[Path] | None,
    runs: Path,
    *,
    cross_fold: bool,
) -> None:
    """Train ``configs``, or only ``members`` of the one run, with a bar for each, and print their scores."""
    from training.evaluation import tables
    from training.learning import cross_validation

    dataset = load_data(data, recipe, variants=None if recipe.augmented_fraction else 0)
    with progress_bar() as progress:
        tasks = {
            config.name: progress.add_task(config.name, total=config.epochs_of_all * config.members, start=False)
            for config in configs
        }

        def report(config: RunConfig, epoch: fitting.Epoch | None, epochs: float) -> None:
            progress.start_task(tasks[config.name])
            progress.update(tasks[config.name], completed=epochs)
            if epoch is not None:
                progress.console.print(f"{config.name} {_epoch_line(epoch)}")

        if members:
            cross_validation.run_members(recipe, members, dataset, runs, report)
            return
        predictions = cross_validation.run_all(configs, dataset, runs, report)
        if cross_fold:
            folds = [config for config in configs if config.protocol != "beats-half"]
            tracked = progress.track(folds, description="cross-fold ensembles")
            predictions = [cross_validation.cross_fold_ensemble(config, dataset, runs) for config in tracked]
    typer.echo(tables.score_rows(predictions).to_csv(index=False))


@app.command(rich_help_panel=PANEL)
def tune(
    config_file: RecipeOption,
    trials: Annotated[int, typer.Option(help="Trials of the whole search, finished ones included.", min=1)] = 30,
    data: DataOption = None,
    runs: RunsOption = RUNS,
    threads: ThreadsOption = 0,
    out: Annotated[Path | None, typer.Option(help="YAML file to write the best recipe into.")] = None,
    table: Annotated[Path | None, typer.Option(help="CSV file to write all finished trials into.")] = None,
) -> None:
    """Search for the settings of a recipe by its validation partition; a stopped search goes on where it was."""
    from training.learning import fitting, tuning

    fitting.use_threads(threads)
    recipe = _single(recipe_files.read_recipe(config_file))
    dataset = load_data(data, recipe)
    folder = runs / f"{recipe.name}.tune"
    with progress_bar() as progress:
        task = progress.add_task("trials", total=trials)

        def report(trial: tuning.Trial) -> None:
            progress.advance(task)
            end = "stopped at" if trial.pruned else "macro-F1"
            settings = ", ".join(f"{name} {value:.4g}" for name, value in trial.settings.items())
            progress.console.print(f"trial {trial.number}: {end} {trial.score:.4f} with {settings}")

        best = tuning.tune(recipe, dataset, folder, trials, report)
    console.print(f"best of {best.trials} trials: macro-F1 {best.score:.4f} on the validation set")
    if out is not None:
        recipe_files.write(best.config.recipe, out)
        console.print(f"wrote {out}")
    if table is not None:
        print_table(tuning.table(folder), table)
