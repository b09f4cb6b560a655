"""Structured logs: one JSON object a line on stderr, with the ids of the call and the trace that a line
belongs to.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Final

from inference_server.runtime import trace

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the call being served."""


_FIELDS: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; the rest was given with the message."""
#: ``json.dumps`` would make an encoder for each line.
_encode: Final = json.JSONEncoder(ensure_ascii=False, default=str).encode


class JsonFormatter(logging.Formatter):
    """A record as one JSON object: time, level, logger and event, and whatever was given as ``extra``.

    ``always`` stands in every line.
    """

    def __init__(self, always: Mapping[str, object] | None = None) -> None:
        super().__init__()
        self._second = (0, "")
        self._always = always or {}

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, object] = {
            "time": self._time(int(record.created)),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            **self._always,
        }
        # What begins with an underscore is a library's own: Ray adds to every record of its process.
        given = {name: value for name, value in record.__dict__.items() if name not in _FIELDS and name[:1] != "_"}
        line |= given
        call_id = request_id.get()
        if call_id and "request_id" not in line:
            line["request_id"] = call_id
        if (of := trace.current.get()) is not None:
            line["trace_id"] = of.id
        if record.exc_info:
            line["exc_info"] = self.formatException(record.exc_info)
        return _encode(line)

    def _time(self, second: int) -> str:
        """Local time with its offset; made once a second."""
        known, text = self._second
        if second != known:
            text = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(second))
            self._second = second, text
        return text


def configure(level: str, **always: object) -> None:
    """Send everything of ``level`` and above, warnings included, to stderr as JSON lines, with ``always`` in each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(always))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # Who logged it is in "logger"; the place in the source, the thread and the process are not logged, and cost as much
    # to find out as the rest of a line.
    logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False
    logging._srcfile = None  # as the documentation of logging says ("Optimization")
