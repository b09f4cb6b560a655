"""Processes that a process of ours starts for itself: each is told over a socket what to do, and ends with it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from inference_server.runtime.memory import MALLOC_ENVIRONMENT

_END_SECONDS: Final = 5.0


def start(
    program: str, *arguments: str, descriptors: Sequence[int], environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start ``python -m PROGRAM ARGUMENTS…`` with these file descriptors, and this environment instead of ours.

    Raises:
        OSError: the system has no room for one.
    """
    return subprocess.Popen(
        [sys.executable, "-m", program, *arguments],
        pass_fds=descriptors,
        stdin=subprocess.DEVNULL,
        env=environment,
    )


def calculating() -> dict[str, str]:
    """The environment of a process that works on one thing at a time, and gives back what it took for it.

    Models run on one thread there, and what NumPy multiplies is small.
    """
    return {**MALLOC_ENVIRONMENT, **os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def end(process: subprocess.Popen[bytes]) -> None:
    """End it at once: it holds nothing that would be lost. One that the kernel holds on to is not waited for."""
    process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
