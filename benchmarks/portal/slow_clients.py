"""Clients that hold connections open and do next to nothing with them, as slow networks and attackers do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

#: Seconds between the bytes of a slow client.
DRIP_SECONDS: Final = 1.0
#: Bytes that a slow reader lets the kernel take before it has read any.
_SMALL_BUFFER: Final = 4096
#: A large public file, 325 KB, and how many times a slow reader asks for it: no buffer of a kernel holds so much.
_LARGE_FILE: Final = "/static/admin/js/vendor/xregexp/xregexp.js"
_READS: Final = 16


@dataclass(slots=True)
class Crowd:
    """How many slow clients there are, and what became of their connections."""

    kind: str
    size: int
    opened: int = 0
    """Connections made, those that came again included."""
    ended: int = 0
    """Connections that the other side ended."""
    refused: int = 0
    """Connections that could not be made."""
    _stop: Callable[[], None] = field(default=lambda: None, repr=False)


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _half_a_header(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A request whose header never ends: a line a second."""
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    number = 0
    while True:
        writer.write(b"X-%d: y\r\n" % number)
        await writer.drain()
        number += 1
        await asyncio.sleep(DRIP_SECONDS)


async def _silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Not one byte."""
    await reader.read()


async def _slow_body(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A picture of 8 MiB, a byte a second."""
    writer.write(
        b"POST /predict/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8388608\r\n"
        b"Content-Type: multipart/form-data; boundary=slow\r\n"
        # With a cookie the portal looks for its token in the form, and has to read it.
        b"Cookie: csrftoken=" + b"a" * 32 + b"\r\n\r\n"
        b'--slow\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
    )
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(DRIP_SECONDS)


async def _slow_reader(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Several requests at once, whose answers are read a byte a second."""
    writer.write(f"GET {_LARGE_FILE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * _READS)
    while await reader.read(1):
        await asyncio.sleep(DRIP_SECONDS)


KINDS: Final[dict[str, Behaviour]] = {
    "half-sent headers": _half_a_header,
    "silent connections": _silent,
    "slow bodies": _slow_body,
    "slow readers": _slow_reader,
}


async def _client(crowd: Crowd, port: int) -> None:
    """One client that comes again whenever its connection has ended."""
    while True:
        plug = socket.socket()
        plug.setblocking(False)
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        try:
            await asyncio.wait_for(asyncio.get_running_loop().sock_connect(plug, ("127.0.0.1", port)), 5)
        except (OSError, TimeoutError):
            plug.close()
            crowd.refused += 1
            await asyncio.sleep(DRIP_SECONDS)
            continue
        crowd.opened += 1
        reader, writer = await asyncio.open_connection(sock=plug, limit=_SMALL_BUFFER)
        ended = asyncio.ensure_future(_until_closed(reader)) if crowd.kind in _WRITERS else None
        acting = asyncio.ensure_future(KINDS[crowd.kind](reader, writer))
        try:
            await asyncio.wait({acting, ended} if ended else {acting}, return_when=asyncio.FIRST_COMPLETED)
            crowd.ended += 1
        finally:
            for task in (acting, ended):
                if task is not None:
                    task.cancel()
            writer.transport.abort()
            await asyncio.gather(acting, *([ended] if ended else []), return_exceptions=True)


#: Kinds that don't read by themselves, and have to look whether the other side has ended the connection.
_WRITERS: Final = {"half-sent headers", "slow bodies"}


async def _until_closed(reader: asyncio.StreamReader) -> None:
    while await reader.read(_SMALL_BUFFER):
        pass


@contextmanager
def crowd_of(kind: str, size: int, port: int) -> Iterator[Crowd]:
    """``size`` slow clients of a kind at a port of the loopback address, for as long as the block lasts."""
    crowd = Crowd(kind, size)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="slow clients", daemon=True)
    thread.start()
    tasks = [asyncio.run_coroutine_threadsafe(_client(crowd, port), loop) for _ in range(size)]
    try:
        yield crowd
    finally:
        for task in tasks:
            task.cancel()
        asyncio.run_coroutine_threadsafe(_settled(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _settled() -> None:
    """Return when no other task is left."""
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait(tasks)
