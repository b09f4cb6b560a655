"""What a process holds in memory: how much it is, a limit on its growth, and giving back what was freed.

Linux and glibc; elsewhere nothing is known (0 bytes), limited or given back.
"""

from __future__ import annotations

import ctypes
import os
import resource
from functools import cache
from pathlib import Path
from typing import Final

_PAGE_BYTES: Final = resource.getpagesize()
_STATUS: Final = Path("/proc/self/status")

#: glibc keeps freed blocks for later, by rules that suit small ones: after pictures of 25 megapixels a worker kept
#: up to 30 MB. With these, blocks of 1 MiB and more go back to the system as soon as they are freed, and it kept
#: nothing; a small picture cost as much CPU time as before.
MALLOC_ENVIRONMENT: Final = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(16 * 1024 * 1024),
}


def own_bytes() -> int:
    """Memory of this process that stands behind no file and is not shared: heaps and stacks, bytes."""
    try:
        _, resident, shared, *_ = map(int, os.pread(_statm(), 128, 0).split())
    except (OSError, ValueError):
        return 0
    return (resident - shared) * _PAGE_BYTES


@cache
def _statm() -> int:
    """The file that says it, kept open: it is read many times a second."""
    return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)


def give_back() -> None:
    """Give the system what was freed and is kept for later. May take some milliseconds; other threads go on."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def limit_growth(more: int) -> None:
    """From now on this process gets at most ``more`` bytes beyond what it has; then allocations fail (MemoryError)."""
    held = _data_bytes()
    if held:
        _set_limit(held + more)


def lift_limit() -> None:
    """Take back :func:`limit_growth`."""
    _set_limit(resource.RLIM_INFINITY)


def _data_bytes() -> int:
    """What counts against RLIMIT_DATA: private memory that can be written, used or not, bytes."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:")), 0)


def _set_limit(limit: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY and (limit == resource.RLIM_INFINITY or limit > hard):
        limit = hard
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
