"""Nobody there is said at once."""

from __future__ import annotations

import socket

import pytest

from inference_server.runtime.reachability import check_listens


def test_somebody_is_heard_and_nobody_is_an_error(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        check_listens(f"127.0.0.1:{free_port}")
        check_listens(f"ray://localhost:{free_port}")
    for address in (f"127.0.0.1:{free_port}", f"ray://127.0.0.1:{free_port}"):
        with pytest.raises(ConnectionRefusedError):
            check_listens(address)


def test_addresses_of_other_forms_are_for_others_to_judge() -> None:
    check_listens("auto")
    check_listens("")
