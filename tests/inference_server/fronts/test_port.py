"""The one port of all fronts."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from inference_server.fronts.port import kept_port
from inference_server.rpc.listening import AddressUnavailable


def test_a_port_that_was_taken_by_chance_is_named_and_can_be_shared_by_those_who_say_so() -> None:
    with kept_port("127.0.0.1:0") as address:
        host, _, port = address.rpartition(":")
        with socket.socket() as front:
            front.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            front.bind((host, int(port)))
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind((host, int(port)))
        with pytest.raises(AddressUnavailable, match=address), kept_port(address):
            pass


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(AddressUnavailable, match=r"192\.0\.2\.77"), kept_port("192.0.2.77:0"):
        pass


def test_a_name_may_have_an_address_that_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[Any] = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in ("192.0.2.77", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: known)
    with kept_port("localhost:0") as address:
        assert address.startswith("localhost:")


@pytest.mark.parametrize("options", [(socket.SO_REUSEADDR,), (socket.SO_REUSEADDR, socket.SO_REUSEPORT)])
def test_connections_that_have_just_ended_do_not_keep_the_port(options: tuple[int, ...]) -> None:
    with socket.socket() as before:
        for option in options:
            before.setsockopt(socket.SOL_SOCKET, option, 1)
        before.bind(("127.0.0.1", 0))
        before.listen()
        host, port = before.getsockname()
        with socket.create_connection((host, port)) as caller:
            before.accept()[0].close()  # whoever closes first waits for a minute
            caller.recv(1)
    with kept_port(f"{host}:{port}") as address:
        assert address == f"{host}:{port}"
