"""What the running system leaves to others: no file to read, and no process behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import time
from pathlib import Path

import pytest

from benchmarks.processes.programs import command_line
from tests.end_to_end.system import System, running_system

pytestmark = pytest.mark.xdist_group("system")


def of(system: System) -> list[int]:
    """The processes that write to the system's folder."""
    marked = f"BEATLENS_VAR_DIR={system.var}".encode()
    pids = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it may end while we look
            if marked in (process / "environ").read_bytes().split(b"\0"):
                pids.append(int(process.name))
    return pids


def test_nobody_else_can_read_what_is_written(system: System) -> None:
    paths = [system.var, *system.var.rglob("*")]
    names = {path.name for path in paths}
    assert {"beatlens.sqlite3", "secret_key", "portal.log", "worker.log", "inference_server.log"} <= names
    open_to_others = [str(path) for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o077]
    assert open_to_others == []


def test_nothing_goes_on_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    with running_system(tmp_path / "var") as system:
        assert len(of(system)) > 4
        (supervisor,) = [number for number in of(system) if "supervisor.supervisord" in command_line(number)]
        os.kill(supervisor, signal.SIGKILL)
        assert system.process.wait(60) == 1
        end = time.monotonic() + 60
        while left := of(system):
            assert time.monotonic() < end, left
            time.sleep(0.1)
        for address in (system.portal, system.internal, f"http://{system.grpc}"):
            with socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))):
                pass
    assert "The supervisor stopped by itself" in "".join(system.output)
