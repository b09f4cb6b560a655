"""A task's own process, in which files are read and analysed: whatever they do to it, the task goes on."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from archive import frames, tables
from archive.items import Refusal
from archive.job import Job
from archive.tables import Tables
from ecg.formats.reading import IMPORT_LIMITS
from inference_server.runtime import children

#: By its name: importing it would load onnxruntime into the task.
_PROGRAM: Final = "archive.child"

#: A file gets so many processes; the last one's death is laid to its door.
_TRIES: Final = 2

_START_SECONDS: Final = 180.0
#: Between two signs of life: reading a file may take its limit, and then a segment of the recording its own.
_SILENCE_SECONDS: Final = IMPORT_LIMITS.wall_seconds + 300.0


class Unusable(Exception):  # noqa: N818 - reads as what happened
    """No process can be had that answers; nothing is the matter with any file."""


class _Lost(Exception):  # noqa: N818 - reads as what happened
    """The process has died, or has been silent for too long."""


class Isolated:
    """An engine in a process of its own, started when first needed and again after each death."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._scratch = Path()

    def about(self, file: str, paths: Sequence[Path]) -> Tables:
        """All rows about one recording or picture; a file that kills two processes is a failure, ``WORKER_LOST``.

        Raises:
            Unusable: there is no engine.
        """
        for _ in range(_TRIES):
            try:
                return self._ask(file, paths)
            except _Lost:
                self.close()
        refusal = Refusal("WORKER_LOST", f"{_TRIES} processes that worked on it have died or did not answer.")
        return tables.of_failure(file, refusal, self.job.classes)

    def close(self) -> None:
        """End the process."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            children.end(self._process)
            shutil.rmtree(self._scratch, ignore_errors=True)
        self._connection = self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, file: str, paths: Sequence[Path]) -> Tables:
        connection = self._connection or self._start()
        try:
            frames.send_question(connection, file, paths)
            while _next(connection, _SILENCE_SECONDS) != frames.ROWS:
                pass
            return frames.rows_of(lambda: _next(connection, _SILENCE_SECONDS))
        except (EOFError, OSError) as error:
            raise _Lost from error

    def _start(self) -> Connection:
        ours, theirs = socket.socketpair()
        self._scratch = Path(tempfile.mkdtemp(prefix="beatlens-archive-"))
        with theirs:
            self._process = children.start(
                _PROGRAM,
                str(theirs.fileno()),
                str(self._scratch),
                descriptors=(theirs.fileno(),),
                environment=children.calculating() | {"TMPDIR": str(self._scratch)},
            )
        connection = Connection(ours.detach())
        said = b""
        with contextlib.suppress(EOFError, OSError, _Lost):
            connection.send_bytes(self.job.to_json().encode())
            said = _next(connection, _START_SECONDS)
        if said != frames.READY:
            connection.close()
            self.close()
            raise Unusable(said[1:].decode() or "The process that analyses has ended before it was ready.")
        self._connection = connection
        return connection


def _next(connection: Connection, seconds: float) -> bytes:
    if not connection.poll(seconds):
        raise _Lost
    return connection.recv_bytes()
