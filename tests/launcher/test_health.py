"""When the system counts as healthy, and what is said when it does not become so."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from xmlrpc.server import SimpleXMLRPCDispatcher, SimpleXMLRPCRequestHandler

import pytest

from launcher import health
from launcher.errors import LaunchError
from launcher.health import wait_until_healthy

PARTS = ("inference_server", "portal", "worker", "recording_worker")


class Supervisor(ThreadingMixIn, UnixStreamServer, SimpleXMLRPCDispatcher):
    """Answers on a socket what the supervisor answers: the state of each part."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        SimpleXMLRPCDispatcher.__init__(self, allow_none=True, encoding="utf-8")
        UnixStreamServer.__init__(self, str(path), _Handler)
        self.states = dict.fromkeys(PARTS, "RUNNING")
        self.register_function(self._info, "supervisor.getAllProcessInfo")

    def _info(self) -> list[dict[str, str]]:
        return [{"name": name, "statename": state} for name, state in self.states.items()]


class _Handler(SimpleXMLRPCRequestHandler):
    rpc_paths = ()
    disable_nagle_algorithm = False  # a socket of files has none

    def address_string(self) -> str:
        return "the socket"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


class Portal(ThreadingHTTPServer):
    """Answers what the portal's internal address answers."""

    report: bytes = json.dumps({"ready": True, "inference_server": "ok"}).encode()
    asked = 0


class _Readiness(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Portal)
        assert self.path == "/readyz"
        self.server.asked += 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.report)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(tmp_path / "supervisor.sock") as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal(("127.0.0.1", 0), _Readiness) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """Stands for the supervisor's process."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as running:
        yield running
        running.kill()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    return folder


def test_it_returns_once_every_part_runs_and_the_portal_is_ready(
    supervisor: Supervisor, portal: Portal, process: subprocess.Popen[bytes], tmp_path: Path, logs: Path
) -> None:
    supervisor.states["worker"] = "STARTING"
    threading.Timer(0.3, supervisor.states.update, [{"worker": "RUNNING"}]).start()
    wait_until_healthy(process, tmp_path, portal.server_port, logs, [])
    assert supervisor.states["worker"] == "RUNNING"
    assert portal.asked == 1  # the portal is asked only when all parts run


@pytest.mark.parametrize(
    "report",
    [
        b'{"ready": false, "inference_server": "ok"}',
        b'{"ready": true, "inference_server": "unreachable"}',
        b"<html>another program's page</html>",
    ],
)
@pytest.mark.usefixtures("supervisor")
def test_a_portal_that_is_not_ready_is_waited_for_and_named_when_time_is_up(
    report: bytes,
    portal: Portal,
    process: subprocess.Popen[bytes],
    tmp_path: Path,
    logs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "START_SECONDS", 1.0)
    portal.report = report
    with pytest.raises(LaunchError, match="Not healthy after"):
        wait_until_healthy(process, tmp_path, portal.server_port, logs, [])
    assert portal.asked >= 1


def test_a_part_that_gave_up_is_named_with_the_end_of_its_log(
    supervisor: Supervisor, portal: Portal, process: subprocess.Popen[bytes], tmp_path: Path, logs: Path
) -> None:
    supervisor.states["portal"] = "FATAL"
    (logs / "portal.log").write_text("\n".join(f"line {number}" for number in range(40)))
    with pytest.raises(LaunchError) as refused:
        wait_until_healthy(process, tmp_path, portal.server_port, logs, [])
    first, *tail = str(refused.value).splitlines()
    assert first == f"portal does not start. The end of {logs / 'portal.log'}:"
    assert tail == [f"  line {number}" for number in range(25, 40)]


def test_the_part_that_is_slow_is_named_even_without_a_log(
    supervisor: Supervisor,
    portal: Portal,
    process: subprocess.Popen[bytes],
    tmp_path: Path,
    logs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "START_SECONDS", 1.0)
    supervisor.states["worker"] = "STARTING"
    with pytest.raises(LaunchError, match=r"Not healthy after .* seconds\. worker does not start"):
        wait_until_healthy(process, tmp_path, portal.server_port, logs, [])
    assert portal.asked == 0


def test_a_supervisor_that_ended_is_said_at_once(
    process: subprocess.Popen[bytes], tmp_path: Path, logs: Path, free_port: int
) -> None:
    process.kill()
    process.wait()
    with pytest.raises(LaunchError, match="supervisor could not start"):
        wait_until_healthy(process, tmp_path, free_port, logs, [])


def test_who_asks_to_stop_does_not_wait_for_a_supervisor_that_does_not_listen(
    process: subprocess.Popen[bytes], tmp_path: Path, logs: Path, free_port: int
) -> None:
    stopping: list[int] = []
    threading.Timer(0.3, stopping.append, [2]).start()
    wait_until_healthy(process, tmp_path, free_port, logs, stopping)
    assert stopping == [2]
