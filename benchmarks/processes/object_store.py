"""An object store of one's own for as long as a block lasts: moto's server, which speaks S3 and keeps all in memory."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.processes.free_ports import free_port
from benchmarks.processes.programs import stop

BUCKET: Final = "beatlens"
#: How long the server may take to start or to stop, seconds.
PATIENCE: Final = 60.0
_ANSWER_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A running server with an empty bucket."""

    endpoint: str
    """Its address, ``http://…``."""

    @property
    def settings(self) -> dict[str, str]:
        """The environment that lets a portal use it."""
        return {
            "BEATLENS_MEDIA_S3_BUCKET": BUCKET,
            "BEATLENS_MEDIA_S3_ENDPOINT": self.endpoint,
            "BEATLENS_MEDIA_S3_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "beatlens",
            "AWS_SECRET_ACCESS_KEY": "any-will-do",
        }


@contextlib.contextmanager
def running(log: Path) -> Iterator[ObjectStore]:
    """A server on a port of the loopback address, its output in ``log``.

    Raises:
        RuntimeError: it didn't start; says why.
    """
    store = ObjectStore(f"http://127.0.0.1:{free_port()}")
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "--host=127.0.0.1", f"--port={store.endpoint.rpartition(':')[2]}"],
            stdout=output,
            stderr=output,
        )
    try:
        _wait(server, store, log)
        yield store
    finally:
        stop(server, seconds=PATIENCE)


def _wait(server: subprocess.Popen[bytes], store: ObjectStore, log: Path) -> None:
    """Until it has made the bucket."""
    end = time.monotonic() + PATIENCE
    making = urllib.request.Request(f"{store.endpoint}/{BUCKET}", method="PUT")  # noqa: S310 - the server's own
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            opener.open(making, timeout=_ANSWER_SECONDS).close()
            return
        except (urllib.error.URLError, OSError) as error:
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"The object store didn't start:\n{log.read_text(errors='replace')}") from error
            time.sleep(0.05)
