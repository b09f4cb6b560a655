"""What the tests have done in confinement: found by its name there, so it stands in a module."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from ecg.confinement import Limits


def spin() -> None:
    while True:
        pass


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def allocate(count: int) -> int:
    return len(bytearray(count))


def write(path: str, count: int) -> int:
    return Path(path).write_bytes(bytes(count))


def open_files(count: int) -> int:
    return len([os.open(os.devnull, os.O_RDONLY) for _ in range(count)])


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(7)


def fail() -> None:
    raise ValueError("the reason")


def object_with_a_class() -> Any:
    return Limits()


def process() -> tuple[int, int]:
    return os.getpid(), os.getppid()


def descriptors() -> list[str]:
    return sorted(os.listdir("/proc/self/fd"))


def tell_and_stay(path: str) -> None:
    """Leave the number of its process in a file, and stay."""
    Path(path).write_text(str(os.getpid()), encoding="ascii")
    time.sleep(60)
