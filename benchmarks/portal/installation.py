"""The processes of a whole installation, each of which can be killed and started again."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from benchmarks.processes.free_ports import free_port
from benchmarks.processes.project import ROOT

#: How long a process may take to start or to stop, seconds.
PATIENCE: Final = 90.0


class Process:
    """A program started with this Python, its output in a file."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._command, self._environment, self._log = [sys.executable, *command], dict(environment), log
        self.start()

    def start(self) -> None:
        """Start it, or start it again."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """End it at once with all its children, as a crash or ``kill -9`` would."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def restart(self, *, away: float = 0.0) -> None:
        """End it at once, and start it again so many seconds later."""
        self.kill()
        time.sleep(away)
        self.start()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def stop(self) -> None:
        """Ask it to stop and wait."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()


class Installation:
    """Inference server, portal and workers on one machine, with the embedded settings; stopped with the block.

    ``folder`` holds pictures, recordings, logs and, unless ``database`` is the address of another, the database.
    """

    def __init__(
        self,
        folder: Path,
        *,
        database: str | None,
        web_processes: int,
        task_workers: int,
        recording_workers: int = 0,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.inference_address = f"127.0.0.1:{free_port()}"
        self.port = free_port()
        self.internal_port = free_port()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("BEATLENS_")} | {
            "DJANGO_SETTINGS_MODULE": "webportal.settings.development",
            "BEATLENS_VAR_DIR": str(folder),
            "BEATLENS_INFERENCE_ADDRESS": self.inference_address,
            "BEATLENS_LISTEN": self.inference_address,
            "BEATLENS_INTERNAL_LISTEN": f"127.0.0.1:{self.internal_port}",
        }
        if database is not None:
            self.environment["BEATLENS_DATABASE_URL"] = database
        self.environment |= settings or {}
        folder.mkdir(parents=True, exist_ok=True)
        manage = [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity=0"]
        subprocess.run(manage, cwd=ROOT, env=self.environment, check=True)
        self._folder = folder
        self.inference = self._process("inference_server", "-m", "inference_server")
        self.workers = [
            self._process(f"worker-{number}", "manage.py", "analysis_worker") for number in range(task_workers)
        ]
        self.recording_workers = [
            self._process(f"recording-worker-{number}", "manage.py", "recording_worker")
            for number in range(recording_workers)
        ]
        self.web = self._process(
            "portal", "-m", "gunicorn", "webportal.wsgi:application",
            "--config=python:webportal.gunicorn_conf", f"--bind=127.0.0.1:{self.port}",
            f"--workers={web_processes}", "--threads=8", "--no-control-socket", "--log-level=warning",
        )  # fmt: skip

    def _process(self, name: str, *command: str) -> Process:
        return Process(command, self.environment, self._folder / f"{name}.log")

    def wait_until_ready(self) -> None:
        """Return when portal, database and inference server answer.

        Raises:
            RuntimeError: they didn't in time.
        """
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.internal_port, timeout=5)
                connection.request("GET", "/readyz")
                report = json.load(connection.getresponse())
                connection.close()
                if report["ready"] and report["inference_server"] == "ok":
                    return
            except (OSError, ValueError, http.client.HTTPException):
                pass
            time.sleep(0.2)
        raise RuntimeError(f"The installation didn't become ready; see the logs in {self._folder}.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process in (self.web, *self.workers, *self.recording_workers, self.inference):
            process.stop()
