"""The whole system as a user starts it: ``python -m launcher`` with ports and a folder of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes.free_ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0


@dataclass
class System:
    """A running system."""

    portal: str
    grpc: str
    internal: str
    var: Path
    process: subprocess.Popen[str]
    output: list[str] = field(default_factory=list)

    def wait_until_ready(self) -> None:
        end = time.monotonic() + START_SECONDS
        while not any("Beatlens is running" in line for line in self.output):
            assert self.process.poll() is None, "".join(self.output)
            assert time.monotonic() < end, "".join(self.output)
            time.sleep(0.1)

    def manage(self, *command: str, **extra: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=_user_environment() | {"BEATLENS_VAR_DIR": str(self.var)} | extra,
            check=True,
            capture_output=True,
            timeout=120,
        )


def _user_environment() -> dict[str, str]:
    """The environment without the tests' own Django settings, which are not what a user starts with."""
    return {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}


@contextlib.contextmanager
def running_system(var: Path) -> Iterator[System]:
    """Start the system on free ports, wait until it says that it runs, stop it as Ctrl-C does."""
    portal, grpc, internal = free_ports(3)
    environment = _user_environment() | {
        "PORT": str(portal),
        "GRPC_PORT": str(grpc),
        "INTERNAL_PORT": str(internal),
        "BEATLENS_VAR_DIR": str(var),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "launcher"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    system = System(f"http://127.0.0.1:{portal}", f"127.0.0.1:{grpc}", f"http://127.0.0.1:{internal}", var, process)
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: system.output.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        system.wait_until_ready()
        yield system
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(60)
        reader.join(10)
        process.stdout.close()


@contextlib.contextmanager
def stopped_server(system: System) -> Iterator[None]:
    """The inference server answers nothing within the block, and is another one after it."""
    server = _server_pid(system)
    os.kill(server, signal.SIGSTOP)  # the supervisor does not notice
    try:
        yield
    finally:
        os.kill(server, signal.SIGKILL)  # the supervisor starts another


def _server_pid(system: System) -> int:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it may end while we look
            arguments = (process / "cmdline").read_bytes().split(b"\0")
            environment = (process / "environ").read_bytes().split(b"\0")
            if b"inference_server" in arguments and f"BEATLENS_LISTEN={system.grpc}".encode() in environment:
                return int(process.name)
    raise AssertionError("no inference server runs")
