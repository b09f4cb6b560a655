"""``python -m benchmarks.archive throughput|kills``: archives beside multiprocessing, and while workers are killed."""

from __future__ import annotations

import typer

from benchmarks.archive import kills, throughput

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.command("throughput")(throughput.command)
app.command("kills")(kills.command)

if __name__ == "__main__":
    app()
