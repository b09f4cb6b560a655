"""Command line: ``python -m training COMMAND``; every command has ``--help``."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# TensorFlow leaves oneDNN off on processors without AVX-512; it is faster with it there too.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import typer

from training.commands import data, evaluate, model, pages, publish, recordings, submit, train
from training.commands.terminal import PlainErrors

app = typer.Typer(cls=PlainErrors, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
for group in (data, train, submit, evaluate, model, pages):
    app.add_typer(group.app)
app.add_typer(publish.app, name="publish", rich_help_panel="Models")
app.add_typer(recordings.app, name="recordings", rich_help_panel="Recordings")

if __name__ == "__main__":
    app()
