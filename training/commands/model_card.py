"""The model card and its tables as commands print, store and compare them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from training.commands.terminal import console, print_differences

if TYPE_CHECKING:
    import pandas as pd

#: The same recipe trained without the test people, scored beside the served model.
COMPANION = "arrhythmia-inter-patient"


def print_and_compare(tables: Mapping[str, pd.DataFrame], results: Path, version: str, *, write: bool) -> list[str]:
    """Print each kind's table and say in what the stored one, ``arrhythmia-<version>.<kind>.csv``, differs.

    With ``write`` the tables are stored before.
    """
    from training.evaluation import served_model

    for kind, table in tables.items():
        typer.echo(f"# {kind}")
        typer.echo(table.to_csv(index=False))
    stored = {kind: results / f"arrhythmia-{version}.{kind}.csv" for kind in tables}
    if write:
        results.mkdir(parents=True, exist_ok=True)
        for kind, path in stored.items():
            tables[kind].to_csv(path, index=False)
            console.print(f"wrote {path}")
    differences = []
    for kind, path in stored.items():
        of_table = served_model.differences(tables[kind], path) if path.is_file() else ["there is no stored table"]
        print_differences(path, of_table)
        differences += of_table
    return differences


def card_differences(models: Path, results: Path, version: str, *, write: bool) -> list[str]:
    """Store the model card, or say that the stored one is not what the tables and the model's file say."""
    from training.evaluation import model_card

    # From the stored tables, so that a close call on another processor does not change the card.
    stored = model_card.StoredTables.read(results, f"arrhythmia-{version}")
    card = model_card.card(stored, models / "arrhythmia" / version, f"{COMPANION}/{version}")
    path = models / "MODEL_CARD.md"
    if write:
        path.write_text(card)
        console.print(f"wrote {path}")
    elif not path.is_file() or path.read_text() != card:
        console.print(f"{path} is not what the tables say", soft_wrap=True)
        return ["the card"]
    return []
