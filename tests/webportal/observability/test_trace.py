"""Every request has a trace, its own or that of the proxy in front."""

from __future__ import annotations

import json
import logging

import pytest
from django.test import Client

from inference_server.runtime import trace
from inference_server.runtime.log import JsonFormatter

pytestmark = pytest.mark.django_db
ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_the_proxys_trace_goes_on() -> None:
    response = Client().get("/", headers={"traceparent": f"00-{ID}-00f067aa0ba902b7-01"})
    assert response["X-Trace-Id"] == ID


@pytest.mark.parametrize("sent", [{}, {"traceparent": "nonsense"}])
def test_others_get_one_of_their_own(sent: dict[str, str]) -> None:
    first, second = (Client().get("/", headers=sent)["X-Trace-Id"] for _ in range(2))
    assert first != second
    assert trace.read(f"00-{first}-00f067aa0ba902b7-01") is not None


def test_it_ends_with_the_request() -> None:
    Client().get("/")
    assert trace.current.get() is None


def test_a_line_of_log_names_it() -> None:
    record = logging.makeLogRecord({"name": "webportal", "levelname": "INFO", "msg": "Stored"})
    before = trace.current.set(trace.Trace(ID))
    try:
        line = json.loads(JsonFormatter().format(record))
    finally:
        trace.current.reset(before)
    assert (line["event"], line["trace_id"]) == ("Stored", ID)
