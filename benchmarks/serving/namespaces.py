"""Hosts of a small network as network namespaces of this machine (Linux, root, iproute2)."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

_NUMBERS: Final = itertools.count(1)
#: Of the network that each host shares with this one, by their numbers; 198.18.0.0/15 is for benchmarks (RFC 2544).
_NETWORK: Final = "198.18.{number}."


class NoNamespaces(Exception):  # noqa: N818 - reads as what happened
    """Hosts can't be made here; ``str(error)`` says why."""


def available() -> bool:
    """Whether hosts can be made here."""
    if os.geteuid() or shutil.which("ip") is None:
        return False
    try:
        with Host():
            return True
    except NoNamespaces:
        return False


class Host:
    """A host at ``address``, one cable away, during the block.

    Raises:
        NoNamespaces: it can't be made here.
    """

    def __init__(self) -> None:
        number = next(_NUMBERS)
        network = _NETWORK.format(number=number)
        self.address = f"{network}2"
        self._here = f"{network}1"
        self._name = f"beatlens-{os.getpid()}-{number}"
        self._cable = f"bl{os.getpid() % 100_000}x{number}"  # an interface's name has 15 letters at most

    @property
    def python(self) -> Sequence[str]:
        """The command that runs this Python there."""
        return ("ip", "netns", "exec", self._name, sys.executable)

    def cut_off(self) -> None:
        """Pull the cable at the host's end: what is sent there is lost without a word."""
        _ip("-n", self._name, "link", "set", "cable", "down")

    def __enter__(self) -> Self:
        try:
            _ip("netns", "add", self._name)
            _ip("link", "add", self._cable, "type", "veth", "peer", "name", "cable", "netns", self._name)
            _ip("addr", "add", f"{self._here}/30", "dev", self._cable)
            _ip("link", "set", self._cable, "up")
            _ip("-n", self._name, "addr", "add", f"{self.address}/30", "dev", "cable")
            _ip("-n", self._name, "link", "set", "cable", "up")
            _ip("-n", self._name, "link", "set", "lo", "up")
        except NoNamespaces:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._remove()

    def _remove(self) -> None:
        """Both ends of the cable go with one of them."""
        for command in (("link", "del", self._cable), ("netns", "del", self._name)):
            subprocess.run(["ip", *command], check=False, capture_output=True, timeout=30)


def _ip(*arguments: str) -> None:
    try:
        subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=30)
    except subprocess.CalledProcessError as error:
        raise NoNamespaces(f"ip {' '.join(arguments)}: {error.stderr.strip()}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoNamespaces(str(error)) from error
