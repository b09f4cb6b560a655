"""gunicorn's processes with waitress' connections: ``worker_class`` in :mod:`webportal.gunicorn_conf`.

gunicorn's own threads each read a request byte by byte, so that as many slow clients as there are threads stop the
portal. waitress reads all connections in one thread and gives the others whole requests. gunicorn keeps what it is good
at: processes that share an address, and one in the place of another that died.
"""

from __future__ import annotations

import os
import resource
import socket
import time
from typing import Any, Final

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.server import BaseWSGIServer
from waitress.task import ThreadedTaskDispatcher

#: How long a look at the connections may wait for something to happen, seconds: so long a process also takes to see
#: that it is to stop, or that gunicorn's first process is gone.
_TICK: Final = 0.5
#: Files that a connection may have open: itself, its request's body, its answer. And those of the program.
_FILES_EACH: Final = 3
_FILES_BESIDE: Final = 256
#: What all connections of a process may have on the disk together, bytes, unless four of the largest uploads are more.
_SPOOL_BYTES: Final = 1 << 30
#: How long requests in hand may take once gunicorn's first process is gone, seconds: another waits for the address.
_ORPHAN_SECONDS: Final = 3.0


class WaitressWorker(Worker):  # type: ignore[misc]  # gunicorn has no types
    """One process: threads that answer, and this one for the connections."""

    _map: dict[int, Any]
    _servers: list[BaseWSGIServer]

    def run(self) -> None:
        """Serve until asked to stop; then answer what has begun, and end."""
        # Not before the process is made: gunicorn's first process must load nothing of the program.
        from django.conf import settings

        from webportal.connections.channels import LOOK_SECONDS, TcpServer, UnixServer
        from webportal.connections.requests import Limits

        limits = Limits(
            body_bytes=settings.REQUEST_MAX_BYTES,
            spool_bytes=max(_SPOOL_BYTES, 4 * settings.REQUEST_MAX_BYTES),
            most_connections=self._connections(),
            cleanup_interval=LOOK_SECONDS,
            backlog=self.cfg.backlog,
            threads=self.cfg.threads,
        )
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(self.cfg.threads)
        self._map = {}
        self._servers = []
        for listener in (bound.sock for bound in self.sockets):
            kind = UnixServer if listener.family == socket.AF_UNIX else TcpServer
            about = (listener.family, listener.type, listener.proto, listener.getsockname())
            self._servers.append(
                kind(self.wsgi, self._map, True, listener, dispatcher, limits, about, bind_socket=False)
            )
        while self.alive and not self._is_orphan():
            self._tick()
        limits.stopping = True
        self._finish(_ORPHAN_SECONDS if self._is_orphan() else self.cfg.graceful_timeout)
        dispatcher.shutdown(timeout=1)

    def _tick(self, seconds: float = _TICK) -> None:
        """Tell gunicorn that this process lives, and do what the connections are ready for."""
        self.notify()
        wasyncore.loop(seconds, use_poll=True, map=self._map, count=1)

    def _is_orphan(self) -> bool:
        return os.getppid() != self.ppid

    def _finish(self, seconds: float) -> None:
        """Take no more connections; end those that wait; give the others so long."""
        for server in self._servers:
            server.accepting = False
            server.del_channel()  # its trigger stays
            server.socket.close()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            busy = {channel for server in self._servers for channel in server.busy()}
            for server in self._servers:
                for channel in set(server.active_channels.values()) - busy:
                    channel.handle_close()
            if not busy:
                return
            self._tick(0.1)

    def _connections(self) -> int:
        """How many connections at once: as set for gunicorn, as far as the system lets a process open files."""
        wanted = self.cfg.worker_connections * _FILES_EACH + _FILES_BESIDE
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if soft == resource.RLIM_INFINITY or soft >= wanted:
            return int(self.cfg.worker_connections)
        allowed = max(16, (soft - _FILES_BESIDE) // _FILES_EACH)
        self.log.warning("Only %d connections at once: the system lets a process open %d files.", allowed, soft)
        return allowed
