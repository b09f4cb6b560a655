"""Where the files of a stored recording are read: in a folder of this machine, or a range of bytes at a time.

:mod:`ecg.store` asks for what it needs and no more, so that a stretch of a recording of days can be read from a place
that is far away.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class StoreFiles(Protocol):
    """Files by their names; both calls raise ``FileNotFoundError`` for one that is not there."""

    def size(self, name: str) -> int:
        """Bytes of a file."""

    def read(self, name: str, begin: int, end: int) -> NDArray[np.uint8]:
        """Bytes ``begin`` to ``end`` of a file, ``[end - begin]``; those behind its end are left out."""


@dataclass(frozen=True, slots=True)
class MappedFiles:
    """The files of a folder, mapped into memory: what is read of them is what is looked at."""

    folder: Path

    def size(self, name: str) -> int:
        """See :meth:`StoreFiles.size`."""
        return (self.folder / name).stat().st_size

    def read(self, name: str, begin: int, end: int) -> NDArray[np.uint8]:
        """See :meth:`StoreFiles.read`."""
        if begin >= end or not self.size(name):  # nothing can't be mapped
            return np.empty(0, np.uint8)
        return np.memmap(self.folder / name, np.uint8, "r")[begin:end]
