"""Load from h2load (Debian: nghttp2-client), which costs a fraction of what a Python client would."""

from __future__ import annotations

import shutil
import statistics
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: The content type of gRPC's calls.
GRPC: Final = "application/grpc"

_TIMEOUT_SECONDS: Final = 600


class LoadError(Exception):
    """The load could not be made, or not every call was answered; ``str(error)`` says why."""


@dataclass(frozen=True, slots=True)
class Load:
    """What became of a number of calls."""

    calls: int
    succeeded: int
    """Calls that ended with an HTTP status of success; for gRPC that says nothing about the answer."""
    seconds: float
    """From the begin of the first call to the end of the last."""
    p50: float
    """Median time of a call, seconds."""
    p99: float
    """99th percentile of the time of a call, seconds."""


def framed(*messages: bytes) -> bytes:
    """The body of a gRPC request: each message, uncompressed, after its length."""
    return b"".join(struct.pack(">BI", 0, len(message)) + message for message in messages)


def available() -> bool:
    """Whether h2load is installed."""
    return shutil.which("h2load") is not None


def h2load(url: str, body: bytes, *, calls: int, connections: int, concurrency: int, content_type: str = GRPC) -> Load:
    """Send ``body`` in ``calls`` POST requests, ``concurrency`` of them at once over ``connections``.

    HTTP/2 with gRPC's headers for its content type, HTTP/1.1 for any other.

    Raises:
        LoadError: h2load is missing or failed.
    """
    if concurrency % connections:
        raise ValueError("concurrency must be a multiple of connections")
    headers = ["-H", f"content-type: {content_type}", *(["-H", "te: trailers"] if content_type == GRPC else ["--h1"])]
    with tempfile.TemporaryDirectory() as folder:
        file, log = Path(folder) / "body", Path(folder) / "log"
        file.write_bytes(body)
        command = ["h2load", "-n", f"{calls}", "-c", f"{connections}", "-m", f"{concurrency // connections}", *headers]
        command += ["-d", str(file), f"--log-file={log}", url]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=True)
            rows = [tuple(map(int, line.split("\t"))) for line in log.read_text().splitlines()]
        except FileNotFoundError:
            raise LoadError("h2load is not installed (Debian: nghttp2-client).") from None
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired, ValueError, OSError) as error:
            raise LoadError(f"h2load failed: {error}") from error
    if not rows:
        raise LoadError(f"No call was answered: {ran.stdout[-1000:]}")
    # Columns: begin (µs since the epoch), HTTP status (-1: none), duration (µs).
    seconds = [row[2] / 1e6 for row in rows]
    whole = (max(row[0] + row[2] for row in rows) - min(row[0] for row in rows)) / 1e6
    percentiles = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
    succeeded = sum(200 <= row[1] < 300 for row in rows)
    return Load(calls=calls, succeeded=succeeded, seconds=whole, p50=statistics.median(seconds), p99=percentiles[98])
