"""The trace of a request goes on in the tasks that it leaves behind: ``traceparent`` is the last argument of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from inference_server.runtime import trace


def handed_on() -> tuple[str, ...]:
    """The argument for a task: the trace that leads to it; none where there is none."""
    of = trace.current.get()
    return (of.traceparent(),) if of else ()


@contextmanager
def going_on(traceparent: str) -> Iterator[None]:
    """What happens within the block belongs to the trace that a task was handed, or to a new one."""
    before = trace.current.set(trace.read(traceparent) or trace.begin())
    try:
        yield
    finally:
        trace.current.reset(before)
