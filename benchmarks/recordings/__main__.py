"""``python -m benchmarks.recordings [peaks|quality|rhythm|atrial-records|families|model|speed|wire]``: without a word,
all of them; ``wire`` where there is a model for recordings.

Databases are those whose settings name a folder (``MITDB_DIR``, ``QTDB_DIR``, ``LUDB_DIR``, ``CHALLENGE2017_DIR``,
``AFTDB_DIR``, ``VFDB_DIR``, ``PTBXL_DIR``, ``CPSC2018_DIR``); the others are left out with a line.
"""

from __future__ import annotations

import os
import subprocess
import sys

import typer

from benchmarks.processes.project import MODELS
from benchmarks.recordings import atrial_records, families, model, peaks, quality, rhythm, speed, wire
from inference_server.runtime.children import calculating

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.command("peaks")(peaks.command)
app.command("quality")(quality.command)
app.command("rhythm")(rhythm.command)
app.command("atrial-records")(atrial_records.command)
app.command("families")(families.command)
app.command("model")(model.command)
app.command("speed")(speed.command)
app.command("wire")(wire.command)


@app.callback(invoke_without_command=True)
def everything(context: typer.Context) -> None:
    """Print everything, unless one of the commands is named."""
    if context.invoked_subcommand is None:
        peaks.command()
        quality.command()
        rhythm.command()
        atrial_records.command()
        families.command()
        model.command()
        speed.command(hours=24.0, days=0.0, others=True)
        if (MODELS / "arrhythmia-recording").is_dir():
            wire.command(hours=24.0, days=14.0)


if __name__ == "__main__":
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        # Read when it is loaded: one process is measured on one thread, as workers have it, and says the same bits.
        sys.exit(subprocess.call([sys.executable, "-m", "benchmarks.recordings", *sys.argv[1:]], env=calculating()))
    app()
