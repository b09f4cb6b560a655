"""``python -m benchmarks.archive throughput|kills|nodes``: beside multiprocessing, with workers or a node killed."""

from __future__ import annotations

import typer

from benchmarks.archive import kills, nodes, throughput

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.command("throughput")(throughput.command)
app.command("kills")(kills.command)
app.command("nodes")(nodes.command)

if __name__ == "__main__":
    app()
