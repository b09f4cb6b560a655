"""The client's side: sends a job to the process that forks, and makes sense of what comes back."""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

from ecg.confinement import frames
from ecg.confinement.limits import Limits

#: What a confined function may return: None, bool, int, float, str, bytes, and tuples, lists and dicts of these.
Plain = Any

#: By its name: a program that is imported as well would run twice.
_PROGRAM: Final = "ecg.confinement.server"

#: Beyond a job's own wall time: for its start, and for the process that forks to notice.
_GRACE_SECONDS: Final = 10.0

#: So long the process that forks has to end its jobs and itself before it is killed.
_END_SECONDS: Final = 2.0


class ConfinementError(Exception):
    """A confined function did not return; the kind says why."""


class TookTooLong(ConfinementError):  # noqa: N818 - reads as what happened
    """It used up its time."""


class TookTooMuchMemory(ConfinementError):  # noqa: N818 - reads as what happened
    """It used up its memory."""


class Crashed(ConfinementError):  # noqa: N818 - reads as what happened
    """Its process died, or it raised something; the message has the traceback where there is one, for the log alone."""


class NoTurn(ConfinementError):  # noqa: N818 - reads as what happened
    """So many others were at work that its turn did not come in time."""


class Turns:
    """Lets at most ``at_once`` confined functions of this process run at the same time, the others wait."""

    def __init__(self, at_once: int, *, wait_seconds: float) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._wait_seconds = wait_seconds

    def __enter__(self) -> None:
        if not self._free.acquire(timeout=self._wait_seconds):
            raise NoTurn(f"No turn within {self._wait_seconds:g} s.")

    def __exit__(self, *_: object) -> None:
        self._free.release()


def run(function: Callable[..., Plain], *arguments: Any, limits: Limits | None = None) -> Plain:
    """The result of ``function(*arguments)``, computed within ``limits`` in a process of its own.

    The function is found by its name, so it must be at the top of a module; the arguments are pickled.

    Raises:
        ConfinementError: it did not return plain data within the limits; see the kinds.
    """
    limits = limits or Limits()
    job = pickle.dumps((limits, function, arguments))
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            _server.begin(theirs, limits.wall_seconds)
        ours.settimeout(limits.wall_seconds + _GRACE_SECONDS)
        # A process that ends early does not read its job to the end; how it ended is told all the same.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            ours.sendall(frames.HEAD.pack(frames.JOB_BODY, len(job)) + job)
        try:
            return _outcome(ours, limits)
        except TimeoutError:
            raise TookTooLong(f"It took more than {limits.wall_seconds:g} s.") from None
        except (EOFError, ConnectionError):
            raise Crashed("The process that forks has died.") from None
        except KeyboardInterrupt:  # whoever is interrupted removes the folder in which the job may still write
            _server.close()
            raise


def _outcome(connection: socket.socket, limits: Limits) -> Plain:
    """What the job's process sent, or what its end means."""
    try:
        kind, body = frames.read_frame(connection, max_bytes=limits.memory_bytes)
    except ValueError as error:
        raise Crashed(str(error)) from None
    if kind == frames.RESULT:
        return _plain(body)
    if kind == frames.NO_MEMORY:
        raise TookTooMuchMemory(f"It wanted more than {limits.memory_bytes:,} bytes.")
    if kind == frames.RAISED:
        raise Crashed(body.decode(errors="replace"))
    code, is_killed = frames.CODE.unpack(body)
    if is_killed:
        raise TookTooLong(f"It took more than {limits.wall_seconds:g} s.")
    if code in (-signal.SIGXCPU, -signal.SIGKILL):  # the second by the hard limit, a second later
        raise TookTooLong(f"It used more than {limits.cpu_seconds:g} s of CPU time.")
    raise Crashed(f"Its process ended with code {code}.")


class _PlainUnpickler(pickle.Unpickler):
    """Reads numbers, text, bytes and collections of them, and nothing that has a class."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse whatever is not built in."""
        raise pickle.UnpicklingError(f"{module}.{name} is not plain data")


def _plain(body: bytes) -> Plain:
    try:
        return _PlainUnpickler(io.BytesIO(body)).load()
    except Exception as error:  # whatever a broken pickle raises
        raise Crashed(f"It did not return plain data: {error}") from None


class _Server:
    """The process that forks, one for each process that has confined work; started when first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0
        atexit.register(self.close)

    def begin(self, connection: socket.socket, seconds: float) -> None:
        """Have a process forked that serves the other end of ``connection``."""
        with self._lock:
            if self._control is None or self._owner != os.getpid():
                self._start()
            try:
                self._send(connection, seconds)
            except OSError:  # it has died: once more with a new one
                self._start()
                self._send(connection, seconds)

    def _send(self, connection: socket.socket, seconds: float) -> None:
        if self._control is not None:
            socket.send_fds(self._control, [frames.JOB.pack(seconds)], [connection.fileno()])

    def _start(self) -> None:
        self._forget()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _PROGRAM, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                # A process with threads must not fork; and what is multiplied in confinement is small.
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
        self._control, self._owner = ours, os.getpid()

    def _forget(self) -> None:
        """Close what is there; after a fork, only this process's copy of it."""
        if self._control is not None:
            self._control.close()
        if self._process is not None and self._owner == os.getpid():
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._control = self._process = None

    def close(self) -> None:
        """End it."""
        with self._lock:
            self._forget()


_server: Final = _Server()
