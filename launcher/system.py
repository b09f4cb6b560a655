"""The whole system on this machine: prepared, started, watched until it is healthy, and stopped in order."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

from launcher.errors import LaunchError
from launcher.folder import PRIVATE_UMASK, make_private, only_one
from launcher.health import wait_until_healthy
from launcher.ports import Ports

ROOT = Path(__file__).resolve().parent.parent

#: How long the parts may take to stop, seconds: more than the stopwaitsecs of all parts together.
STOP_SECONDS = 95.0


def run() -> None:
    """Start everything in the folder that the environment names, and run until asked to stop.

    Raises:
        LaunchError: it can't be started; ``str(error)`` says why.
    """
    os.umask(PRIVATE_UMASK)  # for all that is started from here, too
    var = Path(os.environ.get("BEATLENS_VAR_DIR") or ROOT / "var").resolve()
    make_private(var, project=ROOT)
    with only_one(var):
        _run_in(var)


def _run_in(var: Path) -> None:
    ports = Ports.from_environment(os.environ)
    logs = var / "log"
    logs.mkdir(exist_ok=True)
    # A socket's path may have 107 characters, so it can't lie in the project, wherever that is. In memory where that is
    # possible: to count in a file that a full disk has no room for ends a process at once (SIGBUS).
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - the folder made in it is ours alone
    with tempfile.TemporaryDirectory(prefix="beatlens-", dir=memory) as sockets:
        environment = os.environ | {
            "PORT": str(ports.portal),
            # The portal is the one caller, and has a connection a process: it would get a part of the workers.
            "BEATLENS_FRONTS": os.environ.get("BEATLENS_FRONTS") or "1",
            "BEATLENS_LISTEN": f"127.0.0.1:{ports.grpc}",
            "BEATLENS_INFERENCE_ADDRESS": f"127.0.0.1:{ports.grpc}",
            "BEATLENS_INTERNAL_LISTEN": f"127.0.0.1:{ports.internal}",
            "BEATLENS_VAR_DIR": str(var),
            "BEATLENS_LOG_DIR": str(logs),
            "BEATLENS_SOCKET_DIR": sockets,
            "BEATLENS_PYTHON": sys.executable,
        }
        (Path(sockets) / "metrics").mkdir()
        with _stop_signals() as stopping:
            _manage(environment, stopping, "migrate", "--noinput", "--verbosity", "0")
            if not stopping:
                _supervise(environment, stopping, ports)
            _say("Stopping.")


def _supervise(environment: Mapping[str, str], stopping: list[int], ports: Ports) -> None:
    """Start the parts, say when all are healthy, and return when asked to stop."""
    logs = Path(environment["BEATLENS_LOG_DIR"])
    with _supervisor(environment) as supervisor:
        wait_until_healthy(supervisor, Path(environment["BEATLENS_SOCKET_DIR"]), ports.internal, logs, stopping)
        if not stopping:
            if os.environ.get("DEMO") == "1":
                _manage(environment, stopping, "seed_demo")
                _manage(environment, stopping, "seed_recordings")
            _say(
                f"\nBeatlens is running. Open http://127.0.0.1:{ports.portal}/ and sign up.\n"
                f"  gRPC: 127.0.0.1:{ports.grpc}   health and metrics: http://127.0.0.1:{ports.internal}/metrics\n"
                f"  logs and mails: {logs}\n"
                f"  administrator: make admin, then http://127.0.0.1:{ports.portal}/admin/\n"
                "  For research and education only: not a medical device, not for diagnosis.\n"
                "Ctrl-C stops everything."
            )
        while not stopping and supervisor.poll() is None:
            time.sleep(0.2)
        if not stopping:
            raise LaunchError(f"The supervisor stopped by itself; see {logs}.")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a program for a terminal


def _manage(environment: Mapping[str, str], stopping: list[int], *command: str) -> None:
    done = subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=False)
    if done.returncode and not stopping:
        raise LaunchError(f"manage.py {command[0]} failed; the message above says why.")


@contextlib.contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """A list that holds the first signal that asked to stop, once there was one."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _supervisor(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The supervisor in a session of its own, so that Ctrl-C reaches this process alone, which stops it in order."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "launcher.tied",
            "-m", "supervisor.supervisord", "--nodaemon", "--configuration", "launcher/supervisord.conf",
        ],
        cwd=ROOT,
        env=dict(environment),
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
