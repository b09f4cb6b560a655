"""W3C trace context: what is read, and what is sent."""

from __future__ import annotations

import pytest

from inference_server.client import calls
from inference_server.runtime import trace
from inference_server.runtime.trace import Trace

ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (f"00-{ID}-{SPAN}-01", Trace(ID, "01")),
        (f"00-{ID}-{SPAN}-00", Trace(ID, "00")),
        (f"cc-{ID}-{SPAN}-01-what-is-to-come", Trace(ID, "01")),
        (f"00-{ID}-{SPAN}-01-more", None),
        (f"ff-{ID}-{SPAN}-01", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{ID}-{'0' * 16}-01", None),
        (f"00-{ID.upper()}-{SPAN}-01", None),
        (f"00-{ID}-{SPAN}", None),
        ("", None),
    ],
)
def test_only_what_the_standard_allows_is_read(sent: str, read: Trace | None) -> None:
    assert trace.read(sent) == read


def test_each_step_has_an_id_of_its_own() -> None:
    of = trace.begin()
    first, second = of.traceparent(), of.traceparent()
    assert first != second
    assert trace.read(first) == trace.read(second) == of


def test_a_client_sends_the_trace_that_it_is_at_and_none_otherwise() -> None:
    metadata = calls.call_metadata("secret")
    assert calls.traced(metadata) == metadata
    before = trace.current.set(Trace(ID, "00"))
    try:
        *others, (key, value) = calls.traced(metadata)
    finally:
        trace.current.reset(before)
    assert tuple(others) == metadata
    assert (key, trace.read(value)) == ("traceparent", Trace(ID, "00"))
