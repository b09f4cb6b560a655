"""What the front's work hangs on: its event loop."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import uvloop


def run(serving: Coroutine[Any, Any, None]) -> None:
    """Run a server to its end, on a loop that costs a call less than asyncio's own."""
    uvloop.run(serving)
