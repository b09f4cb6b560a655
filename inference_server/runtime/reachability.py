"""Whether anybody listens at an address: what libraries of others find out after minutes."""

from __future__ import annotations

import socket


def check_listens(address: str, seconds: float = 10.0) -> None:
    """See that something takes connections at ``HOST:PORT`` or ``scheme://HOST:PORT``. Addresses of
    another form pass.

    Raises:
        OSError: nothing does, or not in time.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), seconds).close()
