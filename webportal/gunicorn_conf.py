"""gunicorn's part in health and metrics: ``gunicorn --config python:webportal.gunicorn_conf webportal.wsgi``.

The master opens the internal address once, ``BEATLENS_INTERNAL_LISTEN``, and each process that it makes answers on it.
What the processes count lies in one folder, made here unless ``PROMETHEUS_MULTIPROC_DIR`` names one that others share.
All that share it must see each other's process ids.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from webportal.log_format import log_format

#: gunicorn's own lines, as the portal's are. Its logger keeps its handler and hands nothing on to the portal's.
if log_format(os.environ.get("BEATLENS_LOG_FORMAT", "text")) == "json":
    _own = {"level": "INFO", "handlers": ["error_console"], "propagate": False}
    logconfig_dict = {
        "formatters": {"generic": {"()": "inference_server.runtime.log.JsonFormatter"}},
        "root": {"level": "WARNING", "handlers": []},
        "loggers": {"gunicorn.error": _own, "gunicorn.access": _own},
        "disable_existing_loggers": False,
    }

#: Slow clients cost no threads, see there.
worker_class = "webportal.connections.worker.WaitressWorker"

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_listener: socket.socket | None = None
_made: str | None = None


def on_starting(server: Any) -> None:
    """Before the first process: open the address, make the folder, forget what ended processes had in hand."""
    global _listener, _made
    os.umask(0o077)  # whatever a process writes is for nobody else
    if _FOLDER not in os.environ:
        # In memory where that is possible: to count in a file that a full disk has no room for ends a process (SIGBUS).
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - the folder made in it is ours
        _made = os.environ[_FOLDER] = tempfile.mkdtemp(prefix="beatlens-metrics-", dir=memory)
    folder = Path(os.environ[_FOLDER])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Only what was in hand: without the counts of the ended ones the sums would fall, and Prometheus would take what is
    # left for a burst. The folder that is made here is empty anyway.
    for file in folder.glob("gauge_live*.db"):
        owner = re.search(r"_(\d+)\.db$", file.name)
        if owner is None or not _is_alive(int(owner[1])):
            file.unlink(missing_ok=True)
    # Not before the folder is named: what counts looks for it when it is loaded. Nothing of Django may be loaded here:
    # a reload would not load it anew.
    from webportal.observability.internal import AddressUnavailable, listen

    if address := os.environ.get("BEATLENS_INTERNAL_LISTEN", "127.0.0.1:9465"):
        try:
            _listener = listen(address)
        except AddressUnavailable as error:
            on_exit(server)
            sys.exit(f"BEATLENS_INTERNAL_LISTEN: {error}")


def post_worker_init(worker: Any) -> None:
    """In each process, once the application is loaded."""
    if _listener is not None:
        from webportal.health import portal_pages
        from webportal.observability.internal import InternalServer
        from webportal.operations import queue_metrics

        InternalServer(_listener, portal_pages(queue_metrics=queue_metrics.exposition)).start()


def child_exit(server: Any, worker: Any) -> None:
    """In the master, when a process has ended: what it had in hand is in nobody's hand now."""
    for file in Path(os.environ[_FOLDER]).glob(f"gauge_live*_{worker.pid}.db"):
        with contextlib.suppress(OSError):
            file.unlink()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        pass
    return True


def on_exit(server: Any) -> None:
    """When all have ended."""
    if _made is not None:
        shutil.rmtree(_made, ignore_errors=True)
