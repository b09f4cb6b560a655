"""The command that trains on a Ray cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training import TrainingError
from training.commands.options import RUNS, RunsOption
from training.commands.terminal import console

app = typer.Typer()


@app.command(rich_help_panel="Training")
def submit(
    recipe: Annotated[Path, typer.Argument(help="YAML file of the recipe.", exists=True, dir_okay=False)],
    address: Annotated[
        str,
        typer.Option(metavar="HOST:PORT", help="The cluster, from one of its machines; ray://HOST:PORT from anywhere."),
    ],
    data: Annotated[
        list[str],
        typer.Option("--data", help="Folder of a prepared data set, the same on each machine; may be repeated."),
    ],
    workers: Annotated[int, typer.Option(help="Machines that train together.", min=1)] = 1,
    cpus: Annotated[int, typer.Option(help="CPUs of each.", min=1)] = 1,
    runs: RunsOption = RUNS,
    export: Annotated[bool, typer.Option("--export/--no-export", help="Export the run as a model, there.")] = True,
    end: Annotated[bool, typer.Option("--end", help="End what is under way of this recipe, and remove it.")] = False,
) -> None:
    """Train a recipe on a Ray cluster and bring back the run, with scores.csv and the exported model in it.

    What is under way goes on without this command; given once more, it follows it further and brings it back.
    """
    try:
        from training.submission import submitting
    except ModuleNotFoundError as error:
        raise TrainingError(f"{error.name} is missing: install the extra submit.") from error

    if end:
        ended = submitting.give_up(recipe, address, runs)
        console.print("ended" if ended else "nothing of it is under way")
        return
    run = submitting.submit(
        recipe,
        address,
        runs,
        lambda line: console.print(line, markup=False, highlight=False, soft_wrap=True),
        workers=workers,
        cpus=cpus,
        data=data,
        export=export,
    )
    console.print(f"run, table and model: {run}")
