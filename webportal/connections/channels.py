"""Connections under deadlines: who sends or reads too slowly is let go, and so is who has waited longest in a crowd."""

from __future__ import annotations

import enum
import time
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, UnixWSGIServer
from waitress.task import WSGITask

from webportal.connections.requests import Limits, Request, on_disk
from webportal.errors import NOT_KEPT
from webportal.observability import metrics

#: From a new connection, or from an answer, until the header of a request is complete, seconds. Browsers open
#: connections before they need them, and open others when those have been ended.
HEADER_SECONDS: Final = 30.0
#: A body, or an answer, is looked at once in this many seconds, and must have moved by this many bytes. A phone that
#: sends 8 MB in a minute is a hundred times faster; one that has no network for half a minute is not let go.
WINDOW_SECONDS: Final = 60.0
WINDOW_BYTES: Final = 60_000
#: Seconds between looks at all connections.
LOOK_SECONDS: Final = 1


class Phase(enum.Enum):
    """What a connection is at."""

    HEADER = "header"
    """No request, or the beginning of one."""
    BODY = "body"
    ANSWERING = "answering"
    """The program has the request in hand; it has deadlines of its own."""
    READING = "reading"
    """The answer is being read."""


class Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    """A call of the program."""

    def get_environment(self) -> dict[str, Any]:
        """The request as WSGI says, and whether its body could be stored."""
        environ: dict[str, Any] = super().get_environment()
        environ[NOT_KEPT] = self.request.not_kept
        return environ


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection that knows how long it has been at what it is at."""

    parser_class = Request
    task_class = Task
    request: Request | None
    requests: list[Request]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._at: tuple[Phase, int] = (Phase.HEADER, 0)
        self._since = time.monotonic()
        self._moved = self._answers = 0

    @property
    def phase(self) -> Phase:
        """What it is at now."""
        if self.requests:
            return Phase.READING if self.total_outbufs_len > self.sendbuf_len else Phase.ANSWERING
        if self.total_outbufs_len:
            return Phase.READING
        return Phase.BODY if self.request is not None and self.request.headers_finished else Phase.HEADER

    def waited(self, now: float) -> float:
        """How long it has been at it, seconds."""
        if (at := (self.phase, self._answers)) != self._at:
            self._at, self._since, self._moved = at, now, 0
        return now - self._since

    def is_too_slow(self, now: float) -> bool:
        """Whether it has had its time; begins another window for one that moves."""
        waited = self.waited(now)
        match self._at[0]:
            case Phase.ANSWERING:
                return False
            case Phase.HEADER:
                return waited > HEADER_SECONDS
        if waited < WINDOW_SECONDS:
            return False
        moved, self._moved, self._since = self._moved, 0, now
        return moved < WINDOW_BYTES

    def spooled(self) -> int:
        """What it has on the disk, bytes."""
        requests = chain(self.requests, [self.request] if self.request else [])
        return sum(map(on_disk, self.outbufs)) + sum(request.spooled() for request in requests)

    def received(self, data: bytes) -> bool:
        """Take what came in."""
        self._moved += len(data)
        return bool(super().received(data))

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send as much as goes; returns how many bytes did."""
        sent = int(super().send(data, do_close))
        self._moved += sent
        return sent

    def service(self) -> None:
        """Have the program answer, in one of its threads."""
        super().service()
        self._answers += 1

    def handle_close(self) -> None:
        """Forget what was received of a request, too."""
        if self.request is not None:
            self.request.close()
        super().handle_close()


class _Server:
    """What both kinds of listening sockets do with their connections."""

    channel_class = Channel
    active_channels: dict[int, Channel]
    adj: Limits

    def handle_accept(self) -> None:
        """Take a connection, and let go the one that has waited longest when there are too many."""
        super().handle_accept()  # type: ignore[misc]  # of the class that it is mixed into
        if len(self.active_channels) > self.adj.most_connections:
            now = time.monotonic()
            idle = [channel for channel in self.active_channels.values() if channel.phase is Phase.HEADER]
            waiting = idle or [channel for channel in self.active_channels.values() if not channel.requests]
            if waiting:
                let_go(max(waiting, key=lambda channel: channel.waited(now)), "crowd")

    def maintenance(self, _now: float) -> None:
        """Let go those who are too slow, and the largest when together they have too much on the disk."""
        now = time.monotonic()
        for channel in list(self.active_channels.values()):
            if channel.is_too_slow(now):
                let_go(channel, f"slow_{channel.phase.value}")
        spooled = {channel: channel.spooled() for channel in self.active_channels.values()}
        left = sum(spooled.values()) - self.adj.spool_bytes
        movable = [channel for channel in spooled if channel.phase is not Phase.ANSWERING]
        for channel in sorted(movable, key=spooled.__getitem__, reverse=True):
            if left <= 0:
                break
            left -= spooled[channel]
            let_go(channel, "spool")
        metrics.connections(len(self.active_channels))

    def busy(self) -> Iterator[Channel]:
        """Connections with a request that has begun to come in, is being answered, or is being read."""
        return (
            channel
            for channel in self.active_channels.values()
            if channel.phase is not Phase.HEADER or channel.request is not None
        )


class TcpServer(_Server, TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
    """A listening TCP socket and its connections."""


class UnixServer(_Server, UnixWSGIServer):  # type: ignore[misc]  # waitress has no types
    """A listening Unix socket and its connections."""


def let_go(channel: Channel, why: str) -> None:
    """End a connection without an answer: whoever is at the other end would not read it."""
    metrics.connection_let_go(why)
    channel.handle_close()
