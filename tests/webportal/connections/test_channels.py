"""Connections that are slow, many, large or odd, on a server with one thread for answers."""

from __future__ import annotations

import errno
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import pytest
from waitress import wasyncore
from waitress.buffers import TempfileBasedBuffer
from waitress.task import ThreadedTaskDispatcher

from webportal.connections import channels
from webportal.connections.channels import Channel, TcpServer
from webportal.connections.requests import Limits
from webportal.errors import NOT_KEPT
from webportal.observability import metrics

PATIENCE = 20.0
#: More than the buffers of two kernels hold.
LARGE = b"x" * (24 << 20)


@dataclass
class Served:
    """A running server, and the requests that its program was called with."""

    port: int
    server: TcpServer
    calls: list[tuple[str, int, int]] = field(default_factory=list)
    """Path, bytes of body, and why a body was not kept."""

    plugs: ExitStack = field(default_factory=ExitStack)

    def connect(self, *, buffer: int = 0) -> socket.socket:
        """A connection, closed with the server at the latest."""
        plug = self.plugs.enter_context(socket.socket())
        if buffer:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        plug.settimeout(PATIENCE)
        plug.connect(("127.0.0.1", self.port))
        return plug

    def ask(self, request: bytes) -> bytes:
        """Everything that comes back until the other side ends the connection."""
        with self.connect() as plug:
            plug.sendall(request)
            return until_closed(plug)

    def get(self, path: str = "/") -> bytes:
        return self.ask(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())


def until_closed(plug: socket.socket) -> bytes:
    received = bytearray()
    while True:
        try:
            data = plug.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            return bytes(received)
        received += data


def is_answered(plug: socket.socket) -> bool:
    """Whether a whole answer comes on a connection that stays open."""
    received = b""
    while not received.endswith(b"answered") and (data := plug.recv(1000)):
        received += data
    return received.endswith(b"answered")


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def let_go(why: str) -> float:
    return metrics.REGISTRY.get_sample_value("beatlens_portal_connections_let_go_total", {"why": why}) or 0.0


@pytest.fixture
def serve() -> Callable[..., Any]:
    """Starts servers with limits of one's own; they end with the test."""

    @contextmanager
    def running(**settings: Any) -> Iterator[Served]:
        limits = Limits(
            **{"most_connections": 100, "body_bytes": 1 << 20, "spool_bytes": 1 << 30, "threads": 1} | settings
        )
        limits.cleanup_interval = 0.05
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(limits.threads)
        listener = socket.create_server(("127.0.0.1", 0))
        connections: dict[int, Any] = {}
        served = Served(listener.getsockname()[1], None)  # type: ignore[arg-type]

        def program(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
            body = environ["wsgi.input"].read()
            served.calls.append((environ["PATH_INFO"], len(body), environ[NOT_KEPT]))
            answer = LARGE if environ["PATH_INFO"] == "/large" else b"answered"
            start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
            return [answer]

        about = (listener.family, listener.type, listener.proto, listener.getsockname())
        served.server = TcpServer(program, connections, True, listener, dispatcher, limits, about, bind_socket=False)
        ended = threading.Event()

        def loop() -> None:
            while not ended.is_set():
                wasyncore.loop(0.02, use_poll=True, map=connections, count=1)

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield served
        finally:
            served.plugs.close()
            ended.set()
            thread.join()
            dispatcher.shutdown(timeout=5)
            for channel in list(served.server.active_channels.values()):
                channel.handle_close()
            served.server.close()

    return running


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "HEADER_SECONDS", 0.5)
    monkeypatch.setattr(channels, "WINDOW_SECONDS", 0.5)
    monkeypatch.setattr(channels, "WINDOW_BYTES", 1000)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nX: "], ids=["nothing", "half a header"])
def test_who_sends_no_request_holds_up_nobody_and_is_let_go(
    serve: Callable[..., Any], impatient: None, sent: bytes
) -> None:
    before = let_go("slow_header")
    with serve() as served:
        idle = [served.connect() for _ in range(50)]
        for plug in idle:
            plug.sendall(sent)
        assert served.get().endswith(b"answered")
        assert [until_closed(plug) for plug in idle] == [b""] * 50
    assert let_go("slow_header") == before + 50


def test_a_header_may_not_come_in_drips(serve: Callable[..., Any], impatient: None) -> None:
    with serve() as served, served.connect() as plug:
        plug.setblocking(False)

        def is_let_go() -> bool:
            with suppress(OSError):
                plug.send(b"X")
            try:
                return plug.recv(1) == b""
            except BlockingIOError:
                return False
            except OSError:
                return True

        wait_until(is_let_go)


def test_a_connection_may_be_used_again_for_as_long_as_a_new_one(serve: Callable[..., Any], impatient: None) -> None:
    with serve() as served, served.connect() as plug:
        for _ in range(3):
            time.sleep(0.3)
            plug.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert is_answered(plug)
        assert until_closed(plug) == b""


def test_a_body_that_stops_is_let_go_and_held_up_nobody(serve: Callable[..., Any], impatient: None) -> None:
    with serve() as served:
        slow = [served.connect() for _ in range(20)]
        for plug in slow:
            plug.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b"x" * 900)
        assert served.get().endswith(b"answered")
        assert [until_closed(plug) for plug in slow] == [b""] * 20
        assert served.calls == [("/", 0, 0)]


