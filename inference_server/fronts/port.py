"""The one port of all fronts: kept for them by the supervisor, so that no other server shares it in silence."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from inference_server.rpc.listening import AddressUnavailable


@contextmanager
def kept_port(listen: str) -> Iterator[str]:
    """``HOST:PORT`` of ``listen``, with the port that was taken where it has 0, for the fronts to listen on.

    Linux lets several processes of one user listen on a port if each says so (``SO_REUSEPORT``) and gives each new
    connection to one of them. A socket that says so too, and does not listen, keeps everybody else away. Before that it
    is bound without saying so, which fails where somebody listens, whatever they have said.

    Raises:
        AddressUnavailable: the port is taken, or the address is not one of this machine.
    """
    host, _, port = listen.rpartition(":")
    host, number = host.strip("[]"), int(port)
    with ExitStack() as kept:
        try:
            for family, *_, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM):
                with _bound(family, address[0], number, shared=False) as alone:
                    number = alone.getsockname()[1]
                kept.enter_context(_bound(family, address[0], number, shared=True))
        except OSError as error:
            raise AddressUnavailable(f"Can't listen on {listen}: the port is taken or not allowed.") from error
        yield f"{listen.rpartition(':')[0]}:{number}"


def _bound(family: socket.AddressFamily, host: str | int, port: int, *, shared: bool) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # Without this, connections that have just ended keep the port for a minute.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound
