"""Which trace a line of log belongs to: the W3C's trace context, from the browser's request to the last worker.

https://www.w3.org/TR/trace-context/ says what a ``traceparent`` is. The portal begins a trace, or takes over that of
the proxy before it; the client sends it with every call. No OpenTelemetry is needed for that; where it is switched on,
its spans have the same trace.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

KEY: Final = "traceparent"
"""The name of the header and of the metadata."""

_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace: its id, 32 hexadecimal digits, and its flags, two: ``01`` where it is recorded."""

    id: str
    flags: str = "01"

    def traceparent(self) -> str:
        """What is sent along with a step of the trace; the step gets an id of its own."""
        return f"00-{self.id}-{secrets.token_hex(8)}-{self.flags}"


current: ContextVar[Trace | None] = ContextVar("trace", default=None)
"""The trace of what is being done."""


def begin() -> Trace:
    """A trace of its own."""
    return Trace(secrets.token_hex(16))


def read(traceparent: str) -> Trace | None:
    """The trace that a caller names; ``None`` where it names none, or not as the standard says."""
    parts = _TRACEPARENT.fullmatch(traceparent)
    # A version to come may have more parts; this one has four.
    if parts is None or (traceparent.startswith("00") and parts[3]):
        return None
    return Trace(parts[1], parts[2])
