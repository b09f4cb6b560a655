"""Looking on while something is attacked: how fast it answers others, and what memory its processes take."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.processes.programs import command_line

#: Seconds between two looks.
INTERVAL: Final = 0.25
#: What a process may take more than twice its resting size, bytes.
ALLOWANCE: Final = 200 << 20


@dataclass(slots=True)
class Probe:
    """What came of asking one thing again and again."""

    name: str
    slowest: float = 0.0
    """Seconds."""
    answered: int = 0
    failures: list[str] = field(default_factory=list)

    def ask(self, question: Callable[[], None]) -> None:
        """Ask once; whatever is raised is a failure."""
        begun = time.monotonic()
        try:
            question()
            self.answered += 1
        except Exception as error:
            self.failures.append(f"{type(error).__name__}: {error}")
        self.slowest = max(self.slowest, time.monotonic() - begun)

    def told(self) -> dict[str, int | float | str]:
        """For a report."""
        figures: dict[str, int | float | str] = {"answered": self.answered, "slowest": round(self.slowest, 2)}
        return figures | ({"failed": len(self.failures), "first": self.failures[0]} if self.failures else {})

    def kept(self, seconds: float) -> bool:
        """Whether it was always answered, and in time."""
        return self.answered > 0 and not self.failures and self.slowest <= seconds


@contextmanager
def asked(name: str, question: Callable[[], None], interval: float = INTERVAL) -> Iterator[Probe]:
    """Ask during the block, one question after the other."""
    probe, ended = Probe(name), threading.Event()

    def keep_asking() -> None:
        while not ended.is_set():
            probe.ask(question)
            ended.wait(interval)

    thread = threading.Thread(target=keep_asking, name=name)
    thread.start()
    try:
        yield probe
    finally:
        ended.set()
        thread.join()


@dataclass(slots=True)
class Process:
    """One process, and how large it was."""

    command: str
    resting: int
    """Bytes, before the attack; of one that began during it, what another with the same command had."""
    now: int
    largest: int

    @property
    def allowed(self) -> int:
        """The most that it may take, bytes."""
        return 2 * self.resting + ALLOWANCE

    @property
    def is_at_rest(self) -> bool:
        """Whether it has given back what it took: a quarter and 32 MB more than before are left to its allocator."""
        return self.now <= 1.25 * self.resting + (32 << 20)


#: Memory that stays within so many bytes for so long is that of processes that have finished loading.
_STILL_BYTES: Final = 4 << 20
_STILL_SECONDS: Final = 4.0
_SETTLE_SECONDS: Final = 60.0


def settle(processes: Callable[[], list[int]]) -> None:
    """Wait until a program and its descendants grow no more, for a minute at most."""
    end = time.monotonic() + _SETTLE_SECONDS
    held, since = -1, time.monotonic()
    while time.monotonic() < min(end, since + _STILL_SECONDS):
        now = 0
        for number in processes():
            with contextlib.suppress(OSError, StopIteration):
                now += _size(number, "VmRSS:")
        if abs(now - held) > _STILL_BYTES:
            held, since = now, time.monotonic()
        time.sleep(0.25)


class Memory:
    """The resident memory of a program and its descendants: as it rests, and at most since then."""

    def __init__(self, processes: Callable[[], list[int]]) -> None:
        """Take what they have now as their resting size."""
        self._list = processes
        self.processes: dict[int, Process] = {}
        for number in processes():
            with contextlib.suppress(OSError, StopIteration):
                # The kernel's own high-water mark begins anew.
                Path(f"/proc/{number}/clear_refs").write_text("5")
                size = _size(number, "VmRSS:")
                self.processes[number] = Process(_command(number), size, size, size)

    def look(self) -> None:
        """Take down what they have now, and what they had at most."""
        there = self._list()
        for number in set(self.processes) - set(there):
            self.processes[number].now = 0
        for number in there:
            with contextlib.suppress(OSError, StopIteration):  # it may end while we look
                now, largest = _size(number, "VmRSS:"), _size(number, "VmHWM:")
                known = self.processes.get(number)
                if known is None:
                    command = _command(number)
                    like = [process.resting for process in self.processes.values() if process.command == command]
                    known = self.processes[number] = Process(command, max(like, default=0), now, largest)
                known.now, known.largest = now, max(known.largest, largest)

    @property
    def worst(self) -> Process:
        """The process that came nearest to what it may take, or went farthest beyond."""
        return max(self.processes.values(), key=lambda process: process.largest / process.allowed)

    @property
    def is_at_rest(self) -> bool:
        """Whether all have given back what they took, as of the last look."""
        return all(process.is_at_rest for process in self.processes.values())

    def forget(self) -> None:
        """Begin a new count of what they have at most."""
        for number, process in self.processes.items():
            with contextlib.suppress(OSError):
                Path(f"/proc/{number}/clear_refs").write_text("5")
            process.largest = process.now

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look during the block."""
        ended = threading.Event()

        def keep_looking() -> None:
            while not ended.wait(INTERVAL):
                self.look()

        thread = threading.Thread(target=keep_looking, name="memory")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.look()


def _size(number: int, name: str) -> int:
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


def _command(number: int) -> str:
    """The program and the beginning of its arguments, without the interpreter's path."""
    return " ".join(command_line(number)[1:4])
