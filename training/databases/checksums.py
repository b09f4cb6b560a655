"""Whether a copy of a database is whole, by the checksums that PhysioNet gives with it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from training.databases.database import RecordsError

_SUMS: Final = "SHA256SUMS.txt"
_HEADER: Final = ".hea"
_SUFFIXES: Final = {_HEADER, ".dat", ".atr"}


def verify(folder: Path, *, headers: bool = True) -> int:
    """Compare every file of the records with the database's own ``SHA256SUMS.txt``.

    Args:
        folder: Of the copy.
        headers: Whether headers are compared, too.

    Returns:
        How many files were compared; 0 if the folder has no checksum file.

    Raises:
        RecordsError: a file differs.
    """
    sums = folder / _SUMS
    if not sums.is_file():
        return 0
    compared = 0
    for line in sums.read_text(encoding="utf-8").splitlines():
        expected, _, name = line.partition(" ")
        path = folder / name.strip()
        if path.suffix not in _SUFFIXES or not path.is_file() or (path.suffix == _HEADER and not headers):
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise RecordsError(f"{path} is damaged: its SHA-256 differs from {_SUMS}. Download it again.")
        compared += 1
    return compared
