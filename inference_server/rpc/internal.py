"""Metrics and probes over HTTP, on a port of their own and by a thread of their own: off the way of the calls.

Health over gRPC says the same. Kubernetes' gRPC probes know no TLS; these are for where the service has it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Any, Final, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from inference_server.rpc.listening import AddressUnavailable

#: How long the loop may take to come round before it counts as stuck, seconds: less than a probe waits.
_TURN_SECONDS: Final = 3.0


def turns(loop: asyncio.AbstractEventLoop, seconds: float = _TURN_SECONDS) -> bool:
    """Whether ``loop`` comes round within ``seconds``; asked from another thread."""
    turned = threading.Event()
    try:
        loop.call_soon_threadsafe(turned.set)
    except RuntimeError:  # it is closed
        return False
    return turned.wait(seconds)


class InternalServer:
    """Serves ``/metrics``, ``/healthz`` (200 while ``live``) and ``/readyz`` (200 while ``ready``, else 503) until the
    block ends.

    Raises:
        AddressUnavailable: the port is taken, or the address is not one of this machine.
    """

    def __init__(
        self, registry: CollectorRegistry, listen: str, *, live: Callable[[], bool], ready: Callable[[], bool]
    ) -> None:
        host, _, port = listen.rpartition(":")
        self._probes = {"/healthz": live, "/readyz": ready}
        self._metrics = make_wsgi_app(registry)
        try:
            self._server = make_server(host.strip("[]"), int(port), self._answer, _Server, _Quiet)
        except OSError as error:
            raise AddressUnavailable(f"Can't serve metrics on {listen}: {error.strerror}.") from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="internal", daemon=True)
        self.address = f"{host}:{self._server.server_port}"

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        probe = self._probes.get(environ["PATH_INFO"])
        if probe is None:
            answer: Iterable[bytes] = self._metrics(environ, start_response)
            return answer
        status = HTTPStatus.OK if probe() else HTTPStatus.SERVICE_UNAVAILABLE
        start_response(
            f"{status.value} {status.phrase}", [("Content-Type", "text/plain"), ("Cache-Control", "no-store")]
        )
        return [b"ok\n" if status == HTTPStatus.OK else b"no\n"]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False


class _Quiet(WSGIRequestHandler):
    timeout = 10

    def log_message(self, *_: object) -> None:
        """Probes come every few seconds; they leave no trace in the log."""
