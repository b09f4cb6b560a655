"""Whether every part of the running system does its work."""

from __future__ import annotations

import http.client
import json
import subprocess
import time
import urllib.error
import urllib.request
import xmlrpc.client
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from launcher.errors import LaunchError

#: How long the parts may take to become healthy, seconds.
START_SECONDS = 90.0
_LOG_TAIL = 15
#: This machine is never asked through a proxy.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def wait_until_healthy(
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
        return {process["name"]: process["statename"] for process in control.supervisor.getAllProcessInfo()}
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
