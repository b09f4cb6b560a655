"""Starting, watching and stopping, with the real supervisor and small parts in place of the three."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: The launcher in a project of its own, so that it starts that one's parts.
LAUNCH = """
import os, sys
from pathlib import Path
from launcher import __main__, system
system.ROOT = Path(sys.argv[1])
system.STOP_SECONDS = float(os.environ.get("STOP_SECONDS", system.STOP_SECONDS))
sys.exit(__main__.main([]))
"""

#: Notes which command ran; `manage.fails` names one that does not work.
MANAGE = """
import os, sys
from pathlib import Path
here = Path(__file__).parent
with (here / "commands").open("a") as file:
    file.write(sys.argv[1] + "\\n")
failing = here / "manage.fails"
sys.exit(3 if failing.is_file() and failing.read_text() == sys.argv[1] else 0)
"""

#: The portal's internal address, and who is asked to stop.
PART = """
import http.server, json, os, signal, sys
from pathlib import Path
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"ready": True, "inference_server": "ok"}).encode())
    def log_message(self, *_): pass
def stop(*_):
    Path(os.environ["BEATLENS_VAR_DIR"], "stopped").touch()
    sys.exit()
signal.signal(signal.SIGTERM, stop)
host, _, port = os.environ["BEATLENS_INTERNAL_LISTEN"].rpartition(":")
http.server.HTTPServer((host, int(port)), Ready).serve_forever()
"""

SUPERVISOR = """
[supervisord]
nodaemon = true
silent = true
logfile = %(ENV_BEATLENS_LOG_DIR)s/supervisord.log
pidfile = %(ENV_BEATLENS_SOCKET_DIR)s/supervisord.pid
[unix_http_server]
file = %(ENV_BEATLENS_SOCKET_DIR)s/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:portal]
command = "%(ENV_BEATLENS_PYTHON)s" -m launcher.tied part.py
startsecs = 0
startretries = 0
stdout_logfile = %(ENV_BEATLENS_LOG_DIR)s/portal.log
redirect_stderr = true
"""


linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for a process in /proc")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "launcher").mkdir(parents=True)
    (folder / "manage.py").write_text(MANAGE)
    (folder / "part.py").write_text(PART)
    (folder / "launcher" / "supervisord.conf").write_text(SUPERVISOR)
    return folder


def _environment(project: Path) -> dict[str, str]:
    with socket.socket() as first, socket.socket() as second, socket.socket() as third:
        probes = (first, second, third)
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        ports = [str(probe.getsockname()[1]) for probe in probes]
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return (
        os.environ
        | dict(zip(("PORT", "GRPC_PORT", "INTERNAL_PORT"), ports, strict=True))
        | {"BEATLENS_VAR_DIR": str(project.parent / "var"), "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"}
    )


@contextmanager
def launched(project: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCH, str(project)],
        env=_environment(project) | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _until_running(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Ctrl-C stops everything"):
            return
    raise AssertionError(process.stderr.read() if process.stderr else "")


def _commands(project: Path) -> list[str]:
    return (project / "commands").read_text().split()


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_it_prepares_starts_says_where_and_stops_in_order(asked: signal.Signals, project: Path) -> None:
    with launched(project) as process:
        _until_running(process)
        assert _commands(project) == ["migrate"]
        assert not (project.parent / "var" / "stopped").exists()
        process.send_signal(asked)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert output == "Stopping.\n"
    assert (project.parent / "var" / "stopped").is_file()


def test_with_demo_a_demo_user_is_filled(project: Path) -> None:
    with launched(project, DEMO="1") as process:
        _until_running(process)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert _commands(project) == ["migrate", "seed_demo", "seed_recordings"]


def test_where_the_database_can_not_be_prepared_nothing_starts(project: Path) -> None:
    (project / "manage.fails").write_text("migrate")
    with launched(project) as process:
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors == "beatlens: manage.py migrate failed; the message above says why.\n"
    assert output == ""
    assert not (project.parent / "var" / "log" / "portal.log").exists()


def test_a_supervisor_that_can_not_start_is_said(project: Path) -> None:
    (project / "launcher" / "supervisord.conf").write_text("[supervisord]\nloglevel = nonsense\n")
    with launched(project) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "beatlens: The supervisor could not start" in errors


@linux
def test_a_supervisor_that_ends_by_itself_is_said(project: Path) -> None:
    with launched(project) as process:
        _until_running(process)
        supervisor = _child_of(process.pid)
        os.kill(supervisor, signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "beatlens: The supervisor stopped by itself" in errors


@linux
def test_a_supervisor_that_does_not_stop_in_time_is_killed(project: Path) -> None:
    (project / "part.py").write_text(PART.replace("sys.exit()", "import time; time.sleep(15); sys.exit()"))
    with launched(project, STOP_SECONDS="0.5") as process:
        _until_running(process)
        supervisor = _child_of(process.pid)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert time.monotonic() - begun < 12
    assert process.returncode == 0
    _until(lambda: not Path(f"/proc/{supervisor}").exists())
    _until((project.parent / "var" / "stopped").is_file)


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def _child_of(parent: int) -> int:
    """The only process that ``parent`` has started."""
    (child,) = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int(child)
