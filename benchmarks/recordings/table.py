"""Tables of plain text."""

from __future__ import annotations

from collections.abc import Sequence

import typer


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: the first column to the left, the others to the right; without columns the title alone."""
    texts = [list(columns), *([_text(value) for value in row] for row in rows)] if columns else []
    widths = [max(len(row[column]) for row in texts) for column in range(len(columns))]
    typer.echo(f"\n{title}")
    for row in texts:
        first, *others = (
            text.ljust(width) if place == 0 else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        typer.echo("  ".join([first, *others]).rstrip())


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
