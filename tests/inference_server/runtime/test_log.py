"""Structured logs: a JSON object a line, which says whose call it belongs to."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from inference_server.runtime.log import JsonFormatter, request_id

ROOT = Path(__file__).resolve().parents[3]


def _line(message: str, *arguments: object, **fields: Any) -> dict[str, Any]:
    record = logging.makeLogRecord(
        {"name": "beatlens.test", "levelname": "INFO", "levelno": logging.INFO, "msg": message, "args": arguments}
        | fields
    )
    text = JsonFormatter().format(record)
    assert "\n" not in text
    line: dict[str, Any] = json.loads(text)
    return line


def test_a_record_is_one_object_with_what_was_given_to_it() -> None:
    line = _line("loaded %s", "arrhythmia", version="4", folder=Path("models"))
    assert line.pop("time")
    assert line == {
        "level": "INFO",
        "logger": "beatlens.test",
        "event": "loaded arrhythmia",
        "version": "4",
        "folder": "models",
    }


def test_line_breaks_in_a_message_do_not_make_another_line() -> None:
    assert _line("first\nsecond „Überlast“")["event"] == "first\nsecond „Überlast“"


def test_times_are_those_of_the_records_with_their_offset() -> None:
    formatter = JsonFormatter()
    for second in (1_700_000_000, 1_700_000_000, 1_700_000_001):
        record = logging.makeLogRecord({"msg": "", "created": second + 0.9})
        stamp = json.loads(formatter.format(record))["time"]
        assert time.mktime(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) == second
        assert stamp[19] in "+-"


@pytest.mark.parametrize(("given", "expected"), [({}, "call-1"), ({"request_id": "call-2"}, "call-2")])
def test_the_call_being_served_is_named_unless_the_record_names_one(given: dict[str, str], expected: str) -> None:
    token = request_id.set("call-1")
    try:
        assert _line("answered", **given)["request_id"] == expected
    finally:
        request_id.reset(token)
    assert "request_id" not in _line("between calls")


def test_an_exception_comes_with_where_it_was_raised() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        line = _line("failed", exc_info=sys.exc_info())
    assert line["exc_info"].endswith("ValueError: broken")
    assert "test_log.py" in line["exc_info"]


def test_once_configured_everything_of_the_level_and_warnings_go_to_stderr() -> None:
    code = (
        "import logging, warnings; from inference_server.runtime import log; log.configure('WARNING')\n"
        "logging.getLogger('quiet').info('not this'); logging.getLogger('loud').error('this', extra={'pid': 7})\n"
        "warnings.warn('and that')"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == ""
    first, second = map(json.loads, done.stderr.splitlines())
    assert (first["level"], first["logger"], first["event"], first["pid"]) == ("ERROR", "loud", "this", 7)
    assert second["logger"] == "py.warnings"
    assert "and that" in second["event"]
