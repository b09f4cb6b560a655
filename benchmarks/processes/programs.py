"""The processes that are compared, and what they cost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from prometheus_client.parser import text_string_to_metric_families

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_START_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its descendants have used."""

    cpu_seconds: float
    memory: int
    """Proportional set size of all of them, bytes: shared pages count once. Other programs that use the same libraries
    take their part of these, so this rises when one of them ends."""
    own: int
    """The part of ``memory`` that stands behind no file, bytes: heaps and stacks, which no other program can change."""
    largest: int
    """Resident set size of the largest of them, bytes."""


def children(pid: int) -> list[int]:
    """What the threads of a process have started and that is still there; none when the process has ended."""
    pids: list[int] = []
    with suppress(OSError):
        for task in list(Path(f"/proc/{pid}/task").glob("*/children")):
            with suppress(OSError):  # a thread that has ended meanwhile
                pids.extend(int(child) for child in task.read_text().split())
    return pids


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    pids = [pid]
    for parent in pids:  # grows while it is walked
        pids.extend(children(parent))
    return pids


def command_line(pid: int) -> list[str]:
    """The program of a process and its arguments; none when it has ended."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0")
    except OSError:
        return []
    return words.split("\0") if words else []


def recording_workers(pid: int) -> list[int]:
    """The workers for recordings of an inference server, which are nicer than it by 10."""
    own = os.getpriority(os.PRIO_PROCESS, pid)
    workers = []
    for process in tree(pid):
        with suppress(OSError):  # it has ended meanwhile
            if os.getpriority(os.PRIO_PROCESS, process) >= own + 10:
                workers.append(process)
    return workers


def usage(pid: int) -> Usage:
    """What ``pid`` and its descendants have used so far; one that ends meanwhile holds nothing any more.

    Raises:
        ProcessLookupError: ``pid`` itself has ended.
    """
    cpu, memory, own, largest = 0.0, 0, 0, 0
    for process in tree(pid):
        try:
            used = _usage_of(process)
        except (OSError, StopIteration):
            if process == pid:
                raise ProcessLookupError(f"Process {pid} has ended.") from None
            continue
        cpu, memory, own = cpu + used.cpu_seconds, memory + used.memory, own + used.own
        largest = max(largest, used.largest)
    return Usage(cpu_seconds=cpu, memory=memory, own=own, largest=largest)


def _usage_of(pid: int) -> Usage:
    """What one process has used, and those of its children that have ended; OSError or StopIteration: so has it."""
    # After the command in parentheses, which may contain spaces: state is field 3; utime to cstime are 14 to 17.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = _kibibytes(pid, "smaps_rollup", "Pss_Anon:") + _kibibytes(pid, "smaps_rollup", "Pss_Shmem:")
    return Usage(
        cpu_seconds=sum(map(int, fields[11:15])) / _TICKS,
        memory=_kibibytes(pid, "smaps_rollup", "Pss:") * 1024,
        own=own * 1024,
        largest=_kibibytes(pid, "status", "VmRSS:") * 1024,
    )


def resident(pid: int) -> int:
    """Resident set size of one process, bytes; 0 when it has ended."""
    try:
        return _kibibytes(pid, "status", "VmRSS:") * 1024
    except (OSError, StopIteration):
        return 0


def most_resident(pid: int) -> int:
    """The largest resident set size of one process since :func:`forget_most`, bytes; 0 when it has ended."""
    try:
        return _kibibytes(pid, "status", "VmHWM:") * 1024
    except (OSError, StopIteration):
        return 0


def forget_most(pid: int) -> None:
    """Begin to measure the largest resident set size anew (proc(5), ``clear_refs``)."""
    with suppress(OSError):  # it has ended
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def _kibibytes(pid: int, file: str, name: str) -> int:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def stop(process: subprocess.Popen[Any], *, seconds: float = _STOP_SECONDS, by: int = signal.SIGTERM) -> None:
    """Ask a process to stop, and end it with its descendants if it has not after so many seconds."""
    if process.poll() is None:
        process.send_signal(by)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        kill(process)


def kill(process: subprocess.Popen[Any]) -> None:
    """End a process and its descendants at once."""
    for pid in tree(process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


class Program:
    """A program started with this Python, or ``by`` another command, ended with the block.

    Without ``answers`` nobody reads its standard output, which goes where its errors go: a full pipe would stop it.
    """

    def __init__(
        self,
        *arguments: str,
        environment: dict[str, str] | None = None,
        log: Path | None = None,
        by: Sequence[str] = (sys.executable,),
        answers: bool = True,
    ) -> None:
        with log.open("w") if log else open(os.devnull, "w") as errors:
            output: IO[str] | int = subprocess.PIPE if answers else errors
            self.process = subprocess.Popen(
                [*by, *arguments],
                env={**os.environ, **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=errors,
                text=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def ask(self, line: str) -> str:
        """Write one line and read one.

        Raises:
            RuntimeError: the program has ended.
        """
        if self.process.stdin is not None:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        return self.read()

    def read(self) -> str:
        """The next line that it writes.

        Raises:
            RuntimeError: the program has ended.
        """
        line = self.process.stdout.readline() if self.process.stdout is not None else ""
        if not line:
            raise RuntimeError(f"{self.process.args!r} has ended.")
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        stop(self.process)


class BeatlensServer(Program):
    """``python -m inference_server`` on a free port, serving, with all its logs in a file.

    ``program`` is another one that serves as it does, ``by`` what starts it, ``environment`` what is not settings.
    """

    def __init__(
        self,
        log: Path,
        *,
        program: Sequence[str] = ("-m", "inference_server"),
        by: Sequence[str] = (sys.executable,),
        environment: Mapping[str, str] | None = None,
        **settings: object,
    ) -> None:
        self._log = log
        environment = {
            "BEATLENS_LISTEN": "127.0.0.1:0",
            "BEATLENS_METRICS_LISTEN": "127.0.0.1:0",
            **(environment or {}),
        }
        environment |= {f"BEATLENS_{name.upper()}": str(value) for name, value in settings.items()}
        begun = time.perf_counter()
        super().__init__(*program, environment=environment, log=log, by=by)
        try:
            listening = self._wait_for("listening")
            self._wait_for("serving")
        except BaseException:  # nobody else could end it
            self.__exit__(None, None, None)
            raise
        self.address = str(listening["address"])
        self._metrics = str(listening["metrics"])
        self.start_seconds = time.perf_counter() - begun
        """From the start of the process to SERVING."""

    def counts(self, name: str) -> dict[tuple[str, ...], float]:
        """The values of a counter by its labels' values, in the order of the labels' names."""
        with urllib.request.urlopen(f"http://{self._metrics}/metrics", timeout=10) as response:
            families = list(text_string_to_metric_families(response.read().decode()))
        return {
            tuple(value for _, value in sorted(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
            if sample.name == name
        }

    def entries(self) -> list[dict[str, Any]]:
        """What it has logged so far."""
        return [json.loads(line) for line in self._log.read_text().splitlines() if line.endswith("}")]

    def wait_for_fronts(self, number: int) -> None:
        """Wait until so many fronts take calls; a server that has one says nothing of it.

        Raises:
            RuntimeError: they do not.
        """
        end = time.perf_counter() + _START_SECONDS
        while number > 1 and sum(self.counts("beatlens_fronts").values()) < number:
            if time.perf_counter() > end or self.process.poll() is not None:
                raise RuntimeError(f"There are fewer than {number} fronts.")
            time.sleep(0.05)

    def _wait_for(self, event: str) -> dict[str, Any]:
        end = time.perf_counter() + _START_SECONDS
        while time.perf_counter() < end and self.process.poll() is None:
            for line in self._log.read_text().splitlines():
                if f'"{event}"' in line and line.endswith("}"):
                    entry: dict[str, Any] = json.loads(line)
                    if entry["event"] == event:
                        return entry
            time.sleep(0.005)
        raise RuntimeError(f"The server did not say {event!r}: {self._log.read_text()[-2000:]}")
