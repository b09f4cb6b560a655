"""What a process uses, measured on real ones."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from benchmarks.processes import programs
from benchmarks.processes.programs import BeatlensServer, Program, command_line, stop, tree, usage

MEBIBYTE = 2**20

#: Reads 64 MiB of a file through memory, and holds as much of its own once it is asked to.
PROGRAM = """
import mmap, sys
with open(sys.argv[1], "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
    seen = sum(mapped[start] for start in range(0, len(mapped), 4096))
    print("started", flush=True)
    for line in sys.stdin:
        held = bytes(range(256)) * (2**26 // 256)
        print("held", flush=True)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(bytes(64 * MEBIBYTE))
    return path


def started(file: Path) -> Program:
    program = Program("-c", PROGRAM, str(file))
    assert program.read() == "started\n"
    return program


def test_the_end_of_a_program_with_the_same_files_changes_no_own_memory(file: Path) -> None:
    with started(file) as program:
        with started(file):
            before = usage(program.pid)
        after = usage(program.pid)
    assert after.memory - before.memory > 24 * MEBIBYTE
    assert abs(after.own - before.own) < MEBIBYTE / 4


def test_what_a_process_comes_to_hold_is_its_own(file: Path) -> None:
    with started(file) as program:
        before = usage(program.pid).own
        assert program.ask("hold") == "held\n"
        assert 60 * MEBIBYTE < usage(program.pid).own - before < 80 * MEBIBYTE


def test_children_that_end_while_they_are_looked_at_hold_nothing() -> None:
    forks = "import os\nprint('started', flush=True)\nwhile True:\n    os.fork() or os._exit(0)\n    os.wait()\n"
    with Program("-c", forks) as program:
        program.read()
        used = [usage(program.pid) for _ in range(300)]
        stop(program.process)
        assert min(now.largest for now in used) > MEBIBYTE
        with pytest.raises(ProcessLookupError):
            usage(program.pid)


def test_the_command_line_of_what_has_ended_is_empty() -> None:
    waits = "print('started', flush=True); input()"
    with Program("-c", waits) as program:
        program.read()  # a program that is being started has no command line yet
        assert command_line(program.pid)[1:] == ["-c", waits]
        program.process.kill()
        os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
        assert command_line(program.pid) == []
        program.process.wait()
        assert command_line(program.pid) == []


def test_a_server_that_never_serves_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_START_SECONDS", 3.0)
    log = tmp_path / "log"
    never = "import os, sys, time; print(os.getpid(), file=sys.stderr, flush=True); time.sleep(60)"
    with pytest.raises(RuntimeError, match="did not say"):
        BeatlensServer(log, program=("-c", never))
    assert not Path("/proc", log.read_text().strip() or "1").exists()


def test_what_does_not_stop_when_it_is_asked_is_ended_with_what_it_has_started() -> None:
    deaf = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print('started', flush=True)\n"
        "time.sleep(60)\n"
    )
    with Program("-c", deaf) as program:
        program.read()
        started = tree(program.pid)
        assert len(started) == 2
        stop(program.process, seconds=0.1)
        assert program.process.returncode == -signal.SIGKILL
        end = time.monotonic() + 10
        while [pid for pid in started if _lives(pid)]:  # the system has to notice the signal first
            assert time.monotonic() < end
            time.sleep(0.01)


def _lives(pid: int) -> bool:
    """A process that nobody has waited for is not alive."""
    return bool(command_line(pid))
