from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.folder import only_one

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_help_helps_instead_of_starting(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "launcher", "--help"],
        cwd=ROOT,
        env=os.environ | {"BEATLENS_VAR_DIR": str(tmp_path / "var"), "PORT": "none"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    for name in ("PORT", "GRPC_PORT", "INTERNAL_PORT", "DEMO", "BEATLENS_VAR_DIR"):
        assert name in done.stdout
    assert not (tmp_path / "var").exists()


def test_what_the_command_does_not_know_starts_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "launcher", "--port=8001"],
        cwd=ROOT,
        env=os.environ | {"BEATLENS_VAR_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "--port=8001" in done.stderr
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("name", ["PORT", "GRPC_PORT", "INTERNAL_PORT"])
def test_a_taken_port_is_one_clear_line(name: str, taken_port: int, tmp_path: Path) -> None:
    with socket.socket() as first, socket.socket() as second, socket.socket() as third:
        probes = (first, second, third)
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        free = [str(probe.getsockname()[1]) for probe in probes]
    done = subprocess.run(
        [sys.executable, "-m", "launcher"],
        cwd=ROOT,
        env=os.environ
        | dict(zip(("PORT", "GRPC_PORT", "INTERNAL_PORT"), free, strict=True))
        | {name: str(taken_port), "BEATLENS_VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"Port {taken_port}" in line
    assert f"e.g. {name}=" in line


@pytest.mark.parametrize(("name", "other"), [("PORT", "GRPC_PORT"), ("PORT", "INTERNAL_PORT")])
def test_ports_must_differ(name: str, other: str, free_port: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "launcher"],
        cwd=ROOT,
        env=os.environ | {name: str(free_port), other: str(free_port)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert f"{name} and {other} are both {free_port}; they must differ." in done.stderr


def test_a_second_system_in_one_folder_says_so_and_stops(tmp_path: Path, free_port: int) -> None:
    with only_one(tmp_path):
        done = subprocess.run(
            [sys.executable, "-m", "launcher"],
            cwd=ROOT,
            env=os.environ | {"PORT": str(free_port), "BEATLENS_VAR_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"Beatlens runs in {tmp_path} already (process {os.getpid()})." in line
