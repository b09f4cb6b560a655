"""What all commands write to the terminal with: errors in one line, progress, tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from typer.core import TyperGroup

from inference_server.models.model_files import ModelError
from training import TrainingError

if TYPE_CHECKING:
    import pandas as pd

console = Console(stderr=True)


class PlainErrors(TyperGroup):
    """Commands whose expected errors are one line and exit code 1, not a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that ``ctx`` names; see :class:`typer.core.TyperGroup`."""
        try:
            return super().invoke(ctx)
        except (TrainingError, ModelError) as error:
            console.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
            raise typer.Exit(1) from error


def progress_bar() -> Progress:
    """A bar with counts and times, on standard error."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def print_table(table: pd.DataFrame, out: Path | None) -> None:
    """Print ``table`` as CSV, and write it to ``out`` as well where that is given."""
    typer.echo(table.to_csv(index=False))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(out, index=False)
        console.print(f"wrote {out}")


def print_differences(stored: Path, differences: list[str]) -> None:
    """Say in which figures a stored table differs from what was computed now, or that it does not."""
    outcome = "; ".join(differences[:10]) if differences else "every figure reprinted"
    console.print(f"{stored}: {outcome}", soft_wrap=True)
