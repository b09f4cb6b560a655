"""One front of several whose workers wait."""

from __future__ import annotations

import sys

from inference_server.fronts import process
from inference_server.workers import child


def let_workers_wait() -> None:
    """Have this process start workers that wait."""
    child._PROGRAM = "benchmarks.serving.waiting.worker"  # type: ignore[misc]


if __name__ == "__main__":
    let_workers_wait()
    process.main(*sys.argv[1:])
