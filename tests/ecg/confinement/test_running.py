"""Work on a stranger's bytes runs in a process of its own, and nothing that it does reaches further."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ecg.confinement import Crashed, Limits, NoTurn, TookTooLong, TookTooMuchMemory, Turns, run
from tests.ecg.confinement import work


def test_the_result_comes_back() -> None:
    answer = {"pixels": b"\0" * 3_000_000, "size": (3, 4.5), "names": ["a", None, True]}
    assert run(dict, answer) == answer


def test_it_is_another_process_each_time() -> None:
    (first, parent), (second, same_parent) = run(work.process), run(work.process)
    assert len({first, second, os.getpid()}) == 3
    assert parent == same_parent != os.getpid()


@pytest.mark.parametrize(
    ("function", "arguments", "limits", "kind", "says"),
    [
        (work.spin, (), Limits(cpu_seconds=1, wall_seconds=30), TookTooLong, "1 s of CPU"),
        (work.sleep, (30,), Limits(wall_seconds=0.2), TookTooLong, "more than 0.2 s"),
        (work.allocate, (300_000_000,), Limits(memory_bytes=200_000_000), TookTooMuchMemory, "200,000,000"),
        (work.crash, (), Limits(), Crashed, f"{-signal.SIGSEGV}"),
        (work.leave, (), Limits(), Crashed, "code 7"),
        (work.fail, (), Limits(), Crashed, "ValueError: the reason"),
        (work.object_with_a_class, (), Limits(), Crashed, "not plain data"),
        (work.open_files, (100,), Limits(open_files=50), Crashed, "Too many open files"),
    ],
)
def test_what_goes_wrong_costs_that_process_alone(
    function: Callable[..., Any], arguments: tuple[Any, ...], limits: Limits, kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        run(function, *arguments, limits=limits)
    assert run(len, b"next") == 4


def test_files_are_written_only_as_far_as_allowed(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with pytest.raises(Crashed, match="File too large"):
        run(work.write, str(target), 20_000, limits=Limits(file_bytes=10_000))
    assert run(work.write, str(target), 10_000, limits=Limits(file_bytes=10_000)) == 10_000


def test_memory_within_the_limit_is_granted() -> None:
    assert run(work.allocate, 150_000_000, limits=Limits(memory_bytes=200_000_000)) == 150_000_000


def test_a_process_sees_no_descriptors_of_others() -> None:
    begun = threading.Event()
    with ThreadPoolExecutor(1) as others:

        def sleep_elsewhere() -> None:
            begun.set()
            run(work.sleep, 0.5)

        others.submit(sleep_elsewhere)
        begun.wait()
        time.sleep(0.1)
        # Standard input, output and error, its socket, and the listing itself.
        assert len(run(work.descriptors)) <= 5


def test_many_at_once_are_answered_each_with_its_own() -> None:
    with ThreadPoolExecutor(8) as callers:
        assert list(callers.map(lambda count: run(len, bytes(count)), range(40))) == list(range(40))


def test_only_so_many_have_their_turn_at_once() -> None:
    turns = Turns(1, wait_seconds=0.05)
    with turns, ThreadPoolExecutor(1) as other:

        def wait() -> None:
            with turns:
                pass

        with pytest.raises(NoTurn):
            other.submit(wait).result()
    with turns:
        pass


def test_it_goes_on_when_the_process_that_forks_was_killed() -> None:
    _, forks = run(work.process)
    os.kill(forks, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            _, another = run(work.process)
            break
        except Crashed:  # killed after the job was handed over
            continue
    assert another != forks


def test_a_main_module_without_a_guard_runs_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            from ecg.confinement import run
            print("begun", run(len, b"abc"), flush=True)
            """
        )
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("begun 3\n", "", 0)


def test_nothing_is_left_when_its_owner_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import time
            from ecg.confinement import run
            print(run(__import__("os").getppid), flush=True)
            time.sleep(60)
            """
        )
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        forks = Path("/proc", owner.stdout.readline().strip())
        owner.kill()
    deadline = time.monotonic() + 10
    while is_running(forks):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_work_ends_with_whoever_asked_for_it(tmp_path: Path, sent: signal.Signals) -> None:
    script, told = tmp_path / "script.py", tmp_path / "process"
    script.write_text(
        textwrap.dedent(
            f"""
            from ecg.confinement import Limits, run
            from tests.ecg.confinement.work import tell_and_stay
            run(tell_and_stay, {str(told)!r}, limits=Limits(wall_seconds=60, file_bytes=100))
            """
        )
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, script], stderr=subprocess.DEVNULL, env=environment) as owner:
        deadline = time.monotonic() + 30
        while not (told.exists() and told.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        owner.send_signal(sent)
    job = Path("/proc", told.read_text())
    deadline = time.monotonic() + 10
    while is_running(job):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(process: Path) -> bool:
    """Whether a process is there and not only waiting to be collected."""
    try:
        return process.joinpath("stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False
