"""The whole system as ``make run`` starts it, and what it answers to those who look after it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.processes.free_ports import free_port
from benchmarks.processes.programs import stop, tree
from benchmarks.processes.project import ROOT

_START_SECONDS: Final = 180.0
_STOP_SECONDS: Final = 120.0
#: How long an answer may take before it counts as none, seconds.
_PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True)
class System:
    """The running system."""

    portal: int
    """Port."""
    grpc: int
    """Port."""
    internal: int
    """Port of health and metrics."""
    var: Path
    process: subprocess.Popen[bytes]

    def processes(self) -> list[int]:
        """All that the launcher has started."""
        with suppress(OSError):
            return tree(self.process.pid)[1:]
        return []

    def home(self) -> None:
        """Look at the home page. Raises an error of any kind when it doesn't come."""
        get(self.portal, "/")

    def portal_health(self) -> None:
        """Ask the portal for its health. Raises an error of any kind when it is not good."""
        get(self.internal, "/healthz")

    def server_health(self) -> None:
        """Ask the inference server for its health. Raises an error of any kind when it is not good."""
        with grpc.insecure_channel(f"127.0.0.1:{self.grpc}", options=_OWN_CONNECTION) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=_PATIENCE)
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            raise ValueError(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))

    def connections(self) -> int:
        """How many connections the portal has open, as it counts them."""
        lines = get(self.internal, "/metrics").decode().splitlines()
        return sum(int(float(line.split()[1])) for line in lines if line.startswith("beatlens_portal_connections "))


_OWN_CONNECTION: Final = (("grpc.use_local_subchannel_pool", 1),)


def get(port: int, path: str) -> bytes:
    """The body of an answer 200, on a connection of its own.

    Raises:
        OSError: no answer.
        ValueError: another one.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        response = connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            raise ValueError(f"{path} answered {response.status}")
        return body
    except http.client.HTTPException as error:
        raise ConnectionError(f"{path}: {error!r}") from error
    finally:
        connection.close()


@contextmanager
def running(folder: Path) -> Iterator[System]:
    """The system with ports of its own and everything that it writes in ``folder``, until the block ends.

    Raises:
        RuntimeError: it did not start.
    """
    portal, server, internal = free_port(), free_port(), free_port()
    ports = {"PORT": portal, "GRPC_PORT": server, "INTERNAL_PORT": internal}
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BEATLENS_", "DJANGO_"))}
    settings = {name: str(port) for name, port in ports.items()} | {"BEATLENS_VAR_DIR": str(folder / "var")}
    log = folder / "launcher.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "launcher"], cwd=ROOT, env=clean | settings, stdout=output, stderr=output
        )
    system = System(portal, server, internal, folder / "var", process)
    try:
        _wait_until_ready(system, log)
        yield system
    finally:
        stop(process, seconds=_STOP_SECONDS, by=signal.SIGINT)


def _wait_until_ready(system: System, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and system.process.poll() is None:
        with suppress(OSError, ValueError):
            if json.loads(get(system.internal, "/readyz")).get("inference_server") == "ok":
                return
        time.sleep(0.2)
    raise RuntimeError(f"The system did not start: {log.read_text(errors='replace')[-2000:]}")
