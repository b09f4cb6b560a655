"""A share of a CPU for one process, as a control group grants it: so few CPUs look like many slow ones."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_ROOT: Final = Path("/sys/fs/cgroup")
_PERIOD_MICROSECONDS: Final = 50_000
_LEAVE_SECONDS: Final = 10.0


class NoQuota(Exception):  # noqa: N818 - reads as what happened
    """No shares are granted here; ``str(error)`` says why."""


@contextmanager
def share(pid: int, cpus: float, name: str) -> Iterator[None]:
    """Let the process have ``cpus`` of a CPU during the block, without the processes that it has started.

    Raises:
        NoQuota: control groups can't be made here (it takes root).
    """
    old = (_ROOT / "cpu").is_dir()
    group = (_ROOT / "cpu" if old else _ROOT) / f"beatlens-{os.getpid()}-{name}"
    quota = round(cpus * _PERIOD_MICROSECONDS)
    limits = (
        {"cpu.cfs_period_us": f"{_PERIOD_MICROSECONDS}", "cpu.cfs_quota_us": f"{quota}"}
        if old
        else {"cpu.max": f"{quota} {_PERIOD_MICROSECONDS}"}
    )
    try:
        group.mkdir()
        for file, limit in limits.items():
            (group / file).write_text(limit)
        (group / "cgroup.procs").write_text(f"{pid}")
    except OSError as error:
        _remove(group)
        raise NoQuota(f"No share of a CPU for one process: {error}.") from error
    try:
        yield
    finally:
        if Path(f"/proc/{pid}").exists():
            (group.parent / "cgroup.procs").write_text(f"{pid}")
        _remove(group)


def _remove(group: Path) -> None:
    """Remove a group, which may be busy for a moment after its last process has left."""
    end = time.monotonic() + _LEAVE_SECONDS
    while group.exists():
        try:
            group.rmdir()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
