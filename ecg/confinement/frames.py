"""What goes over the sockets between a client and the process that forks for it."""

from __future__ import annotations

import socket
import struct
from typing import Final

#: The control message: wall time that the job has, seconds.
JOB: Final = struct.Struct("<d")
#: The head of whatever comes over a job's socket: kind, length of the body.
HEAD: Final = struct.Struct("<cQ")
JOB_BODY: Final = b"J"
"""The job, from the client: pickled ``(limits, function, arguments)``."""
RESULT: Final = b"R"
"""Pickled plain data."""
RAISED: Final = b"E"
"""A traceback as text."""
NO_MEMORY: Final = b"M"
ENDED: Final = b"S"
"""How the process ended: :data:`CODE`, negative for a signal. The last that comes."""
CODE: Final = struct.Struct("<i?")
"""Exit code; whether it was killed because its wall time was up."""


def read_frame(connection: socket.socket, *, max_bytes: int | None) -> tuple[bytes, bytes]:
    """The next kind and body.

    Raises:
        EOFError: the other end has closed.
        ValueError: the body is longer than ``max_bytes``.
        TimeoutError: the socket's timeout passed.
    """
    kind, length = HEAD.unpack(_read_exactly(connection, HEAD.size))
    if max_bytes is not None and length > max_bytes:
        raise ValueError(f"A body of {length:,} bytes is too long.")
    return kind, _read_exactly(connection, length)


def _read_exactly(connection: socket.socket, length: int) -> bytes:
    buffer = bytearray(length)
    view, place = memoryview(buffer), 0
    while place < length:
        received = connection.recv_into(view[place:])
        if not received:
            raise EOFError
        place += received
    return bytes(buffer)
