"""``python -m benchmarks.portal_endurance``: see :mod:`benchmarks.portal.endurance`."""

import typer

from benchmarks.portal.endurance import main

if __name__ == "__main__":
    typer.run(main)
