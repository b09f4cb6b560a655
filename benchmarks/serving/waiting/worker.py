"""A worker that answers every picture as it did the first one, after waiting as long as the environment says."""

from __future__ import annotations

import os
import sys
import time
from typing import Final

from inference_server.workers import process
from inference_server.workers.wire import Kind, Task

#: Names the time in the environment, seconds.
WAIT: Final = "BENCHMARK_WAIT_SECONDS"


class WaitingWorker(process.Worker):
    """Works on the first picture, and waits for all others."""

    _answer_to_all: bytes | None = None

    def _work(self, task: Task, queued: float) -> bytes:
        if task.kind != Kind.CLASSIFY:
            return super()._work(task, queued)
        if self._answer_to_all is None:
            self._answer_to_all = super()._work(task, queued)
        else:
            time.sleep(float(os.environ[WAIT]))
        return self._answer_to_all


if __name__ == "__main__":
    process.Worker = WaitingWorker  # type: ignore[misc]
    process.main(*sys.argv[1:])
