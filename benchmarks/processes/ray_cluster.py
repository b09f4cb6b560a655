"""A Ray cluster of several nodes, all on this machine: a head, and nodes that can be killed."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from benchmarks.processes.free_ports import free_ports
from benchmarks.processes.programs import kill, stop
from benchmarks.processes.project import ROOT

_START_SECONDS: Final = 180.0
_STARTED: Final = "Ray runtime started"
_STORE: Final = "--object-store-memory=100000000"


class RayCluster:
    """A head with ``head_cpus`` CPUs and ``nodes`` with one each, ended with the block."""

    def __init__(self, nodes: int, *, head_cpus: int = 0) -> None:
        self._nodes = nodes
        self._head_cpus = head_cpus
        self._running: list[subprocess.Popen[bytes]] = []
        self._folder = tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True)
        (port,) = free_ports(1)
        self.address = f"127.0.0.1:{port}"
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
        }
        """Of all who belong to it; nobody else has its token."""

    def __enter__(self) -> Self:
        _, _, port = self.address.rpartition(":")
        # Names of sockets must be short, so this is no folder of a test.
        head = ("--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={self._folder.name}")
        try:
            self._start(*head, cpus=self._head_cpus)
            for _ in range(self._nodes):
                self._start(f"--address={self.address}", cpus=1)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            stop(process)
        self._folder.cleanup()

    def kill_node(self, index: int) -> None:
        """End a node with all of its processes, without warning."""
        kill(self._running[1 + index])

    def _start(self, *words: str, cpus: int) -> None:
        """Start a node, and wait until it is one.

        Raises:
            RuntimeError: it has ended, or does not start in time.
        """
        command = [str(Path(sys.executable).with_name("ray")), "start", *words, f"--num-cpus={cpus}", _STORE, "--block"]
        environment = self.environment | {"TMPDIR": self._folder.name}
        log = Path(self._folder.name, f"node-{len(self._running)}.log")
        with log.open("w") as output:
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        self._running.append(process)
        end = time.monotonic() + _START_SECONDS
        while _STARTED not in log.read_text():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"A node of the Ray cluster did not start: {log.read_text()[-2000:]}")
            time.sleep(0.2)