def test_a_body_that_is_slow_and_steady_is_answered(serve: Callable[..., Any], impatient: None) -> None:
    with serve() as served, served.connect() as plug:
        plug.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30000\r\n\r\n")
        for _ in range(15):
            time.sleep(0.1)
            plug.sendall(b"x" * 2000)
        assert is_answered(plug)
        assert served.calls == [("/", 30000, 0)]


def test_slow_readers_hold_no_thread_and_are_let_go(serve: Callable[..., Any], impatient: None) -> None:
    before = let_go("slow_reading")
    with serve() as served:
        readers = [served.connect(buffer=4096) for _ in range(4)]
        for plug in readers:
            plug.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        assert served.get().endswith(b"answered")  # by the only thread
        wait_until(lambda: not served.server.active_channels)
        for plug in readers:
            assert len(until_closed(plug)) < len(LARGE)
    assert let_go("slow_reading") == before + 4


def test_who_reads_on_gets_all_of_it(serve: Callable[..., Any]) -> None:
    with serve() as served:
        assert served.get("/large").endswith(LARGE)


def test_the_largest_is_let_go_when_together_they_have_too_much_on_the_disk(serve: Callable[..., Any]) -> None:
    before = let_go("spool")
    with serve(spool_bytes=1_500_000) as served:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
        small, large, last = (served.connect() for _ in range(3))
        for plug, size in ((small, 300_000), (large, 900_000), (last, 600_000)):
            plug.sendall(head + b"x" * size)
        assert until_closed(large) == b""
        for plug, size in ((small, 300_000), (last, 600_000)):
            plug.sendall(b"x" * (1_000_000 - size))
            assert is_answered(plug)
    assert let_go("spool") == before + 1


def test_in_a_crowd_the_one_that_has_waited_longest_makes_room(serve: Callable[..., Any]) -> None:
    with serve(most_connections=10) as served:
        crowd = []
        for _number in range(10):
            crowd.append(served.connect())
            wait_until(lambda: len(served.server.active_channels) == len(crowd))
        for _ in range(3):
            assert served.get().endswith(b"answered")
        assert until_closed(crowd[0]) == b""
        crowd[-1].sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert until_closed(crowd[-1]).endswith(b"answered")


def test_a_body_in_chunks_is_refused_before_it_comes(serve: Callable[..., Any]) -> None:
    with serve() as served:
        answer = served.ask(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n" + b"1" * 1000
        )
        assert answer.startswith(b"HTTP/1.1 411 Length Required\r\n")
        assert served.calls == []


def test_of_requests_sent_at_once_the_first_is_answered_and_the_connection_ends(serve: Callable[..., Any]) -> None:
    with serve() as served:
        answer = served.ask(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert re.search(rb"^Connection: close\r$", answer, re.MULTILINE)
        assert answer.count(b"answered") == 1
        assert [path for path, _, _ in served.calls] == ["/1"]


def test_a_body_that_is_too_large_is_read_but_not_kept_and_the_program_says_so(serve: Callable[..., Any]) -> None:
    with serve(body_bytes=100_000) as served:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n"
        assert served.ask(head % 400_000 + b"\r\n" + b"x" * 400_000).endswith(b"answered")
        # Four times too large, or not sent yet: the answer comes at once.
        assert served.ask(head % 400_001 + b"\r\n").endswith(b"answered")
        assert served.ask(head % 100_001 + b"Expect: 100-continue\r\n\r\n").endswith(b"answered")
        assert served.calls == [("/", 0, 0)] * 3
        assert served.ask(head % 100_000 + b"Expect: 100-continue\r\n\r\n" + b"x" * 100_000).endswith(b"answered")
        assert served.calls[-1] == ("/", 100_000, 0)


def test_a_body_that_finds_no_room_is_read_and_the_program_says_so(
    serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    files: list[BinaryIO] = []

    def full(_buffer: object) -> BinaryIO:
        files.append(open("/dev/full", "w+b"))  # noqa: SIM115 - as a file on a full disk, closed below
        return files[-1]

    monkeypatch.setattr(TempfileBasedBuffer, "newfile", full)
    with serve() as served, served.connect() as plug:
        plug.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n")
        plug.sendall(b"x" * 900_000)
        assert until_closed(plug).endswith(b"answered")
        ((_, size, why),) = served.calls
        assert (size, why) == (0, errno.ENOSPC)
        assert served.get().endswith(b"answered")
    for file in files:
        with suppress(OSError):  # there is still no room
            file.close()


def test_a_header_has_a_largest_size(serve: Callable[..., Any]) -> None:
    with serve() as served:
        answer = served.ask(b"GET / HTTP/1.1\r\nX: " + b"y" * 40_000 + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.0 431 ")


def test_what_it_is_at_is_known(serve: Callable[..., Any]) -> None:
    with serve() as served, served.connect() as plug:
        wait_until(lambda: len(served.server.active_channels) == 1)
        (channel,) = served.server.active_channels.values()
        assert isinstance(channel, Channel)
        assert not list(served.server.busy())
        plug.sendall(b"POST / HTTP/1.1\r\n")
        wait_until(lambda: list(served.server.busy()) == [channel])
        assert channel.phase is channels.Phase.HEADER
        plug.sendall(b"Host: a\r\nContent-Length: 2\r\n\r\n.")
        wait_until(lambda: channel.phase is channels.Phase.BODY)
