"""``python -m benchmarks.serving``: see :mod:`benchmarks.serving.comparison`."""

from benchmarks.serving.comparison import app

if __name__ == "__main__":
    app()
