"""Commands about model files: export, import, decide anew, describe, promote."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.commands.import_keras import import_keras
from training.commands.model_card import COMPANION, card_differences
from training.commands.options import (
    MODELS,
    RESULTS,
    DataOption,
    ModelsOption,
    ResultsOption,
    TableOption,
    VersionOption,
    newest,
)
from training.commands.prepared import load_data
from training.commands.stored import stored_predictions
from training.commands.terminal import console, print_table, progress_bar
from training.recipes import recipe_files

app = typer.Typer()
PANEL = "Models"

NewVersionOption = Annotated[str, typer.Option("--version", help="Version to write: a positive whole number.")]
ServedArgument = Annotated[
    Path,
    typer.Argument(help="Version that is served now: models/<name>/<version>.", exists=True, file_okay=False),
]


@app.command(rich_help_panel=PANEL)
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.", exists=True, file_okay=False)],
    name: Annotated[str, typer.Option(help="Name of the model in the repository.")] = "arrhythmia",
    version: NewVersionOption = "1",
    data: DataOption = None,
    models: ModelsOption = MODELS,
    scores_from: Annotated[
        list[Path] | None,
        typer.Option(help="metadata.json of another export whose scores this file tells as well; may be repeated."),
    ] = None,
    decide_as: Annotated[
        Path | None,
        typer.Option(
            help="metadata.json of another export, trained without the test people, whose scaling and thresholds this"
            " one uses."
        ),
    ] = None,
    out_of_fold: Annotated[
        list[Path] | None,
        typer.Option(help="Predictions of the recipe's folds of people-5fold, which decide the thresholds; repeated."),
    ] = None,
    eight_bits: Annotated[bool, typer.Option("--int8", help="Quantize convolutions to eight bits: faster.")] = False,
) -> None:
    """Calibrate a run and write it into the model repository as ONNX, compared with Keras on real pictures."""
    from training.export import exporting

    dataset = load_data(data, recipe_files.read_run(run / "config.yaml"))
    console.print("calibrating and converting")
    written = exporting.export(
        run,
        dataset,
        models,
        name=name,
        version=version,
        scores_from=list(scores_from or []),
        decide_as=decide_as,
        out_of_fold=stored_predictions(out_of_fold or []),
        int8=eight_bits,
    )
    console.print(
        f"{written.model}: {written.bytes:,} bytes, temperature {written.temperature:.3f}, largest difference"
        f" between Keras and onnxruntime {written.parity:.1e} on {exporting.PARITY_PICTURES} pictures"
    )


@app.command(rich_help_panel=PANEL)
def recalibrate(
    served: ServedArgument,
    companion: Annotated[
        Path,
        typer.Argument(help="The same recipe trained without the test people.", exists=True, file_okay=False),
    ],
    version: NewVersionOption,
    data: DataOption = None,
    models: ModelsOption = MODELS,
) -> None:
    """Fit scaling and thresholds anew on the companion's validation people, and write new versions of both models.

    The companion has not learned from these people. The networks stay as they are.
    """
    from training.evaluation import served_model
    from training.export import recalibration

    dataset = load_data(data, served_model.Subject.load(served).config, variants=0)
    for path in recalibration.recalibrate(served, companion, dataset, models, version=version):
        console.print(f"wrote {path}")


@app.command(rich_help_panel=PANEL)
def int8(
    runs: Annotated[list[Path], typer.Argument(help="Folders of the folds of a recipe.", exists=True, file_okay=False)],
    data: DataOption = None,
    out: TableOption = None,
) -> None:
    """Print what quantizing a recipe's networks to eight bits costs in people whom they do not know, class by class.

    Each fold's predictions are stored beside it, so that the command goes on where it was stopped.
    """
    from training.export import int8_comparison
    from training.learning import predictions

    dataset = load_data(data, recipe_files.read_run(runs[0] / "config.yaml"))
    with progress_bar() as progress:
        after = [
            int8_comparison.quantized_predictions(run, dataset) for run in progress.track(runs, description="folds")
        ]
    print_table(int8_comparison.table([predictions.load(run / predictions.FILE) for run in runs], after), out)


@app.command(rich_help_panel=PANEL)
def promote(
    candidate: Annotated[
        Path, typer.Argument(help="Exported version: <repository>/<name>/<version>.", exists=True, file_okay=False)
    ],
    served: ServedArgument,
    force: Annotated[bool, typer.Option("--force", help="Promote it even if a figure is worse.")] = False,
) -> None:
    """Put an exported version beside the served one if it is not larger, slower or worse for new patients."""
    from training.export import promotion

    target, comparison = promotion.promote(candidate, served, force=force)
    console.print(
        f"{target}: {comparison.bytes:,} bytes, {comparison.time_ratio:.2f} times the time of {served} on one thread,"
        f" {promotion.SCORE} {comparison.score} (before {comparison.served_score})",
        highlight=False,
        soft_wrap=True,
    )


@app.command(rich_help_panel=PANEL)
def describe(
    models: ModelsOption = MODELS,
    version: VersionOption = "",
    results: ResultsOption = RESULTS,
    write: Annotated[bool, typer.Option("--write", help="Write them into the files, and the model card.")] = False,
) -> None:
    """Compare what both model files tell of each class, and of single leads, with the stored table and predictions.

    Exit code 1 when a file says something else. Needs no prepared data; PTBXL_DIR tells whose records PTB-XL's are.
    """
    from training.evaluation import served_model, tables
    from training.export import describing
    from training.learning import predictions
    from training.recipes.protocols import INTER_PATIENT, PEOPLE_5FOLD

    version = version or newest(models)
    served, companion = models / "arrhythmia" / version, models / COMPANION / version
    run = served_model.Subject.load(companion).config.name
    stored = predictions.load(results / "predictions" / INTER_PATIENT.name / f"{run}.npz")
    table = tables.read(results / f"arrhythmia-{version}.scores.csv")
    testing = describing.people_behind(stored.records)
    scores = describing.class_scores(table, stored, testing)
    of_leads = describing.lead_answers(
        served, stored_predictions([results / "predictions" / PEOPLE_5FOLD.name]), testing
    )
    wrong = []
    for folder in (served, companion):
        differences = describing.differences(folder, scores, of_leads)
        if differences and write:
            console.print(f"wrote {describing.describe(folder, scores, of_leads)}")
        else:
            outcome = "; ".join(differences) if differences else "tells every figure"
            console.print(f"{folder}: {outcome}", soft_wrap=True)
            wrong += differences
    if wrong or card_differences(models, results, version, write=write):
        raise typer.Exit(1)


app.command(name="import-keras", rich_help_panel=PANEL)(import_keras)
