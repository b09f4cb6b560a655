"""What confined work may use, and how the system is told so."""

from __future__ import annotations

import math
import os
import resource
from dataclasses import dataclass
from typing import Final

#: Confined work steps back behind whoever waits for a page.
_NICENESS: Final = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What a confined function may use."""

    cpu_seconds: float = 5.0
    """CPU time, rounded up to whole seconds."""
    wall_seconds: float = 20.0
    """Time from start to end."""
    memory_bytes: int = 512 * 1024 * 1024
    """Address space beyond what the process has when it starts."""
    file_bytes: int = 0
    """Largest file that it may write."""
    open_files: int = 64


def apply(limits: Limits) -> None:
    """Hold this process to ``limits`` from now on, for good."""
    seconds = math.ceil(limits.cpu_seconds)
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_AS, _address_space() + limits.memory_bytes, None),
        (resource.RLIMIT_FSIZE, limits.file_bytes, None),
        (resource.RLIMIT_NOFILE, limits.open_files, None),
        (resource.RLIMIT_CORE, 0, None),
    ):
        present = resource.getrlimit(kind)[1]
        wanted = soft if hard is None else hard
        bound = wanted if present == resource.RLIM_INFINITY else min(wanted, present)
        resource.setrlimit(kind, (min(soft, bound), bound))
    os.nice(_NICENESS)


def _address_space() -> int:
    """Bytes of address space that this process has now."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
