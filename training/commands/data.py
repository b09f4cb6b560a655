"""Commands about data: fetch recordings, draw their beats, write them in other forms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.commands.options import (
    CPUS,
    MODELS,
    PREPARED,
    DataOption,
    ModelsOption,
    RecordsOption,
    VersionOption,
    served_folder,
)
from training.commands.prepared import draw, load_data, prepared_folder
from training.commands.terminal import console, progress_bar
from training.databases.marked import RecordsError, mitdb
from training.datasets import prepared_data, splits
from training.datasets.prepared_data import DatasetError
from training.datasets.sources import DATABASES, MORE_PEOPLE, SOURCES
from training.pictures.representations import REPRESENTATIONS, ROTATED

if TYPE_CHECKING:
    from inference_server.models.onnx_model import OnnxModel

app = typer.Typer()
PANEL = "Data"

PreparedRecordsOption = Annotated[
    Path | None,
    typer.Option("--records", help="Its folder; by default that of its setting, e.g. MITDB_DIR.", show_default=False),
]
LeadRotationOption = Annotated[
    bool,
    typer.Option(
        "--lead-rotation", "--turned", help="Augmented pictures show most beats as rotated electrodes would see them."
    ),
]
FromFoldersOption = Annotated[
    Path | None,
    typer.Option("--from-folders", help="Read pictures in <partition>/<Class name>/ here instead of recordings."),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="'FOLDER=CLASS'",
        help="The class of a folder whose name is not known, or - to leave it out; may be repeated.",
    ),
]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="With --from-folders: print what was read, left out and found as one JSON object."),
]


@app.command(rich_help_panel=PANEL)
def download(
    out: Annotated[Path, typer.Argument(help="Folder to fetch the recordings into.")] = Path("var/mitdb"),
) -> None:
    """Fetch the MIT-BIH Arrhythmia Database from PhysioNet (about 100 MB), every file checked against its SHA-256."""
    from training.databases import download as fetching

    with progress_bar() as progress:
        task = progress.add_task("files", total=None)
        for _, done, total in fetching.download(out):
            progress.update(task, completed=done, total=total)
    console.print(f"Now set MITDB_DIR={out}")


@app.command(rich_help_panel=PANEL)
def prepare(
    source: Annotated[str, typer.Option(help=f"Database: {', '.join(SOURCES)}.")] = "mitdb",
    records_folder: PreparedRecordsOption = None,
    representation: Annotated[str, typer.Option(help=f"What to draw: {', '.join(REPRESENTATIONS)}.")] = "trace",
    data: Annotated[
        Path | None, typer.Option(help=f"Folder to write; by default below {PREPARED}.", show_default=False)
    ] = None,
    variants: Annotated[int, typer.Option(help="Augmented pictures beside the plain one of each beat.", min=0)] = 2,
    lead_rotation: LeadRotationOption = False,
    beats: Annotated[
        int, typer.Option(help="Draw at most so many beats of each kind in a record, spread evenly; 0: all.", min=0)
    ] = 0,
    from_folders: FromFoldersOption = None,
    mapped: MapOption = None,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
    only: Annotated[str, typer.Option(help="Comma-separated record names; all by default.")] = "",
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = CPUS,
) -> None:
    """Cut the beats out of recordings and draw them. A stopped run continues where it was."""
    if data is None and (from_folders is not None or only):
        raise DatasetError(f"{PREPARED} is for all the records; name another folder with --data.")
    if from_folders is not None and data is not None:
        _prepare_from_folders(from_folders, data, mapped or [], models, as_json=as_json)
        return
    if mapped or as_json:
        raise DatasetError("--map and --json are for --from-folders.")
    if source not in SOURCES:
        raise RecordsError(f"There is no source {source!r}; choose one of {', '.join(SOURCES)}.")
    if representation not in REPRESENTATIONS:
        raise DatasetError(
            f"There is no representation {representation!r}; choose one of {', '.join(REPRESENTATIONS)}."
        )
    if lead_rotation and (not variants or representation not in ROTATED):
        raise DatasetError("--lead-rotation is for augmented pictures of single beats: traces and spectrograms.")
    database = SOURCES[source]
    config = prepared_data.PreparationConfig(
        representation=representation,
        augmented_variants=variants,
        lead_rotation=lead_rotation,
        beats_of_a_kind=beats,
    )
    out = data or prepared_folder(source, representation)
    draw(database, records_folder or database.folder(), out, config, only=only, workers=workers)


def _prepare_from_folders(source: Path, data: Path, mapped: Sequence[str], models: Path, *, as_json: bool) -> None:
    from training.datasets import folder_preparation

    model = _newest(models)
    with progress_bar() as progress:
        prepared = folder_preparation.prepare(source, data, mapped, model, progress)
    if model is None:
        console.print(f"{models} holds none, so no model was asked whether a folder looks like another.")
    folder_preparation.say(prepared, console)
    if as_json:
        folder_preparation.print_json(prepared)


def _newest(models: Path) -> OnnxModel | None:
    """The newest version of the model for pictures; None where there is none."""
    from inference_server.models.onnx_model import OnnxModel

    versions = sorted((models / "arrhythmia").glob("[1-9]*"), key=lambda folder: int(folder.name))
    return OnnxModel.load(versions[-1]) if versions else None


@app.command(rich_help_panel=PANEL)
def folders(
    out: Annotated[Path, typer.Argument(help="Folder to write <partition>/<Class name>/<record>_<sample>.png into.")],
    data: DataOption = None,
    protocol: Annotated[str, typer.Option(help="Protocol that divides train from test.")] = "beats-10fold",
    class_set: Annotated[str, typer.Option(help="Class set: six, seven or eight.")] = "seven",
    seed: Annotated[int, typer.Option(help="Seed of the division.")] = 20_260,
) -> None:
    """Write a prepared data set as PNG files in class folders."""
    from ecg.classes import CLASS_SETS
    from training.datasets import folders as layout

    if class_set not in CLASS_SETS:
        raise splits.SplitError(f"There is no class set {class_set!r}; choose one of {', '.join(CLASS_SETS)}.")
    dataset = load_data(data, variants=0)
    classes = CLASS_SETS[class_set]
    partitions = splits.split(dataset.table, dataset.labels(classes), protocol, seed=seed)
    with progress_bar() as progress:
        task = progress.add_task("pictures", total=None)
        for done, total in layout.write_folders(dataset, partitions, classes, out):
            progress.update(task, completed=done, total=total)


@app.command(name="data-card", rich_help_panel=PANEL)
def data_card(
    prepared: Annotated[Path, typer.Option(help="Folder with the prepared data of each source.")] = PREPARED,
    card: Annotated[Path, typer.Option(help="The data card.")] = Path("docs/data.md"),
    write: Annotated[bool, typer.Option("--write", help="Store it; otherwise it is printed and compared.")] = False,
) -> None:
    """Print who and what the prepared recordings hold. Exit code 1 when the stored card says something else."""
    from training.evaluation import data_card as telling

    tables = {
        name: prepared_data.read_table(prepared / name)
        for name in DATABASES | MORE_PEOPLE
        if prepared_data.is_complete(prepared / name)
    }
    if not tables:
        raise DatasetError(f"{prepared} has no prepared source. Run `python -m training prepare` first.")
    text = telling.card(tables)
    if write:
        card.write_text(text)
        console.print(f"wrote {card}")
        return
    typer.echo(text)
    if not card.is_file() or card.read_text() != text:
        console.print(f"[red]{card} says something else.[/]")
        raise typer.Exit(1)


@app.command(rich_help_panel=PANEL)
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
    """Draw the pictures that come with Beatlens: samples the served model never saw, references, class examples."""
    from training.evaluation import samples, served_model

    if records_folder is None:
        raise RecordsError(
            "Where are the recordings? Set MITDB_DIR or give --records; `python -m training download` fetches them."
        )
    mitdb.record_names(records_folder)
    config = served_model.Subject.load(served_folder(models, version)).config
    dataset = load_data(data, config, variants=0)
    for path in samples.write_samples(dataset, config, samples_out):
        console.print(str(path))
    for path in samples.write_references(dataset, config, references_out):
        console.print(str(path))
    for path in samples.write_examples(dataset, config, records_folder, examples_out):
        console.print(str(path))
