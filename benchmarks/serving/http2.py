"""As much HTTP/2 as a bad client needs: frames as they go over the wire, in an order that no library would send."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import defaultdict
from types import TracebackType
from typing import Final, Self

DATA: Final = 0
HEADERS: Final = 1
RST_STREAM: Final = 3
SETTINGS: Final = 4
PING: Final = 6
GOAWAY: Final = 7
WINDOW_UPDATE: Final = 8
CONTINUATION: Final = 9

END_STREAM: Final = 1
ACK: Final = 1
END_HEADERS: Final = 4

CANCEL: Final = 8
"""Error code of a RST_STREAM whose sender wants no answer any more."""

#: Largest payload of a frame that every HTTP/2 server takes, bytes.
MAX_PAYLOAD: Final = 16_384

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEAD_BYTES: Final = 9
_INITIAL_WINDOW: Final = 65_535
_INITIAL_WINDOW_SIZE: Final = 4  # identifier of the setting


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame (RFC 9113, section 4.1)."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def call_headers(path: str, **more: str) -> bytes:
    """The header block of a gRPC call; underscores in the names of ``more`` become hyphens."""
    fields = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost"}
    fields |= {"content-type": "application/grpc", "te": "trailers"}
    fields |= {name.replace("_", "-"): value for name, value in more.items()}
    return b"".join(literal(name, value) for name, value in fields.items())


def literal(name: str, value: str) -> bytes:
    """A literal header field without indexing and without Huffman coding (RFC 7541, section 6.2.2)."""
    return b"\0" + b"".join(_length(len(text)) + text.encode() for text in (name, value))


def _length(number: int) -> bytes:
    """A length with a prefix of seven bits (RFC 7541, section 5.1)."""
    if number < 127:
        return bytes([number])
    encoded, rest = bytearray([127]), number - 127
    while rest >= 128:
        encoded.append(rest % 128 + 128)
        rest //= 128
    return bytes(encoded) + bytes([rest])


class Connection:
    """One connection: acknowledges what the server sends as it must, and sends whatever it is told to.

    ``ended`` is set when the server has closed it. A server that reads no more blocks :meth:`send` for at most
    ``timeout`` seconds.
    """

    def __init__(self, address: str, *, timeout: float = 30.0) -> None:
        host, _, port = address.rpartition(":")
        self.ended = threading.Event()
        self._socket = socket.create_connection((host, int(port)), timeout=timeout)
        self._sending = threading.Lock()
        self._changed = threading.Condition()
        self._initial_window = _INITIAL_WINDOW
        self._windows: defaultdict[int, int] = defaultdict(int)
        self._windows[0] = _INITIAL_WINDOW
        self._received: defaultdict[int, bytes] = defaultdict(bytes)
        self.send(_PREFACE + frame(SETTINGS, 0, 0))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, frames: bytes) -> bool:
        """Send frames as they are; False when the server takes no more of them."""
        with self._sending:
            try:
                self._socket.sendall(frames)
            except OSError:
                self.ended.set()
        return not self.ended.is_set()

    def send_data(self, stream: int, data: bytes, *, timeout: float) -> int:
        """Send the body of a call as far as flow control lets it, waiting ``timeout`` seconds for more room; how many
        bytes went out.
        """
        position = 0
        while position < len(data):
            with self._changed:
                self._changed.wait_for(lambda: self._room(stream) > 0 or self.ended.is_set(), timeout)
                size = min(MAX_PAYLOAD, len(data) - position, self._room(stream))
                if size <= 0 or self.ended.is_set():
                    break
                self._windows[0] -= size
                self._windows[stream] -= size
            if not self.send(frame(DATA, 0, stream, data[position : position + size])):
                break
            position += size
        return position

    def received(self, stream: int) -> bytes:
        """The first part of what was answered to a call so far."""
        return self._received[stream]

    def _room(self, stream: int) -> int:
        return min(self._windows[0], self._initial_window + self._windows[stream])

    def _read(self) -> None:
        held = b""
        with contextlib.suppress(OSError):
            self._socket.settimeout(None)
            while data := self._socket.recv(65_536):
                held += data
                while len(held) >= _HEAD_BYTES:
                    end = _HEAD_BYTES + int.from_bytes(held[:3], "big")
                    if len(held) < end:
                        break
                    stream = int.from_bytes(held[5:_HEAD_BYTES], "big")
                    self._take(held[3], held[4], stream, held[_HEAD_BYTES:end])
                    held = held[end:]
        self.ended.set()
        with self._changed:
            self._changed.notify_all()

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == SETTINGS and not flags & ACK:
            for position in range(0, len(payload), 6):
                identifier, value = struct.unpack_from(">HI", payload, position)
                if identifier == _INITIAL_WINDOW_SIZE:
                    self._initial_window = value
            self.send(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, 0, payload))
        elif kind == DATA and len(self._received[stream]) < MAX_PAYLOAD:
            self._received[stream] += payload
        elif kind == WINDOW_UPDATE:
            with self._changed:
                self._windows[stream] += int.from_bytes(payload, "big")
                self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._reader.join(5)
