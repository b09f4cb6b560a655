"""Fetching the recordings from PhysioNet, every file checked against the database's own checksums."""

from __future__ import annotations

import hashlib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from training.databases.database import RecordsError

BASE_URL = "https://physionet.org/files/mitdb/1.0.0/"
_TIMEOUT_SECONDS = 60
_MAX_FILE_BYTES = 16 * 1024 * 1024


def download(out: Path, base_url: str = BASE_URL) -> Iterator[tuple[str, int, int]]:
    """Fetch the MIT-BIH Arrhythmia Database into ``out``; files that are already there and whole stay.

    Yields:
        ``(file, done, total)`` after each file.

    Raises:
        RecordsError: the network, the disk or a checksum failed; what was fetched so far stays.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        sums = _fetch(base_url + "SHA256SUMS.txt")
        wanted = {}
        for line in sums.decode().splitlines():
            digest, _, name = line.partition(" ")
            name = name.strip()
            if "/" not in name and (name == "RECORDS" or name.endswith((".hea", ".dat", ".atr"))):
                wanted[name] = digest
        for done, (name, digest) in enumerate(wanted.items(), start=1):
            path = out / name
            if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
                content = _fetch(base_url + name)
                if hashlib.sha256(content).hexdigest() != digest:
                    raise RecordsError(f"{name} arrived damaged: its SHA-256 differs. Run the command again.")
                path.write_bytes(content)
            yield name, done, len(wanted)
        (out / "SHA256SUMS.txt").write_bytes(sums)
    except OSError as error:
        raise RecordsError(f"Download from {base_url} into {out} failed: {error}") from error


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - a fixed https address
        content: bytes = response.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise RecordsError(f"{url} is larger than {_MAX_FILE_BYTES:,} bytes.")
    return content
