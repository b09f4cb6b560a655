"""One worker of a submission, on a machine of the cluster: an actor that outlives whoever began it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from training.submission import packing

#: Lines of output that are held for who reads them later.
_MAX_LINES: Final = 20_000
#: Bytes of a line: progress bars redraw theirs without an end.
_MAX_LINE: Final = 1_000
_END_SECONDS: Final = 20.0


class State(NamedTuple):
    """How far a worker is."""

    step: int
    """Programs that have ended well."""
    steps: int
    """Programs that it was given; 0: none yet."""
    failed: bool
    """Whether one of them has failed; the others are left out then."""
    first_line: int
    """Number of the first of :attr:`lines`."""
    lines: tuple[str, ...]


class Machine:
    """Runs programs in a folder of their own, one after the other, beside calls that ask about them."""

    def __init__(self, name: str) -> None:
        self._folder = Path(tempfile.gettempdir()) / "beatlens-submissions" / name
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._dropped = 0
        self._step, self._steps, self._failed = 0, 0, False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._ending = False
        self._packed = self._folder.with_suffix(".tar.gz")

    def address(self) -> str:
        """A host and port that TensorFlow's exchange may use."""
        import ray

        host = ray.util.get_node_ip_address()
        with socket.socket() as free:
            free.bind((host, 0))
            return f"{host}:{free.getsockname()[1]}"

    def begin(self, files: dict[str, str], programs: Sequence[Sequence[str]], environment: dict[str, str]) -> None:
        """Run programs, each a list of arguments to this Python, after writing ``files``; what runs goes on."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return
            self._step, self._steps, self._failed = 0, len(programs), False
            self._ending = False
            self._folder.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                (self._folder / name).write_text(content)
            self._thread = threading.Thread(target=self._run, args=(programs, environment), daemon=True)
            self._thread.start()

    def state(self, first_line: int) -> State:
        """How far it is, and its lines from ``first_line`` on, as far as they are held."""
        with self._lock:
            first = max(first_line, self._dropped)
            return State(self._step, self._steps, self._failed, first, tuple(self._lines[first - self._dropped :]))

    def pack(self, name: str) -> tuple[int, str]:
        """Pack a folder of its own; bytes and SHA-256."""
        digest = packing.pack(self._folder / name, self._packed)
        return self._packed.stat().st_size, digest

    def chunk(self, begin: int) -> bytes:
        """Bytes of what was packed."""
        with self._packed.open("rb") as file:
            file.seek(begin)
            return file.read(packing.CHUNK)

    def end(self, *, remove: bool) -> None:
        """Stop what runs, and remove its folder where nobody needs it any more."""
        with self._lock:
            self._ending = True
            process, thread = self._process, self._thread
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        if thread is not None:
            thread.join(_END_SECONDS)
        if remove:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._packed.unlink(missing_ok=True)

    def _run(self, programs: Sequence[Sequence[str]], environment: dict[str, str]) -> None:
        for arguments in programs:
            if self._ending or self._program(arguments, environment):
                with self._lock:
                    self._failed = True
                return
            with self._lock:
                self._step += 1

    def _program(self, arguments: Sequence[str], environment: dict[str, str]) -> int:
        """Run one; its exit code."""
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self._folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with self._lock:
            self._process = process
        assert process.stdout is not None  # noqa: S101 - as asked above
        with process.stdout as output:
            while line := output.readline(_MAX_LINE):
                self._add(line.decode(errors="replace").rstrip())
        return process.wait()

    def _add(self, line: str) -> None:
        with self._lock:
            self._lines.append(line)
            if len(self._lines) > _MAX_LINES:
                del self._lines[0]
                self._dropped += 1
