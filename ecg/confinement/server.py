"""The process that confined ones are forked off: ``python -m ecg.confinement.server SOCKET``, started by its client.

For each job its client sends one end of a socket pair. Over that, the forked process reads the job and sends its
answer, and then this process sends how the other ended. It ends when its client closes the control socket or dies,
and whatever is still at work ends with it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from ecg.confinement.frames import CODE, ENDED, HEAD, JOB, JOB_BODY, NO_MEMORY, RAISED, RESULT, read_frame
from ecg.confinement.limits import Limits, apply

#: Loaded before anything is forked, so that no job pays for it. Those that are not installed are left out.
_PRELOADED: Final = ("ecg.formats.reading", "ecg.pictures.confined", "PIL.PngImagePlugin", "PIL.JpegImagePlugin")

#: A job holds its process to it, so this is about broken parts only: an answer that nobody takes.
_SEND_SECONDS: Final = 30.0


@dataclass
class _Job:
    """A process at work."""

    process: int
    handle: int
    """Its pidfd."""
    connection: socket.socket
    end: float
    """When its time is up, ``time.monotonic()``."""
    is_killed: bool = field(default=False)


class _Server:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._jobs: dict[int, _Job] = {}

    def serve(self) -> None:
        """Fork a process for each job until the client is gone, then end those that are left."""
        while True:
            for key, _ in self._selector.select(self._until_next_end()):
                if key.fileobj is self._control:
                    if not self._accept():
                        self._kill(list(self._jobs.values()))
                        return
                else:
                    self._collect(key.fd)
            self._kill_late()

    def _until_next_end(self) -> float | None:
        ends = [job.end for job in self._jobs.values() if not job.is_killed]
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def _accept(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, JOB.size, 1)
        if len(message) < JOB.size or not descriptors:
            return False
        (seconds,) = JOB.unpack(message)
        process = os.fork()
        if not process:
            _become_job(descriptors[0])
        handle = os.pidfd_open(process)
        connection = socket.socket(fileno=descriptors[0])
        self._jobs[handle] = _Job(process, handle, connection, time.monotonic() + seconds)
        self._selector.register(handle, selectors.EVENT_READ)
        return True

    def _collect(self, handle: int) -> None:
        job = self._jobs.pop(handle)
        self._selector.unregister(handle)
        os.close(handle)
        _, status = os.waitpid(job.process, 0)
        body = CODE.pack(os.waitstatus_to_exitcode(status), job.is_killed)
        # The client may have gone, or have left an answer in the socket that fills it; neither may hold up the others.
        with job.connection, contextlib.suppress(OSError):
            job.connection.setblocking(False)
            job.connection.sendall(HEAD.pack(ENDED, len(body)) + body)

    def _kill_late(self) -> None:
        now = time.monotonic()
        self._kill([job for job in self._jobs.values() if job.end <= now and not job.is_killed])

    def _kill(self, jobs: list[_Job]) -> None:
        for job in jobs:
            signal.pidfd_send_signal(job.handle, signal.SIGKILL)
            job.is_killed = True


def _become_job(descriptor: int) -> None:
    """The life of a forked process; it never returns."""
    code = 1
    try:
        os.closerange(3, descriptor)
        os.closerange(descriptor + 1, 1024)
        with socket.socket(fileno=descriptor) as connection:
            connection.settimeout(_SEND_SECONDS)
            kind, body = read_frame(connection, max_bytes=None)
            if kind == JOB_BODY:
                connection.sendall(_answer(body))
        code = 0
    finally:
        os._exit(code)


def _answer(body: bytes) -> bytes:
    """The frame that tells what came of a job."""
    try:
        limits, function, arguments = _unpacked(body)
        apply(limits)
        result = pickle.dumps(function(*arguments))
        return HEAD.pack(RESULT, len(result)) + result
    except MemoryError:
        return HEAD.pack(NO_MEMORY, 0)
    except BaseException:
        text = traceback.format_exc(limit=20).encode()
        return HEAD.pack(RAISED, len(text)) + text


def _unpacked(body: bytes) -> tuple[Limits, Callable[..., Any], tuple[Any, ...]]:
    limits, function, arguments = pickle.loads(body)  # noqa: S301 - what the client of this process has packed
    return limits, function, arguments


def main(descriptor: str) -> None:
    """Serve the client at the other end of the control socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client decides when this ends
    for name in _PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with socket.socket(fileno=int(descriptor)) as control:
        _Server(control).serve()


if __name__ == "__main__":
    main(sys.argv[1])
