"""``python -m benchmarks.digitization [cost|attack]``: without a word, what pages cost."""

from __future__ import annotations

import typer

from benchmarks.digitization import attack, cost

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.command("cost")(cost.command)
app.command("attack")(attack.command)


@app.callback(invoke_without_command=True)
def everything(context: typer.Context) -> None:
    """Print what pages cost, unless one of the commands is named."""
    if context.invoked_subcommand is None:
        cost.command()


if __name__ == "__main__":
    app()
