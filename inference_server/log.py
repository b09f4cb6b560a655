"""Structured logs: one JSON object a line on stderr, with the id of the call that a line belongs to."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the call being served."""


class _RequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        call_id = request_id.get()
        if call_id and not hasattr(record, "request_id"):
            record.request_id = call_id
        return True


def configure(level: str) -> None:
    """Send everything of ``level`` and above, warnings included, to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger", "message": "event"},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    handler.addFilter(_RequestId())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
