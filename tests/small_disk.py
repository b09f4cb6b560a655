"""A real file system of a few megabytes, for tests of what happens when it is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.processes.small_disk import fill, mount, unmount

__all__ = ["fill", "small_disk"]


@contextmanager
def small_disk(folder: Path, *, size: str = "2m") -> Iterator[Path]:
    """An empty file system on ``folder``; the test is skipped where nobody may make one."""
    try:
        mount(folder, size)
    except PermissionError as refusal:
        pytest.skip(str(refusal))
    try:
        yield folder
    finally:
        unmount(folder)
