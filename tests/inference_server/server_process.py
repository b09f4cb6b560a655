"""The server as its users start it: a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.processes.programs import children


class ServerProcess:
    """A real ``python -m inference_server`` on a free port, with one front on machines of any size unless told."""

    def __init__(self, models: Path, **settings: object) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BEATLENS_")}
        environment |= {"BEATLENS_LISTEN": "127.0.0.1:0", "BEATLENS_MODELS": str(models), "BEATLENS_FRONTS": "1"}
        environment |= {f"BEATLENS_{name.upper()}": str(value) for name, value in settings.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "inference_server"], env=environment, stderr=subprocess.PIPE, text=True
        )
        self.logs: list[dict[str, Any]] = []
        self._incoming: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.started = self.wait_for("listening")
        self.address: str = self.started["address"]

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            try:
                entry = json.loads(line)
            except ValueError:
                entry = {"event": "not JSON", "line": line}
            self.logs.append(entry)
            self._incoming.put(entry)
        self._incoming.put(None)

    def wait_for(self, event: str, timeout: float = 60) -> dict[str, Any]:
        """The next log line of ``event``."""
        while (entry := self._incoming.get(timeout=timeout)) is not None:
            if entry["event"] == event:
                return entry
        raise AssertionError(f"the server ended without {event!r}: {self.logs}")

    def wait_for_workers(self, number: int, timeout: float = 60) -> None:
        """Wait until so many workers have come up since the start."""
        end = time.monotonic() + timeout
        while sum(entry["event"] == "worker ready" for entry in self.logs) < number:
            assert time.monotonic() < end, self.logs
            time.sleep(0.02)

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        return children(self.process.pid)

    def memory(self) -> int:
        """Largest resident memory so far, bytes; the sum of the server's and its workers'."""
        return sum(_largest_memory(pid) for pid in (self.process.pid, *self.workers()))

    def stop(self) -> int:
        """Ask it to stop and wait; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=60)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        self._reader.join(timeout=10)
        with contextlib.suppress(AttributeError):
            self.process.stderr.close()  # type: ignore[union-attr]
        return code


@contextlib.contextmanager
def running_server(models: Path, **settings: object) -> Iterator[ServerProcess]:
    """A server process for the duration of the block, with a model in service when the repository has one."""
    server = ServerProcess(models, **settings)
    try:
        yield server
    finally:
        server.stop()


def _largest_memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
