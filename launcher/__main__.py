"""``python -m launcher``: prepare, start the three processes, wait until all are healthy, stop them on Ctrl-C.

Environment: ``PORT`` (portal, 8000), ``GRPC_PORT`` (inference server, 50051), ``INTERNAL_PORT`` (the portal's health
and metrics, 9465), ``DEMO=1`` (fill a demo user), ``BEATLENS_VAR_DIR`` (where all that is written goes, ``var/``).
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from launcher.errors import LaunchError
from launcher.folder import PRIVATE_UMASK, make_private, only_one

ROOT = Path(__file__).resolve().parent.parent

#: How long the parts may take to become healthy, seconds.
START_SECONDS = 90.0
#: How long they may take to stop, seconds: more than the stopwaitsecs of all parts together.
STOP_SECONDS = 95.0
_LOG_TAIL = 15
#: This machine is never asked through a proxy.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def port_from(environment: Mapping[str, str], name: str, default: int) -> int:
    """The port that the environment names, or ``default``.

    Raises:
        LaunchError: not a port number.
    """
    text = environment.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise LaunchError(f"{name}={text} is not a port number; give one from 1 to 65535.")
    return int(text)


def require_free(port: int, name: str) -> None:
    """Raise :class:`LaunchError` when somebody listens on ``port`` of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LaunchError(
                f"Port {port} can't be used ({error.strerror}). Choose another, e.g. {name}={_another(port)} make run"
            ) from error


def _another(port: int) -> int:
    return port + 1 if 1024 <= port < 65535 else 8080


def main() -> int:
    """Run until stopped. Returns the exit code."""
    try:
        return _run()
    except LaunchError as error:
        print(f"beatlens: {error}", file=sys.stderr)  # noqa: T201 - a program for a terminal
        return 1


def _run() -> int:
    os.umask(PRIVATE_UMASK)  # for all that is started from here, too
    var = Path(os.environ.get("BEATLENS_VAR_DIR") or ROOT / "var").resolve()
    make_private(var, project=ROOT)
    with only_one(var):
        return _run_in(var)


def _run_in(var: Path) -> int:
    defaults = {"PORT": 8000, "GRPC_PORT": 50051, "INTERNAL_PORT": 9465}
    ports = {name: port_from(os.environ, name, default) for name, default in defaults.items()}
    for one, other in itertools.combinations(ports, 2):
        if ports[one] == ports[other]:
            raise LaunchError(f"{one} and {other} are both {ports[one]}; they must differ.")
    for name, port in ports.items():
        require_free(port, name)
    portal, grpc, internal = ports.values()
    logs = var / "log"
    logs.mkdir(exist_ok=True)
    # A socket's path may have 107 characters, so it can't lie in the project, wherever that is. In memory where that is
    # possible: to count in a file that a full disk has no room for ends a process at once (SIGBUS).
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - the folder made in it is ours alone
    with tempfile.TemporaryDirectory(prefix="beatlens-", dir=memory) as sockets:
        environment = os.environ | {
            "PORT": str(portal),
            "BEATLENS_LISTEN": f"127.0.0.1:{grpc}",
            "BEATLENS_INFERENCE_ADDRESS": f"127.0.0.1:{grpc}",
            "BEATLENS_INTERNAL_LISTEN": f"127.0.0.1:{internal}",
            "BEATLENS_VAR_DIR": str(var),
            "BEATLENS_LOG_DIR": str(logs),
            "BEATLENS_SOCKET_DIR": sockets,
            "BEATLENS_PYTHON": sys.executable,
        }
        (Path(sockets) / "metrics").mkdir()
        with _stop_signals() as stopping:
            _manage(environment, stopping, "migrate", "--noinput", "--verbosity", "0")
            if not stopping:
                _supervise(environment, stopping, portal, grpc, internal)
            _say("Stopping.")
    return 0


def _supervise(environment: Mapping[str, str], stopping: list[int], portal: int, grpc: int, internal: int) -> None:
    """Start the parts, say when all are healthy, and return when asked to stop."""
    logs = Path(environment["BEATLENS_LOG_DIR"])
    with _supervisor(environment) as supervisor:
        _wait_until_healthy(supervisor, Path(environment["BEATLENS_SOCKET_DIR"]), internal, logs, stopping)
        if not stopping:
            if os.environ.get("DEMO") == "1":
                _manage(environment, stopping, "seed_demo")
            _say(
                f"\nBeatlens is running. Open http://127.0.0.1:{portal}/ and sign up.\n"
                f"  gRPC: 127.0.0.1:{grpc}   health and metrics: http://127.0.0.1:{internal}/metrics\n"
                f"  logs and mails: {logs}\n"
                f"  administrator: make admin, then http://127.0.0.1:{portal}/admin/\n"
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


def _wait_until_healthy(
    supervisor: subprocess.Popen[bytes], sockets: Path, internal: int, logs: Path, stopping: list[int]
) -> None:
    """Return when every part answers, or when asked to stop.

    Raises:
        LaunchError: a part gave up, or time ran out; tells the end of its log.
    """
    states: dict[str, str] = {}
    end = time.monotonic() + START_SECONDS
    while not stopping and time.monotonic() < end:
        if supervisor.poll() is not None:
            raise LaunchError(f"The supervisor could not start; see {logs}.")
        states = _states(sockets / "supervisor.sock") or states
        if given_up := [name for name, state in states.items() if state == "FATAL"]:
            raise LaunchError(_tail(given_up[0], logs))
        if states and set(states.values()) == {"RUNNING"} and _portal_reports_all_well(internal):
            return
        time.sleep(0.2)
    if not stopping:
        slow = next((name for name, state in states.items() if state != "RUNNING"), "inference_server")
        raise LaunchError(f"Not healthy after {START_SECONDS:.0f} seconds. " + _tail(slow, logs))


def _states(socket_path: Path) -> dict[str, str]:
    """What the supervisor says of each process; empty while it does not listen yet."""
    # A new connection each time: one that failed once can't be used again.
    transport = SupervisorTransport(None, None, f"unix://{socket_path}")
    control: Any = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
    try:
        return {one["name"]: one["statename"] for one in control.supervisor.getAllProcessInfo()}
    except (OSError, xmlrpc.client.Error, http.client.HTTPException):
        return {}
    finally:
        transport.close()


def _portal_reports_all_well(port: int) -> bool:
    try:
        with _DIRECT.open(f"http://127.0.0.1:{port}/readyz", timeout=3) as response:
            report = json.load(response)
    except (OSError, ValueError, urllib.error.URLError):
        return False
    return bool(report["ready"] and report["inference_server"] == "ok")


def _tail(part: str, logs: Path) -> str:
    path = logs / f"{part}.log"
    lines = path.read_text(errors="replace").splitlines()[-_LOG_TAIL:] if path.is_file() else []
    return f"{part} does not start. The end of {path}:\n" + "\n".join(f"  {line}" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
