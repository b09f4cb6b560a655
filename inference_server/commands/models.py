"""``python -m inference_server models``: what is in the repository, whether it can be served, which one answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from inference_server.commands.options import ModelsOption, settings_with

if TYPE_CHECKING:
    from inference_server.models.model_repository import ModelRepository
    from inference_server.models.onnx_model import OnnxModel

app = typer.Typer(help="List, verify and pin the versions in the model repository.", no_args_is_help=True)

_Version = Annotated[str, typer.Argument(metavar="VERSION")]


def _repository(folder: Path | None) -> ModelRepository[OnnxModel]:
    # Here, so that the other commands do not load onnxruntime.
    from inference_server.models.model_repository import ModelRepository
    from inference_server.models.onnx_model import OnnxModel

    settings = settings_with(folder)
    return ModelRepository(settings.models, name=settings.model_name, load=OnnxModel.from_files)


@app.command("list")
def list_versions(models: ModelsOption = None) -> None:
    """Show every version on disk: its classes, its training run, and which one answers callers who name none."""
    _show(_repository(models))


@app.command()
def verify(models: ModelsOption = None) -> None:
    """Load every version on disk as the server would. Exit code 1 when any of them, or the pin, is not usable."""
    if not _show(_repository(models)):
        raise typer.Exit(1)


@app.command()
def pin(version: _Version, models: ModelsOption = None) -> None:
    """Let VERSION answer callers who name none. Running servers follow within BEATLENS_RELOAD_SECONDS."""
    from inference_server.models.onnx_model import ModelError

    try:
        _repository(models).pin(version)
    except ModelError as error:
        typer.echo(f"Version {version} can't be served: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"Version {version} is pinned.")


@app.command()
def unpin(models: ModelsOption = None) -> None:
    """Let the newest usable version answer again."""
    _repository(models).unpin()
    typer.echo("No version is pinned; the newest usable one answers.")


def _show(repository: ModelRepository[OnnxModel]) -> bool:
    """Print the versions; whether all of them can be served."""
    from inference_server.models.onnx_model import ModelError

    usable = True
    try:
        pinned = repository.pinned
    except ModelError as error:
        typer.echo(str(error), err=True)
        pinned, usable = None, False
    table = Table("version", "state", "answers", "classes", "training run", "sha256", box=None, pad_edge=False)
    rows = []
    for version in repository.versions():
        try:
            info = repository.verify(version)
        except ModelError as error:
            usable = False
            rows.append((version, f"refused: {error}", "", "", "", ""))
        else:
            classes = " ".join(beat_class.short for beat_class in info.classes)
            rows.append((version, "usable", "", classes, info.training_run, info.digest[:12]))
    newest = max((row[0] for row in rows if row[1] == "usable"), key=int, default=None)
    for version, state, _, *rest in rows:
        answers = "pinned" if version == pinned else "newest" if pinned is None and version == newest else ""
        table.add_row(version, state, answers, *rest)
    if pinned is not None and pinned not in {row[0] for row in rows}:
        typer.echo(f"Version {pinned} is pinned but is not on disk.", err=True)
        usable = False
    if not rows:
        typer.echo(f"There is no version in {repository.folder}.", err=True)
        return False
    Console(width=None if sys.stdout.isatty() else 10_000).print(table)
    return usable
