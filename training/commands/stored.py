"""Stored predictions and tables, as commands name and read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.commands.terminal import print_differences

if TYPE_CHECKING:
    import pandas as pd

    from training.learning.predictions import Predictions

CheckOption = Annotated[
    Path | None,
    typer.Option(help="CSV file that must be reprinted; exit code 1 if not.", show_default=False),
]
StoredArgument = Annotated[
    list[Path], typer.Argument(help="Folders of runs, or files or folders of stored predictions.", show_default=False)
]


def stored_predictions(paths: Sequence[Path]) -> list[Predictions]:
    """What lies at each path: a file, a run's folder, or all files of a folder that ``compare --store`` made."""
    from training.learning import predictions

    files: list[Path] = []
    for path in paths:
        of_run = path / predictions.FILE
        if not path.is_dir():
            files.append(path)
        else:
            files += [of_run] if of_run.is_file() else sorted(path.glob("*.npz")) or [of_run]
    return [predictions.load(file) for file in files]


def require_reprinted(table: pd.DataFrame, check: Path | None) -> None:
    """End with exit code 1 where ``table`` is not the one that is stored in ``check``."""
    if check is None:
        return
    from training.evaluation import served_model

    differences = served_model.differences(table, check)
    print_differences(check, differences)
    if differences:
        raise typer.Exit(1)
