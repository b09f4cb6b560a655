"""``python -m benchmarks.batching``: see :mod:`benchmarks.serving.batching`."""

import typer

from benchmarks.serving.batching import main

if __name__ == "__main__":
    typer.run(main)
