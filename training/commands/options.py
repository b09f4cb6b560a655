"""Options that several commands share, and the folders that they name by default."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

PREPARED = Path("var/prepared")
RUNS = Path("runs")
MODELS = Path("models")
RESULTS = Path("results")
CPUS = os.cpu_count() or 1

RecordsOption = Annotated[
    Path | None,
    typer.Option(
        "--records", envvar="MITDB_DIR", help="Folder of the MIT-BIH Arrhythmia Database.", show_default=False
    ),
]
DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--data", help="Folder of a prepared data set; may be repeated. By default those that the recipe names."
    ),
]
RecipeOption = Annotated[
    Path, typer.Option("--config", help="YAML file of the recipe.", exists=True, dir_okay=False, show_default=False)
]
RunsOption = Annotated[Path, typer.Option("--runs", help="Folder of all runs.")]
ThreadsOption = Annotated[
    int, typer.Option("--threads", help="Threads of one operation; 0 lets TensorFlow choose.", min=0)
]
ModelsOption = Annotated[Path, typer.Option("--models", help="The model repository.")]
VersionOption = Annotated[
    str, typer.Option("--version", help="Version of the served model; the newest by default.", show_default=False)
]
ResultsOption = Annotated[Path, typer.Option("--results", help="Folder of the stored tables.")]
TableOption = Annotated[Path | None, typer.Option("--out", help="CSV file to write; otherwise it is only printed.")]


def newest(models: Path) -> str:
    """The newest version of the served model in the repository ``models``."""
    versions = [int(folder.name) for folder in (models / "arrhythmia").glob("[1-9]*") if folder.name.isdigit()]
    return str(max(versions, default=1))


def served_folder(models: Path, version: str) -> Path:
    """The folder of a version of the served model; of the newest one where ``version`` is empty."""
    return models / "arrhythmia" / (version or newest(models))
