"""``python -m benchmarks.training_speed``: see :mod:`benchmarks.training.speed`."""

import typer

from benchmarks.training.speed import main

if __name__ == "__main__":
    typer.run(main)
