"""Programs that end with whoever started them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.processes.programs import command_line

ROOT = Path(__file__).resolve().parents[2]
#: Says its own id, and when it is asked to stop: by the system's own call, as that may be while it says its id.
CHILD = """
import os, signal, sys
def stop(*_):
    os.write(1, b"asked to stop\\n")
    sys.exit()
signal.signal(signal.SIGTERM, stop)
os.write(1, f"{os.getpid()} {sys.argv[1]}\\n".encode())
signal.pause()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's end")
def test_a_program_is_asked_to_stop_when_its_parent_is_killed(tmp_path: Path) -> None:
    child = tmp_path / "child.py"
    child.write_text(CHILD)
    parent = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-m', 'launcher.tied', {str(child)!r}, 'told'])\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        number, _, argument = process.stdout.readline().strip().partition(" ")
        assert argument == "told"
        process.send_signal(signal.SIGKILL)
        assert process.stdout.readline() == "asked to stop\n"
    end = time.monotonic() + 20
    while command_line(int(number)):  # one that has ended and that nobody has waited for has none
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_exit_code_is_the_programs_own() -> None:
    done = subprocess.run([sys.executable, "-m", "launcher.tied", "-c", "raise SystemExit(7)"], cwd=ROOT, check=False)
    assert done.returncode == 7


def test_every_part_is_tied_to_the_supervisor() -> None:
    commands = [
        line for line in (ROOT / "launcher" / "supervisord.conf").read_text().splitlines() if line.startswith("command")
    ]
    assert len(commands) == 4
    assert all('PYTHON)s" -m launcher.tied ' in line for line in commands)
