"""``python -m benchmarks.portal pages|uploads``: see :mod:`benchmarks.portal.timing`."""

from benchmarks.portal.timing import app

if __name__ == "__main__":
    app()
