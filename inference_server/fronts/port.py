"""The one port of all fronts: kept for them by the supervisor, so that no other server shares it in silence."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from inference_server.rpc.listening import AddressUnavailable

_NOT_HERE: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


@contextmanager
def kept_port(listen: str) -> Iterator[str]:
    """``HOST:PORT`` of ``listen``, with the port that was taken where it has 0, for the fronts to listen on.

    Linux lets several processes of one user listen on a port if each says so (``SO_REUSEPORT``) and gives each new
    connection to one of them. A socket that says so too, and does not listen, keeps all others away. Before that it
    is bound without saying so, which fails where somebody listens, whatever they have said.

    Raises:
        AddressUnavailable: the port is taken, or the address is not one of this machine.
    """
    host, _, port = listen.rpartition(":")
    host, number = host.strip("[]"), int(port)
    with ExitStack() as kept:
        missing = 0
        try:
            addresses = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            for family, *_, address in addresses:
                try:
                    with _bound(family, address[0], number, socket.SO_REUSEADDR) as alone:
                        number = alone.getsockname()[1]
                except OSError as error:  # localhost has an address of IPv6 where this machine has none
                    missing += 1
                    if error.errno not in _NOT_HERE or missing == len(addresses):
                        raise
                else:
                    kept.enter_context(_shared(family, address[0], number))
        except OSError as error:
            raise AddressUnavailable(f"Can't listen on {listen}: the port is taken or not allowed.") from error
        yield f"{listen.rpartition(':')[0]}:{number}"


def _shared(family: socket.AddressFamily, host: str | int, port: int) -> socket.socket:
    """A socket that keeps the port. Where connections of a server without fronts have ended in the last minute, it has
    to look past them, and would let in another supervisor that has not begun to listen either.
    """
    try:
        return _bound(family, host, port, socket.SO_REUSEPORT)
    except OSError:
        return _bound(family, host, port, socket.SO_REUSEPORT, socket.SO_REUSEADDR)


def _bound(family: socket.AddressFamily, host: str | int, port: int, *options: int) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for option in options:
            bound.setsockopt(socket.SOL_SOCKET, option, 1)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound
