"""``python -m benchmarks.serving.waiting.server``: as ``python -m inference_server``, but the workers wait."""

from __future__ import annotations

from benchmarks.serving.waiting import front
from inference_server.commands.application import run
from inference_server.fronts import child


def main() -> None:
    """Serve."""
    child._PROGRAM = front.__name__  # type: ignore[misc]
    front.let_workers_wait()
    run()


if __name__ == "__main__":
    main()
