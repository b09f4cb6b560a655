"""``python -m benchmarks.portal pages|uploads``: see :mod:`benchmarks.portal.timing`; ``processes``: see
:mod:`benchmarks.portal.many_processes`.
"""

from benchmarks.portal import many_processes
from benchmarks.portal.timing import app

app.command("processes")(many_processes.main)

if __name__ == "__main__":
    app()
