"""A request while it comes in: what is taken, what is read and thrown away, and what is refused at once."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import Any, Final

from waitress.adjustments import Adjustments
from waitress.buffers import OverflowableBuffer
from waitress.parser import HTTPRequestParser
from waitress.receiver import FixedStreamReceiver
from waitress.utilities import Error

#: Largest header, bytes; browsers send one or two thousand.
HEADER_BYTES: Final = 32 * 1024
#: What of a body is stored in memory, bytes; more goes into a file without a name.
IN_MEMORY_BYTES: Final = 64 * 1024
#: A body that is too large is read and thrown away, up to this multiple of the largest, so that a browser, which sends
#: all before it looks for an answer, sees the page that says so. What is larger still sees its connection end.
THROWN_AWAY: Final = 4
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE})


class Limits(Adjustments):  # type: ignore[misc]  # waitress has no types
    """waitress' settings, and ours beside them.

    ``most_connections`` are held at once, ``body_bytes`` is the largest body stored, ``spool_bytes`` is what all
    may have on the disk together. ``stopping`` is set when each answer is to be the last on its connection.
    """

    def __init__(self, *, most_connections: int, body_bytes: int, spool_bytes: int, **settings: Any) -> None:
        super().__init__(
            # waitress takes no more connections when there are many; here one that waits is let go for the new one.
            connection_limit=2 * most_connections + 100,
            max_request_header_size=HEADER_BYTES,
            max_request_body_size=sys.maxsize,  # ours is told to the program, which answers with a page
            inbuf_overflow=IN_MEMORY_BYTES,
            outbuf_overflow=IN_MEMORY_BYTES,
            # An answer never waits in its thread for a slow reader, it waits in a file.
            outbuf_high_watermark=spool_bytes,
            log_socket_errors=False,
            clear_untrusted_proxy_headers=False,  # the settings say which proxies Django believes
            ident=None,
            **settings,
        )
        self.most_connections = most_connections
        self.body_bytes = body_bytes
        self.spool_bytes = spool_bytes
        self.stopping = False


class LengthRequired(Error):  # type: ignore[misc]  # noqa: N818 - an answer; waitress has no types
    """The answer to a body that doesn't say how long it is; no browser sends one."""

    code = 411
    reason = "Length Required"


class Thrown:
    """Takes a body of ``length`` bytes and keeps none of it."""

    error = None
    completed = False

    def __init__(self, length: int) -> None:
        self._remain = length
        self._nothing = OverflowableBuffer(IN_MEMORY_BYTES)

    def __len__(self) -> int:
        return 0

    def received(self, data: bytes) -> int:
        """How much of ``data`` belongs to the body."""
        taken = min(self._remain, len(data))
        self._remain -= taken
        self.completed = self._remain == 0
        return taken

    def getfile(self) -> Any:
        """An empty file."""
        return self._nothing.getfile()

    def getbuf(self) -> OverflowableBuffer:
        """An empty buffer."""
        return self._nothing


class Request(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """waitress' reader of requests, with the limits of the portal."""

    adj: Limits
    #: Why its body could not be stored, as ``errno``; 0 when it was.
    not_kept = 0

    def received(self, data: bytes) -> int:
        """Take what belongs to this request; returns how many bytes that is, or that is dropped with it."""
        try:
            used = int(super().received(data))
        except OSError as problem:
            if problem.errno not in _FULL:
                raise
            self.not_kept = problem.errno
            used = self._throw_away(data)
        if self.chunked and self.headers_finished and not self.completed:
            # What is in chunks may go on for ever: waitress keeps their control lines without a limit.
            self.error = LengthRequired("A body has to say how long it is (Content-Length).")
            self._answer_now()
        if self.completed and data[used:].strip(b"\r\n"):
            # A second request behind the first. No browser does so, and many at once would be many answers to keep.
            # The answer to the first says that the connection ends, and who asked asks again.
            self.close_after()
            used = len(data)
        if self.completed and self.adj.stopping:
            self.close_after()
        return used

    def parse_header(self, header_plus: bytes) -> None:
        """Read the header; decide where the body goes."""
        super().parse_header(header_plus)
        if self.content_length > self.adj.body_bytes:
            is_sent = not self.expect_continue and self.content_length <= THROWN_AWAY * self.adj.body_bytes
            self.body_rcv = Thrown(self.content_length if is_sent else 0)
            if not is_sent:
                self._answer_now()

    def _throw_away(self, data: bytes) -> int:
        """The disk is full: what is still to come of the body is read and not stored. The program says so."""
        remain = self.body_rcv.remain if isinstance(self.body_rcv, FixedStreamReceiver) else 0
        with contextlib.suppress(OSError):  # it tries once more to write the last of it
            self.close()
        self.body_rcv = Thrown(remain)
        used: int = super().received(data)
        return used

    def _answer_now(self) -> None:
        """Don't wait for the body, and don't ask for it."""
        self.completed, self.expect_continue = True, False
        self.close_after()

    def close_after(self) -> None:
        """End the connection with the answer to this request, and say so in it."""
        self.headers["CONNECTION"] = "close"

    def spooled(self) -> int:
        """What this request has on the disk, bytes."""
        return 0 if self.body_rcv is None else on_disk(self.body_rcv.getbuf())


def on_disk(buffer: Any) -> int:
    """The size of the file behind one of waitress' buffers, bytes; 0 while it is in memory or is the program's."""
    if not getattr(buffer, "overflowed", False):
        return 0
    try:
        return os.fstat(buffer.getfile().fileno()).st_size
    except (OSError, ValueError):  # closed in the meantime
        return 0
