"""Ports on loopback for processes that are about to start."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack
from typing import Final

#: Below the ports that systems give to outgoing connections (from 32,768 on): one of those might take a port between
#: this look at it and the start of the process that it is for.
_FIRST: Final = 20_000
_LAST: Final = 31_999
_TRIES: Final = 200


def free_ports(count: int) -> list[int]:
    """``count`` different ports on which nothing listens, by chance, so that tests side by side rarely choose the same.

    Raises:
        OSError: no free port was found.
    """
    ports: list[int] = []
    with ExitStack() as stack:
        for port in random.SystemRandom().sample(range(_FIRST, _LAST + 1), _TRIES):
            probe = stack.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
            if len(ports) == count:
                return ports
    raise OSError(f"No {count} free ports between {_FIRST} and {_LAST}.")


def free_port() -> int:
    """One of :func:`free_ports`."""
    return free_ports(1)[0]
