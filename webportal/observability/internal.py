"""Health and metrics on an address of their own, which is for the machines around the portal and never for people.

A thread of its own answers, so that a portal with all hands full still says that it lives. The processes of gunicorn
share one listening socket: any of them answers for all.
"""

from __future__ import annotations

import json
import logging
import socket
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from prometheus_client import CONTENT_TYPE_LATEST

logger = logging.getLogger(__name__)

#: Status, content type and body.
Answer = tuple[HTTPStatus, str, bytes]
#: How long a client may take to say what it wants, seconds.
_PATIENCE: Final = 10.0


class AddressUnavailable(Exception):  # noqa: N818 - reads as what happened
    """The address can't be listened on; ``str(error)`` says why."""


def listen(address: str) -> socket.socket:
    """A socket that listens on ``host:port``; port 0 is any free one. Processes made later may share it.

    Raises:
        AddressUnavailable: it is taken, not one of this machine, or no address.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise AddressUnavailable(f"{address} is not host:port.")
    try:
        listener = socket.create_server(
            (host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=64
        )
    except OSError as error:
        raise AddressUnavailable(f"Can't listen on {address}: {error}.") from error
    # Another process may have taken the connection that this one was woken for.
    listener.setblocking(False)
    return listener


def as_json(status: HTTPStatus, report: object) -> Answer:
    """A report as an answer."""
    return status, "application/json", json.dumps(report).encode() + b"\n"


def as_metrics(exposition: bytes) -> Answer:
    """Metrics as an answer."""
    return HTTPStatus.OK, CONTENT_TYPE_LATEST, exposition


class InternalServer:
    """Answers GET and HEAD for the given paths on a listening socket until the block ends."""

    def __init__(self, listener: socket.socket, pages: dict[str, Callable[[], Answer]]) -> None:
        self._server = _Server(listener, pages)
        self._thread = threading.Thread(target=self._server.serve_forever, name="internal", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    @property
    def address(self) -> str:
        """``host:port``."""
        host, port = self._server.socket.getsockname()[:2]
        return f"{host}:{port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, listener: socket.socket, pages: dict[str, Callable[[], Answer]]) -> None:
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()  # the one that the parent class made
        self.socket = listener
        self.pages = pages

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event; anything else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            logger.exception("An internal answer broke off")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE
    server_version = "Beatlens"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer a known path."""
        path = self.path.partition("?")[0]
        page = self.server.pages.get(path)
        try:
            answer = page() if page else as_json(HTTPStatus.NOT_FOUND, {"known": sorted(self.server.pages)})
        except Exception as error:
            # Loaded here and not above: it loads Django, which gunicorn's master must not.
            from webportal.errors import log_unexpected

            error_id = log_unexpected(f"the internal page {path}", error)
            answer = as_json(HTTPStatus.INTERNAL_SERVER_ERROR, {"error_id": error_id})
        status, kind, body = answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the parent's name

    def log_message(self, *_: object) -> None:
        """Probes come every few seconds; they leave no trace in the log."""
