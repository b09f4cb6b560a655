"""The portal's processes as gunicorn runs them: crowded, stopped, orphaned."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.processes.free_ports import free_port

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 30.0
#: A browser's cookie: the portal then looks for its token in the form, and so reads the form.
COOKIE = "csrftoken=" + "a" * 32


class Portal:
    """gunicorn with one process and two threads."""

    def __init__(self, folder: Path) -> None:
        self.port, self.internal = free_port(), free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BEATLENS_")} | {
            "DJANGO_SETTINGS_MODULE": "webportal.settings.development",
            "BEATLENS_VAR_DIR": str(folder),
            "BEATLENS_INTERNAL_LISTEN": f"127.0.0.1:{self.internal}",
            "BEATLENS_INFERENCE_ADDRESS": "127.0.0.1:9",
        }
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "webportal.wsgi:application", f"--bind=127.0.0.1:{self.port}",
                "--config=python:webportal.gunicorn_conf", "--workers=1", "--threads=2", "--no-control-socket",
                "--log-level=warning",
            ],
            cwd=ROOT,
            env=environment,
        )  # fmt: skip
        wait_until(self.answers)

    def answers(self) -> bool:
        try:
            return self.home() < PATIENCE
        except OSError:
            assert self.process.poll() is None
            return False

    def home(self) -> float:
        """Seconds that the home page takes on a connection of its own."""
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", "/", headers={"Connection": "close"})
        response = connection.getresponse()
        assert response.status == 200
        assert b"Beatlens" in response.read()
        connection.close()
        return time.monotonic() - begun

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def children(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(process) for process in children.read_text().split()]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    running = Portal(tmp_path / "var")
    yield running
    if running.process.poll() is None:
        running.process.terminate()
        running.process.wait(PATIENCE)


def begin_upload(plug: socket.socket) -> bytes:
    """Send the half of a form whose token is wrong; returns the other half."""
    form = b"csrfmiddlewaretoken=" + b"b" * 32 + b"&login=nobody&password=" + b"x" * 100_000
    plug.sendall(
        b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        + f"Cookie: {COOKIE}\r\nContent-Length: {len(form)}\r\n\r\n".encode()
        + form[:50_000]
    )
    return form[50_000:]


def test_two_hundred_of_each_kind_of_slow_client_keep_nobody_waiting(portal: Portal) -> None:
    crowd = [portal.connect() for _ in range(600)]
    rest = b""
    for number, plug in enumerate(crowd):
        if number % 3 == 1:
            plug.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        elif number % 3 == 2:
            rest = begin_upload(plug)
    assert max(portal.home() for _ in range(10)) < 2
    # None of them was ended for it, and who goes on is answered.
    crowd[1].sendall(b"yes\r\n\r\n")
    assert crowd[1].recv(12) == b"HTTP/1.1 200"
    crowd[2].sendall(rest)
    assert crowd[2].recv(9) == b"HTTP/1.1 "
    for plug in crowd:
        plug.close()


def test_a_stop_lets_an_upload_end_and_waits_for_nobody_else(portal: Portal) -> None:
    idle, upload = portal.connect(), portal.connect()
    idle.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert idle.recv(12) == b"HTTP/1.1 200"
    rest = begin_upload(upload)
    assert portal.answers()  # the half has been read by now
    portal.process.terminate()
    while idle.recv(1 << 16):
        pass  # ended at once
    with pytest.raises(OSError):  # noqa: PT011 - refused or reset, as the system likes
        wait_until(lambda: not portal.home())
    upload.sendall(rest)
    answer = b""
    while data := upload.recv(1 << 16):
        answer += data
    assert answer.startswith(b"HTTP/1.1 403")  # its token is no token
    assert b"\r\nConnection: close\r\n" in answer
    assert portal.process.wait(PATIENCE) == 0
    idle.close()
    upload.close()


def test_processes_end_when_their_first_one_is_killed(portal: Portal) -> None:
    (child,) = portal.children()
    upload = portal.connect()
    begin_upload(upload)
    portal.process.send_signal(signal.SIGKILL)
    portal.process.wait()

    def is_gone() -> bool:
        try:
            return Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True

    wait_until(is_gone)
    for port in (portal.port, portal.internal):
        with socket.create_server(("127.0.0.1", port)):
            pass  # free for the next one
    upload.close()
