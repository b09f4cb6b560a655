"""The ports that the environment names, and whether they can be had."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Mapping
from typing import NamedTuple, Self

from launcher.errors import LaunchError


class Ports(NamedTuple):
    """Where the parts listen on the loopback address."""

    portal: int
    grpc: int
    """The inference server."""
    internal: int
    """The portal's health and metrics."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """``PORT``, ``GRPC_PORT`` and ``INTERNAL_PORT``, or what stands for them.

        Raises:
            LaunchError: one is no port number, two are the same, or somebody listens on one.
        """
        defaults = {"PORT": 8000, "GRPC_PORT": 50051, "INTERNAL_PORT": 9465}
        ports = {name: port_from(environment, name, default) for name, default in defaults.items()}
        for name, other in itertools.combinations(ports, 2):
            if ports[name] == ports[other]:
                raise LaunchError(f"{name} and {other} are both {ports[name]}; they must differ.")
        for name, port in ports.items():
            require_free(port, name)
        return cls(*ports.values())


def port_from(environment: Mapping[str, str], name: str, default: int) -> int:
    """The port that the environment names, or ``default``.

    Raises:
        LaunchError: not a port number.
    """
    text = environment.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise LaunchError(f"{name}={text} is not a port number; give one from 1 to 65535.")
    return int(text)


def require_free(port: int, name: str) -> None:
    """Raise :class:`LaunchError` when somebody listens on ``port`` of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LaunchError(
                f"Port {port} can't be used ({error.strerror}). Choose another, e.g. {name}={_another(port)} make run"
            ) from error


def _another(port: int) -> int:
    return port + 1 if 1024 <= port < 65535 else 8080
